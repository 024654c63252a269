"""The catalogue for those who keep it: seen, changed, added to, retired, read from a file; nothing is saved unseen."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson
from marshmallow import ValidationError
from werkzeug.wrappers import Request, Response

from services.booking import http
from services.booking.commands import SetCatalogue
from services.booking.events import Concern
from services.booking.web import catalogue_file, concern_form
from services.booking.web.catalogue_file import CatalogueError
from services.booking.web.concern_effects import Difference, effects, standing
from services.booking.web.concern_form import Faults, raw
from services.booking.web.staff_kit import STAFF, page
from shared.pages import Sorry
from shared.pages.kit import see_other
from shared.web import flatten
from shared.words import Words

NO_SUCH = ("Dieses Anliegen gibt es nicht", "Vielleicht wurde es inzwischen gestrichen.")
CHANGED = "Jemand hat dieses Anliegen inzwischen geändert. Unten steht, was jetzt gälte."
NOTHING = "Bitte wählen Sie eine Datei, oder fügen Sie ihren Inhalt ein."
NOT_READ = "Die Datei ist nicht richtig: {detail}"
NOT_UTF8 = "Sie ist nicht in UTF-8 gespeichert. Bitte speichern Sie sie als „CSV UTF-8“."
NOT_JSON = "Ab Zeile {line}, Zeichen {column} ist es kein JSON."
TEXTS = (
    *NO_SUCH,
    CHANGED,
    NOTHING,
    NOT_READ,
    NOT_UTF8,
    NOT_JSON,
    *concern_form.LABELS.values(),
    *concern_form.WRONG.values(),
)
MOST_FAULTS = 10


def listed(app: Any, request: Request) -> Response:
    """All concerns, by topic."""
    return page("staff/concerns.html", request, concerns=app.reads.concerns(), done=request.args.get("done", ""))


def edit(app: Any, request: Request, key: str | None) -> Response:
    """The form of one, or an empty one."""
    values = concern_form.shown(_known(app, key)) if key else concern_form.EMPTY
    return _form(app, request, key, values)


def preview(app: Any, request: Request, key: str | None) -> Response:
    """What would change, and what that would affect; or what is wrong."""
    form = {name: request.form.get(name, "").replace("\r\n", "\n") for name in concern_form.LABELS}
    before = _known(app, key) if key else None
    if "edit" in request.form:
        return _form(app, request, key, form | ({"key": key} if key else {}))
    try:
        after = concern_form.read(form | ({"key": key} if key else {}), STAFF.words(request))
        if key is None and after.key in app.reads.catalogue.concerns:
            raise Faults({"key": STAFF.words(request).text(concern_form.WRONG["taken"])})
    except Faults as faults:
        return _form(app, request, key, form | ({"key": key} if key else {}), faults.errors)
    if "save" in request.form and request.form.get("basis") == _basis(before):
        return _save(app, request, {**app.reads.catalogue.concerns, after.key: after}, after.key)
    message = CHANGED if "save" in request.form else ""
    found, differences = effects(app, before, after), _differences(before, after)
    return page(
        "staff/concern_preview.html",
        request,
        409 if message else 200,
        here="/admin/concerns",
        effects=found,
        differences=differences,
        labels=concern_form.LABELS,
        basis=_basis(before),
        key=key,
        after=after,
        values=form,
        message=message,
    )


def retire(app: Any, request: Request, key: str) -> Response:
    """Take it out of the catalogue, after what that affects was seen."""
    concern = _known(app, key)
    if request.method == "POST":
        kept = {name: one for name, one in app.reads.catalogue.concerns.items() if name != key}
        return _save(app, request, kept, key)
    return page("staff/concern_retire.html", request, concern=concern, effects=effects(app, concern, None))


def export(app: Any, kind: str) -> Response:
    """The whole catalogue as a file that can be read back."""
    bodies = [raw(concern) for concern in app.reads.concerns()]
    if kind == "csv":
        text, content_type = "\ufeff" + catalogue_file.dump(bodies), "text/csv; charset=utf-8"
    else:
        text = orjson.dumps({"concerns": bodies}, option=orjson.OPT_INDENT_2).decode()
        content_type = "application/json"
    disposition = {"Content-Disposition": f'attachment; filename="anliegen.{kind}"'}
    return Response(text, headers=disposition, content_type=content_type)


def import_(app: Any, request: Request) -> Response:
    """A file instead of the catalogue: first what it would change, then, when that is wanted, so be it."""
    if request.method == "GET":
        return _import(app, request, "")
    file = request.files.get("file")
    try:
        text = (file.read() if file and file.filename else b"").decode("utf-8-sig") or request.form.get("text", "")
        if not text.strip():
            return _import(app, request, "", {"text": STAFF.words(request).text(NOTHING)})
        wanted = _parsed(text)
    except (CatalogueError, ValidationError, ValueError) as error:
        detail = STAFF.words(request).say(NOT_READ, detail=_said(error, STAFF.words(request)))
        return _import(app, request, request.form.get("text", ""), {"text": detail})
    known: Mapping[str, Concern] = app.reads.catalogue.concerns
    if "save" in request.form and request.form.get("basis") == _basis(*known.values()):
        return _save(app, request, {one.key: one for one in wanted}, "")
    changes = _changes(app, known, wanted)
    return page(
        "staff/concerns_preview.html",
        request,
        here="/admin/concerns/import",
        changes=changes,
        in_turn=_in_turn(changes),
        text=text,
        basis=_basis(*known.values()),
        labels=concern_form.LABELS,
        message=CHANGED if "save" in request.form else "",
    )


def _changes(app: Any, known: Mapping[str, Concern], wanted: Sequence[Concern]) -> list[dict[str, Any]]:
    new = {concern.key: concern for concern in wanted}
    stand, found = standing(app), []
    for key in _in_turn({**known, **new}):
        before, after = known.get(key), new.get(key)
        if before != after:
            what = "added" if before is None else "retired" if after is None else "changed"
            concern = after or before
            assert concern is not None  # noqa: S101
            differences = _differences(before, after) if what == "changed" else []
            count, _ = stand.get(key, (0, None)) if before else (0, None)
            found.append({"what": what, "concern": concern, "differences": differences, "standing": count})
    return found


def _in_turn(all_: Iterable[Any]) -> Iterator[Any]:
    """Thousands of them, between which other requests are answered."""
    for one in all_:
        time.sleep(0)
        yield one


def _differences(before: Concern | None, after: Concern | None) -> list[Difference]:
    old = concern_form.shown(before) if before else {}
    new = concern_form.shown(after) if after else {}
    names = [name for name in concern_form.LABELS if old.get(name, "") != new.get(name, "")]
    return [Difference(name, old.get(name, ""), new.get(name, "")) for name in names]


def _parsed(text: str) -> list[Concern]:
    """JSON where it begins like it, else CSV. Raises CatalogueError, ValidationError, ValueError."""
    if text.lstrip().startswith(("{", "[")):
        given = orjson.loads(text)
        body = given if isinstance(given, dict) else {"concerns": given}
    else:
        body = {"concerns": catalogue_file.parse(text)}
    loaded: list[Concern] = http.CatalogueBody().load(body)["concerns"]
    return loaded


def _said(error: Exception, words: Words) -> str:
    if isinstance(error, CatalogueError):
        german = words.language == "de"
        return "; ".join(fault.german if german else str(fault) for fault in error.faults[:MOST_FAULTS])
    if isinstance(error, UnicodeDecodeError):
        return words.text(NOT_UTF8)
    if isinstance(error, orjson.JSONDecodeError):
        return words.say(NOT_JSON, line=error.lineno, column=error.colno)
    if isinstance(error, ValidationError):
        faults = flatten(error.messages)
        return "; ".join(f"{name}: {text}" for name, text in list(faults.items())[:MOST_FAULTS])
    return str(error)


def _save(app: Any, request: Any, concerns: Mapping[str, Concern], key: str) -> Response:
    order = SetCatalogue(str(uuid4()), app.clock(), tuple(concerns.values()))
    app.handle(order, cause=request.cause)
    return see_other(f"/admin/concerns?done={key or 'all'}")


def _known(app: Any, key: str) -> Concern:
    concern: Concern | None = app.reads.catalogue.concerns.get(key)
    if concern is None:
        raise Sorry(404, *NO_SUCH)
    return concern


def _basis(*concerns: Concern | None) -> str:
    """Changes whenever one of them does."""
    return sha256(repr(concerns).encode()).hexdigest()[:16]


def _form(
    app: Any, request: Request, key: str | None, values: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> Response:
    return page(
        "staff/concern.html",
        request,
        422 if errors else 200,
        here=f"/admin/concerns/{key or 'new'}",
        key=key,
        values=values,
        errors=errors or {},
        labels=concern_form.LABELS,
        departments=sorted({one.department for one in app.reads.concerns()}),
        topics=sorted({one.topic for one in app.reads.concerns() if one.topic}),
        topics_en=sorted({one.topic_en for one in app.reads.concerns() if one.topic_en}),
    )


def _import(app: Any, request: Request, text: str, errors: Mapping[str, str] | None = None) -> Response:
    status, values = 422 if errors else 200, {"text": text}
    return page("staff/concerns_import.html", request, status, values=values, errors=errors or {})
