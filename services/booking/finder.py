"""Which concern is meant by what somebody would say: "Pass abgelaufen", "Umzug", "I lost my id". Pure.

Words are brought to their stems, a part of a compound counts ("Pass" in "Reisepass"), and so does a slip of the keys.
What people say instead of the office's word stands as data in the catalogue: the keywords of each concern.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from services.booking.events import Concern

SHORTEST_PART = 4
"""Letters of a word that counts as a part of a longer one."""
ENOUGH = 0.45
"""Of the best concern's points: with fewer, a concern is not shown beside it."""
NAME, KEYWORD, TOPIC = 1.0, 0.95, 0.35
EXACT, BEGINS, PART, SLIP, LONGER = 1.0, 0.8, 0.7, 0.6, 0.4
"""How well one word fits another: the same, its beginning, within it, the same but for a slip, longer than it."""
WHOLE = 1.5
"""What was said is a concern's name or one of its keywords, word for word."""
_SAID_WITH_ANYTHING = """
    ich du er sie es wir ihr mein meine meinen meiner mein unser unsere der die das den dem des ein eine einen einer
    brauche brauchen brauch benötige möchte moechte will wollen würde wuerde gerne muss müssen kann können habe haben
    hat ist sind bin war wurde werden und oder aber mit für fuer von vom zu zum zur im in am an auf bei nach aus über
    bitte termin beantragen machen lassen neu neue neuen neuer neues wie was wo wann nicht mehr noch
    i my me a an the to of for and or need want would like have has had is are was with please appointment get new
    how where when can do
"""
_FILLERS = frozenset(_SAID_WITH_ANYTHING.split())
_DOUBLE = re.compile(r"(.)\1")


@dataclass(frozen=True, slots=True)
class _Word:
    """A stem of the catalogue, and how much it says of each concern."""

    stem: str
    concerns: Mapping[str, float]


class Finder:
    """Finds concerns of one catalogue; made once for each, a few milliseconds for hundreds of concerns."""

    __slots__ = ("_of", "_order", "_whole")

    def __init__(self, concerns: Iterable[Concern]) -> None:
        words: dict[str, dict[str, float]] = {}
        self._whole: dict[tuple[str, ...], set[str]] = {}
        self._order: dict[str, int] = {}
        for number, concern in enumerate(concerns):
            self._order[concern.key] = number
            for text, weight in _texts(concern):
                stems = stemmed(text)
                if weight in (NAME, KEYWORD):
                    self._whole.setdefault(tuple(stems), set()).add(concern.key)
                for stem in stems:
                    known = words.setdefault(stem, {})
                    known[concern.key] = max(known.get(concern.key, 0.0), weight)
        self._of = [_Word(stem, found) for stem, found in words.items()]

    def find(self, said: str, limit: int = 8) -> list[str]:
        """The keys of the concerns that fit, best first; none where nothing does."""
        stems = stemmed(said)[:12]
        points = self._points(stems)
        for key in self._whole.get(tuple(stems), ()):
            points[key] = points.get(key, 0.0) * WHOLE
        best = max(points.values(), default=0.0)
        ranked = sorted(points, key=lambda key: (-points[key], self._order[key]))
        return [key for key in ranked if points[key] >= ENOUGH * best][:limit]

    def _points(self, stems: Sequence[str]) -> dict[str, float]:
        """A sum over the words said; one that few concerns know says more, and a concern should fit all of them."""
        points: dict[str, float] = {}
        fits: dict[str, int] = {}
        for stem in stems:
            found = self._fitting(stem)
            rarity = log(1 + len(self._order) / len(found)) if found else 0.0
            for key, how_well in found.items():
                points[key] = points.get(key, 0.0) + rarity * how_well
                fits[key] = fits.get(key, 0) + 1
        return {key: value * fits[key] / len(stems) for key, value in points.items()}

    def _fitting(self, stem: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for word in self._of:
            how_well = likeness(stem, word.stem)
            if how_well:
                for key, weight in word.concerns.items():
                    found[key] = max(found.get(key, 0.0), how_well * weight)
        # Whoever types a word that is there does not mean others that look like it.
        best = max(found.values(), default=0.0)
        return {key: value for key, value in found.items() if value > best / 3}


def _texts(concern: Concern) -> Iterable[tuple[str, float]]:
    yield concern.name.de, NAME
    yield concern.name.en, NAME
    for keyword in concern.keywords:
        yield keyword, KEYWORD
    yield concern.topic, TOPIC
    yield concern.topic_en, TOPIC


def stemmed(text: str) -> list[str]:
    """The stems of the words that say something; of all words, where none does."""
    words = re.findall(r"[^\W_]+", text.casefold())
    telling = [word for word in words if word not in _FILLERS]
    return [stem(word) for word in telling or words]


def stem(word: str) -> str:
    """The stem of a German word, or what serves as one of another's.

    After CISTEM (Weissweiler and Fraser 2017), without its cutting of "ge-": "Gewerbe" is no participle.
    """
    plain = _plain(word).replace("sch", "$").replace("ei", "%").replace("ie", "&")
    plain = _DOUBLE.sub(r"\1*", plain)
    while len(plain) > 3:
        if len(plain) > 5 and plain.endswith(("em", "er", "nd")):
            plain = plain[:-2]
        elif plain.endswith(("t", "e", "s", "n")):
            plain = plain[:-1]
        else:
            break
    plain = re.sub(r"(.)\*", r"\1\1", plain)
    return plain.replace("$", "sch").replace("%", "ei").replace("&", "ie")


def _plain(word: str) -> str:
    """Without marks, and umlauts as those who have none on their keyboard type them: ä, ae and a become the same."""
    word = word.casefold().replace("ae", "a").replace("oe", "o").replace("ue", "u")
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def likeness(said: str, known: str) -> float:
    """How well one stem fits another, 0 to 1."""
    if said == known:
        return EXACT
    if len(said) >= SHORTEST_PART and said in known:
        return BEGINS if known.startswith(said) else PART
    if len(known) > SHORTEST_PART and known in said:
        return LONGER
    slips = 2 if len(said) >= 8 else 1 if len(said) >= 4 else 0
    if slips and abs(len(said) - len(known)) <= slips and said[:1] == known[:1] and _slips(said, known, slips):
        return SLIP
    return 0.0


def _slips(a: str, b: str, most: int) -> bool:
    """Is one made of the other by at most so many letters changed, left out, added or swapped with their neighbour?

    Optimal string alignment, row by row, given up as soon as a whole row is above `most`.
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
    return row[-1] <= most
