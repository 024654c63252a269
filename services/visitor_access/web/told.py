"""What the desk is told after an entry, in German as the catalogue has it."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.visitor_access.web.board import Row

TO_THE_INFO_DESK = "Bitte schicken Sie den Gast zur Infotheke."
DONE: Mapping[str, tuple[str, str, str]] = {
    "arrival": ("success", "Angekommen", ""),
    "departure": ("info", "Gegangen", ""),
    "undo": ("info", "Zurückgenommen", "Der Gast steht wieder als erwartet auf der Liste."),
}
NOT_BACK = "Der Gast steht nicht mehr auf der Liste: Der Termin gilt nicht mehr."
"""Where the appointment ended and its arrival was taken back."""
REFUSED: Mapping[str, tuple[str, str]] = {
    "unknown": ("Nicht auf der Liste", f"Diese Nummer ist nicht bekannt. {TO_THE_INFO_DESK}"),
    "not_confirmed": (
        "Noch nicht bestätigt",
        f"Der Termin ist angefragt, nicht bestätigt. {TO_THE_INFO_DESK}",
    ),
    "removed": ("Der Termin gilt nicht mehr", f"Er wurde abgesagt oder nie bestätigt. {TO_THE_INFO_DESK}"),
    "wrong_site": ("Anderer Standort", f"Der Gast wird an einem anderen Standort erwartet. {TO_THE_INFO_DESK}"),
    "wrong_day": ("Anderer Tag", f"Der Gast wird an einem anderen Tag erwartet. {TO_THE_INFO_DESK}"),
    "already_left": (
        "Schon gegangen",
        "Der Gast hat das Haus verlassen. War das ein Versehen, nehmen Sie die Ankunft zurück und tragen sie neu ein.",
    ),
    "not_arrived": ("Noch nicht angekommen", "Bitte tragen Sie zuerst die Ankunft ein."),
    "before_arrival": ("Zeit passt nicht", "Die Ankunft ist später als diese Zeit."),
    "in_the_future": ("Zeit passt nicht", "Diese Zeit kommt erst noch. Bitte prüfen Sie die Uhr dieses Geräts."),
    "too_old": ("Zeit passt nicht", "Diese Zeit ist mehr als 24 Stunden her."),
    "key_used": (
        "Schon eingetragen",
        "Dieser Eintrag kam schon, mit anderem Inhalt. Bitte tragen Sie ihn neu ein.",
    ),
    "time": ("Zeit passt nicht", "Diese Zeit ist nicht lesbar."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """`kind` as KERN calls it: success, info, danger. `row`: whom it is about, if anybody is known."""

    kind: str
    title: str
    text: str
    code: str
    did: str = ""
    row: Row | None = None


def told(what: str, code: str, row: Row | None = None) -> Told:
    """What is said of an entry that was taken (arrival, departure, undo), or of the reason why not."""
    if what in DONE:
        kind, title, text = DONE[what]
        if row is not None and row.status == "removed":
            text = NOT_BACK
        return Told(kind, title, text, code, what, row)
    title, text = REFUSED.get(what, ("Das geht nicht", TO_THE_INFO_DESK))
    return Told("danger", title, text, code)
