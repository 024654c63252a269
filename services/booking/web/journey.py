"""What a guest has answered so far, as it stands in the address: so that "back", "reload" and a bookmark just work.

Nothing personal is in it: of a surname or a street only the signed key of the responsible rule stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from services.booking.planning import PARTS, WEEKDAYS, Question

MOST_CONCERNS = 3
"""Of one visit that is booked on the pages."""
MOST_PEOPLE = 50
YES_NO = {"yes": True, "no": False}
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Journey:
    """`known`: the responsible rule's key by concern; `seen`: pages that ask nothing and were left by "continue".

    None or () = not answered yet, or no wish.
    """

    concerns: tuple[str, ...] = ()
    answers: tuple[tuple[str, bool], ...] = ()
    party_size: int | None = None
    step_free: bool | None = None
    known: tuple[tuple[str, str], ...] = ()
    seen: tuple[str, ...] = ()
    first: date | None = None
    parts: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    site: str | None = None
    spoken: str | None = None

    @classmethod
    def read(cls, given: MultiDict[str, str], signer: URLSafeSerializer) -> Self:
        """From an address or a form. What makes no sense counts as not answered."""
        party = given.get("party", "").strip()
        return cls(
            concerns=tuple(dict.fromkeys(key for key in given.getlist("concern") if key))[:MOST_CONCERNS],
            answers=tuple({one[0]: one for one in map(_answer, given.getlist("answer")) if one}.values()),
            party_size=int(party) if _is_number(party) and 1 <= int(party) <= MOST_PEOPLE else None,
            step_free=YES_NO.get(given.get("step_free", "")),
            known=_known(given.get("responsible", ""), signer),
            seen=tuple(one for one in ("concerns", "documents") if one in given.getlist("seen")),
            first=_day(given.get("from", "")),
            parts=tuple(part for part in PARTS if part in given.getlist("part")),
            weekdays=tuple(day for day in WEEKDAYS if day in given.getlist("weekday")),
            site=given.get("site") or None,
            spoken=given.get("spoken") or None,
        )

    def pairs(self, signer: URLSafeSerializer, without: Iterable[str] = ()) -> Pairs:
        """As fields of a form or a query, but for those named."""
        some: Pairs = [("concern", key) for key in self.concerns]
        some += [("answer", f"{question}:{'yes' if yes else 'no'}") for question, yes in self.answers]
        some += [("party", str(self.party_size))] if self.party_size else []
        some += [("step_free", "yes" if self.step_free else "no")] if self.step_free is not None else []
        some += [("responsible", str(signer.dumps(self.known)))] if self.known else []
        some += [("seen", one) for one in self.seen]
        some += self.wishes()
        left_out = set(without)
        return [(name, value) for name, value in some if name not in left_out]

    def wishes(self) -> Pairs:
        """Only which times are wanted."""
        some: Pairs = [("from", self.first.isoformat())] if self.first else []
        some += [("part", part) for part in self.parts]
        some += [("weekday", day) for day in self.weekdays]
        some += [("site", self.site)] if self.site else []
        return some + ([("spoken", self.spoken)] if self.spoken else [])

    def question(self, concerns: Sequence[str] | None = None) -> Question:
        """As booking's engine is asked."""
        known, asked = dict(self.known), self.concerns if concerns is None else tuple(concerns)
        return Question(
            concerns=asked,
            party_size=self.party_size or 1,
            first=self.first,
            site=self.site,
            step_free=bool(self.step_free),
            responsibility=tuple(known.get(key) for key in asked),
            parts=self.parts,
            weekdays=self.weekdays,
            language=self.spoken,
            answers=self.answers,
        )

    def knowing(self, found: Mapping[str, str]) -> "Journey":
        """With these rules' keys by concern."""
        return replace(self, known=tuple(sorted({**dict(self.known), **found}.items())))


def address(path: str, pairs: Pairs) -> str:
    """A path with its query."""
    return f"{path}?{urlencode(pairs)}" if pairs else path


def signer(secret: bytes) -> URLSafeSerializer:
    """Signs the responsible rules, so that nobody picks another clerk's by changing the address."""
    return URLSafeSerializer(secret, salt="responsible")


def _known(text: str, signer: URLSafeSerializer) -> tuple[tuple[str, str], ...]:
    try:
        said: Any = signer.loads(text) if text else ()
    except BadSignature:
        return ()
    return tuple((concern, key) for concern, key in said)


def _answer(text: str) -> tuple[str, bool] | None:
    question, _, answer = text.rpartition(":")
    return (question, YES_NO[answer]) if question and answer in YES_NO else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
