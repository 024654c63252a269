"""An explanation of the engine in words, German or English."""

from collections.abc import Iterator
from datetime import datetime

from services.booking.proposals.explain import Explanation
from services.booking.proposals.index import Index
from services.booking.proposals.reasons import Reason

LANGUAGES = ("en", "de")
OFFERED = {
    "en": "{when}, {site}: offered.",
    "de": "{when}, {site}: wird angeboten.",
}
NOT_OFFERED = {
    "en": "{when}, {site}: not offered, because {why}.",
    "de": "{when}, {site}: wird nicht angeboten, denn {why}.",
}
WHY: dict[str, tuple[str, str]] = {
    "near_a_better_one": ("a better time nearby is offered", "eine bessere Zeit in der Nähe wird angeboten"),
    "others_are_better": ("other times are better; this one is free", "andere Zeiten sind besser; diese ist frei"),
    "not_together": (
        "each concern alone would fit, but not all in one visit",
        "jedes Anliegen allein würde passen, nicht aber alle in einem Besuch",
    ),
    "off_the_clock": ("visits begin on five minutes", "Besuche beginnen auf fünf Minuten genau"),
    "past": ("it was over", "die Zeit war vorbei"),
    "too_soon": ("it is sooner than the concern or the guest allows", "es ist früher, als Anliegen oder Gast erlauben"),
    "outside_horizon": ("it is later than can be booked yet", "es ist später, als schon gebucht werden kann"),
    "not_asked_for": ("the guest asked for other days or times", "der Gast hat nach anderen Tagen oder Zeiten gefragt"),
    "past_midnight": (
        "with the minutes kept free around it, it would reach beyond the day",
        "mit den Minuten, die davor und danach frei bleiben, reichte es über den Tag hinaus",
    ),
    "none": ("there is nobody and nothing of the kind", "dergleichen gibt es nicht"),
    "competence": ("a competence is missing", "eine Befähigung fehlt"),
    "responsibility": ("somebody else is responsible", "jemand anderes ist zuständig"),
    "language": ("the language is not spoken", "die Sprache wird nicht gesprochen"),
    "equipment": ("equipment is missing", "Ausstattung fehlt"),
    "step_free": ("there are steps", "der Zugang ist nicht stufenlos"),
    "seats": ("there are too few seats", "es gibt zu wenige Plätze"),
    "absent": ("not open then", "dann nicht geöffnet"),
    "kept": ("the hours are kept for others", "die Zeit ist für andere freigehalten"),
    "too_short": ("it closes too early", "es schließt zu früh"),
    "taken": ("taken", "vergeben"),
    "asked_for": ("somebody else is just asking for it", "wird gerade von jemand anderem angefragt"),
    "buffer": ("it comes too close to a neighbouring visit", "der Nachbartermin liegt zu nah"),
    "not_released": ("not released yet", "noch nicht freigegeben"),
    "off_grid": ("visits of this concern begin at other minutes", "dieses Anliegen beginnt zu anderen Minuten"),
    "free": ("free", "frei"),
}
WORDS: dict[str, tuple[str, str]] = {
    "as_of": (
        "As of {now} ({events} events of booking's log).",
        "Stand {now} ({events} Ereignisse im Log von booking).",
    ),
    "clerks": ("Clerks", "Sachbearbeitung"),
    "rooms": ("Rooms", "Räume"),
    "best": ("The best visit then: {points} points ({parts})", "Der beste Besuch dann: {points} Punkte ({parts})"),
    "instead": ("Offered: {times}", "Angeboten: {times}"),
    "no_site": (
        "No site was known: nobody had told of any room.",
        "Es war kein Standort bekannt: Von keinem Raum war etwas gesagt.",
    ),
    "nothing": ("Nothing is offered.", "Nichts wird angeboten."),
}


def say(language: str, texts: tuple[str, str], **values: object) -> str:
    """A text in one of LANGUAGES."""
    return texts[LANGUAGES.index(language)].format(**values)


def in_words(one: Explanation, index: Index, language: str) -> Iterator[str]:
    """Line by line: the verdict, every clerk and room looked at, the best visit then, and what is offered."""
    verdict = OFFERED if one.offered else NOT_OFFERED
    yield verdict[language].format(when=clock(one.at), site=one.site, why=why(one.because, language))
    for kind, names in (("clerk", index.clerks), ("room", index.rooms)):
        looked_at = [reason for reason in one.reasons if reason.what == kind]
        if looked_at:
            yield f"  {say(language, WORDS[kind + 's'])}:"
        for reason in looked_at:
            known = names.get(reason.who or "")
            yield f"    {reason.who} {known.name if known else ''}: {_finding(reason, language)}"
    if one.best is not None:
        parts = ", ".join(f"{name} {points:g}" for name, points in one.best.score.items() if points)
        yield "  " + say(language, WORDS["best"], points=f"{one.best.cost:g}", parts=parts)
    if one.instead:
        yield "  " + say(language, WORDS["instead"], times=", ".join(clock(other.starts_at) for other in one.instead))
    else:
        yield "  " + say(language, WORDS["nothing"])


def why(code: str, language: str) -> str:
    """A code of the engine as a part of a sentence."""
    return say(language, WHY[code]) if code in WHY else code


def clock(moment: datetime) -> str:
    """Local date and time."""
    return f"{moment:%Y-%m-%d %H:%M}"


def as_json(one: Explanation) -> dict[str, object]:
    """Everything, for programs."""
    return {
        "site": one.site,
        "at": one.at.isoformat(),
        "offered": one.offered,
        "because": one.because,
        "reasons": [
            {"code": r.code, "what": r.what, "who": r.who, "concern": r.concern, "decides": r.decides}
            for r in one.reasons
        ],
        "best": None if one.best is None else {"cost": one.best.cost, "score": one.best.score},
        "instead": [
            {"site": other.site, "starts_at": other.starts_at.isoformat(), "cost": other.cost, "score": other.score}
            for other in one.instead
        ],
    }


def _finding(reason: Reason, language: str) -> str:
    concern = f" ({reason.concern})" if reason.concern else ""
    return why(reason.code, language) + concern
