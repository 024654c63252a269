"""Under which letters a surname is filed.

DIN 5007-1 (dictionaries): ä as a, ß as ss, other marks dropped; or DIN 5007-2 (phone books): ä as ae. Words before the
name ("von der", "van", "Graf") are skipped; which ones is the authority's choice, since the sources differ: the social
insurance skips all of them, the Prussian library rules only the plain ones, registries of residents may skip none.
Double names are filed by their first part. A name in another script has no letters here.
"""

import re
import unicodedata
from dataclasses import dataclass

# "von", "van der", "de", but not "vom", "zur", "ten" (Instruktionen für die alphabetischen Kataloge, §§ 109 to 112).
_PLAIN = "von van de der den dem und zu"
# Single words of the prefixes that the German social insurance separates (DEÜV common principles, annex 6).
_PREFIXES = """
aan al am an auf aufm auff aus ausm be bei beim ben bey che cid d da dal dall dalla dalle dallo das degli dei del deli
dell della delle delli dello des di dit do don dos du dy el gen gli het im in la las le lo los m mac mc o op t te ten
ter tho thom thor thum to tom tor tum unter unterm v vande vandem vanden vander ven ver vo vom vonde vondem vonden
vonder vor vorm vorn y zum zur
"""
# Titles that stand before a name (annex 7, and academic ones).
_TITLES = """
baron baroness baronesse baronin burggraf burggräfin condesa dr earl edle edler erbgraf erbgräfin erbprinz erbprinzessin
freifrau freifräulein freiherr freiin frfr frhr fürst fürstin graf gräfin grossherzog großherzog grossherzogin
großherzogin herzog herzogin jhr jonkheer junker landgraf landgräfin markgraf markgräfin marquis prinz prinzessin prof
przin reichsgraf reichsgräfin ritter
"""
PLAIN = frozenset(_PLAIN.split())
PREFIXES = PLAIN | frozenset(_PREFIXES.split())
TITLES = frozenset(_TITLES.split())
_PHONE_BOOK = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True, slots=True)
class Filing:
    """`skipped`: the words before a name that don't count; `phone_book`: DIN 5007-2."""

    skipped: frozenset[str] = PREFIXES | TITLES
    phone_book: bool = False


ALL_SKIPPED = Filing()
LIBRARY = Filing(PLAIN | TITLES)
NOTHING_SKIPPED = Filing(frozenset())


def filed(surname: str, filing: Filing = ALL_SKIPPED) -> str | None:
    """The small letters a to z by which a surname is filed; None if it has none or is in another script."""
    name = unicodedata.normalize("NFC", surname).casefold().replace("ß", "ss")
    words = [word for word in re.split(r"[\s.]+", name.replace("’", "'")) if any(map(str.isalpha, word))]
    skipped = {word.casefold().replace("ß", "ss") for word in filing.skipped}
    while len(words) > 1 and words[0].replace("'", "") in skipped:
        words.pop(0)
    if filing.phone_book:
        words = [word.translate(_PHONE_BOOK) for word in words]
    letters = [_plain(letter) for word in words for letter in word if letter.isalpha()]
    return None if not letters or None in letters else "".join(letter for letter in letters if letter)


def _plain(letter: str) -> str | None:
    """The letter without its marks: é as e, ł as l, æ as ae; None for another script."""
    base = unicodedata.normalize("NFD", letter)[0]
    if base.isascii():
        return base
    words = unicodedata.name(base, "").split()
    if words[:1] != ["LATIN"] or "LETTER" not in words:
        return None
    return _SPECIAL.get(base) or _named(words[words.index("LETTER") + 1])


_SPECIAL = {"ð": "d", "þ": "th", "ŋ": "n", "ı": "i", "œ": "oe", "æ": "ae", "ə": "e", "ĸ": "k", "ſ": "s"}


def _named(word: str) -> str | None:
    return word.casefold() if len(word) <= 2 and word.isascii() else None
