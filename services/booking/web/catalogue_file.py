"""The catalogue of concerns as a CSV file: read with every fault at once, and written back without loss.

UTF-8 with or without a byte order mark, columns separated by `;`, `,` or tabs, one header row, one row a concern. See
`catalogue_cells.Row` for the columns; README.md shows a row.
"""

import csv
import difflib
import io
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from services.booking.http import MOST_CONCERNS, ConcernBody
from services.booking.web.catalogue_cells import COLUMNS, OPTIONAL, Row
from services.booking.web.catalogue_words import Said, in_german
from shared.web import flatten

Concern = dict[str, Any]
BOM = "\ufeff"
SHOWN_MAX = 60
LONGEST_CELL = 4_000_000
"""Characters: questions and effects of a concern stand in one cell each."""
csv.field_size_limit(sys.maxsize)  # it says neither column nor length, and Python's own is 131,072
_ROW, _BODY = Row(), ConcernBody()
NO_ROW = Said("no row with a concern follows the header", "nach der Kopfzeile kommt keine Zeile mit einem Anliegen")
MISSING = Said("is missing in the header", "fehlt in der Kopfzeile")
TOO_LONG = Said("is longer than {most} characters", "ist länger als {most} Zeichen", most=LONGEST_CELL)
TWICE = Said("stands in the header twice", "steht zweimal in der Kopfzeile")
EMPTY_CELL = Said("the empty cell", "die leere Zelle")
EMPTY = Said(
    "the file is empty; the first row names the columns: {columns}",
    "die Datei ist leer; die erste Zeile nennt die Spalten: {columns}",
    columns=";".join(COLUMNS),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a file: where (line 1 is the header), and what would be right; str() is English."""

    line: int
    column: str | None
    says: str

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.says}"

    @property
    def german(self) -> str:
        """The same in German."""
        place = f"Zeile {self.line}" + (f", Spalte {self.column}" if self.column else "")
        return f"{place}: {in_german(self.says)}"


class CatalogueError(ValueError):
    """The file is not a catalogue; `faults` are all that were found, in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def parse(text: str) -> list[Concern]:
    """The concerns of a catalogue file, in its order. Raises CatalogueError with all faults."""
    lines, broken = _read(text.removeprefix(BOM))
    header = [name.strip().lower() for name in lines[0][1]] if lines else []
    if faults := [*_faults_of_header(header), *broken]:
        raise CatalogueError(faults)
    concerns: list[tuple[int, Concern]] = []
    for line, cells in lines[1:]:
        time.sleep(0)  # on a page others are answered in between
        try:
            concerns.append((line, _concern(header, cells)))
        except ValidationError as error:
            faults += _faults_of_row(line, header, cells, error.messages_dict)
    faults += _faults_of_number([line for line, _ in lines[1:]])
    faults += _faults_of_keys(header, lines[1:])
    if faults:
        raise CatalogueError(faults)
    return [concern for _, concern in concerns]


def dump(concerns: Iterable[Mapping[str, Any]]) -> str:
    """The concerns as the text of a catalogue file with `;` between the columns; `parse` reads the same concerns."""
    file = io.StringIO(newline="")
    rows = [_ROW.dump(concern) for concern in concerns]
    used = [name for name in OPTIONAL if any(row.get(name) for row in rows)]
    writer = csv.DictWriter(file, [*COLUMNS, *used], delimiter=";", lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _read(text: str) -> tuple[list[tuple[int, list[str]]], list[Fault]]:
    """The rows that hold anything, each with the line on which it starts; and the fault that ended the reading."""
    first = next(iter(text.splitlines()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count), strict=True)
    rows: list[tuple[int, list[str]]] = []
    start = 1  # a quoted cell may run over several lines, and one that is not closed over all that follow
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((start, [cell.strip() for cell in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        english = "the quotes do not match from here on ({error})"
        fault = Said(english, "ab hier passen die Anführungszeichen nicht zusammen", error=error)
        return rows, [Fault(start, None, fault)]
    return rows, []


def _faults_of_header(header: Sequence[str]) -> list[Fault]:
    if not header:
        return [Fault(1, None, EMPTY)]
    known = (*COLUMNS, *OPTIONAL)
    missing = [Fault(1, name, MISSING) for name in COLUMNS if name not in header]
    twice = [Fault(1, name, TWICE) for name in known if header.count(name) > 1]
    return missing + twice + [Fault(1, name or None, _unknown(name)) for name in header if name not in known]


def _unknown(name: str) -> Said:
    near = difflib.get_close_matches(name, (*COLUMNS, *OPTIONAL), 1)
    perhaps = Said("; perhaps '{near}' is meant", "; vielleicht ist '{near}' gemeint", near=near[0]) if near else ""
    return Said("is not a column of a catalogue{perhaps}", "ist keine Spalte eines Katalogs{perhaps}", perhaps=perhaps)


def _concern(header: Sequence[str], cells: Sequence[str]) -> Concern:
    if len(cells) != len(header):
        fault = "has {cells} cells, the header has {names}", "hat {cells} Zellen, die Kopfzeile {names}"
        raise ValidationError({"_schema": [Said(*fault, cells=len(cells), names=len(header))]})
    if long := {name: [TOO_LONG] for name, cell in zip(header, cells, strict=True) if len(cell) > LONGEST_CELL}:
        raise ValidationError(long)
    concern: Concern = _ROW.load(dict(zip(header, cells, strict=True)))
    if faults := _faults_of_concern(concern):
        raise ValidationError(faults)
    return concern


def _faults_of_concern(concern: Concern) -> dict[str, list[str]]:
    """What booking would say against it, by column: a cell of JSON may say what makes no sense."""
    try:
        _BODY.load(concern)
    except ValidationError as error:
        found: dict[str, list[str]] = {}
        for name, inner in error.messages_dict.items():
            for path, detail in flatten(inner, "" if name in _ROW.fields else name).items():
                # booking speaks of questions and effects together; a file has a column for each.
                column = "effects" if detail.startswith(("effect ", "document ")) else name
                found.setdefault(column, []).append(_refused(path, detail))
        return found
    return {}


def _refused(path: str, detail: str) -> Said:
    if path == "body":
        return Said("can't be: {detail}", "kann nicht sein: {detail}", detail=detail)
    return Said("can't be at {path}: {detail}", "kann bei {path} nicht sein: {detail}", path=path, detail=detail)


def _faults_of_row(
    line: int, header: Sequence[str], cells: Sequence[str], messages: Mapping[str, Sequence[str]]
) -> list[Fault]:
    """One for each message, so that no row is left out without a word; of what is no column, one of the whole line."""
    shown = dict(zip(header, (_shown(cell) for cell in cells), strict=False))
    return [
        Fault(line, name, Said("{cell} {says}", "{cell} {says}", cell=shown[name], says=says))
        if name in shown
        else Fault(line, None, says)
        for name, all_said in messages.items()
        for says in all_said
    ]


def _shown(cell: str) -> str:
    if not cell:
        return EMPTY_CELL
    return repr(cell if len(cell) <= SHOWN_MAX else cell[:SHOWN_MAX] + "…")


def _faults_of_number(lines: Sequence[int]) -> list[Fault]:
    """The rows, by their lines, are none or too many: the first that is too many is at fault."""
    if not lines:
        return [Fault(1, None, NO_ROW)]
    english = "a catalogue holds at most {most} concerns, and this file holds {rows}"
    german = "ein Katalog fasst höchstens {most} Anliegen, und diese Datei enthält {rows}"
    fault = Said(english, german, most=MOST_CONCERNS, rows=len(lines))
    return [Fault(line, None, fault) for line in lines[MOST_CONCERNS:][:1]]


def _faults_of_keys(header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]) -> list[Fault]:
    """A key names one concern: the second row that bears it is at fault."""
    seen: dict[str, int] = {}
    faults: list[Fault] = []
    for line, cells in rows:
        key = dict(zip(header, cells, strict=False)).get("key")
        if key and seen.setdefault(key, line) != line:
            fault = "'{key}' is already the key of line {line}", "'{key}' ist schon der Schlüssel der Zeile {line}"
            faults.append(Fault(line, "key", Said(*fault, key=key, line=seen[key])))
    return faults
