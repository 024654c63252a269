"""A catalogue file is taken as a whole or not at all, and what is wrong with it is said at the place where it is."""

import csv
import io
import json
import re
import time
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.booking.web import catalogue_file
from services.booking.web.catalogue_cells import COLUMNS
from services.booking.web.catalogue_file import LONGEST_CELL, CatalogueError, dump, parse
from shared.fields import VISIBLE

GOOD = {
    "key": "reisepass-ausgabe",
    "leika": "99085001000000",
    "name_de": "Reisepass, Ausgabe",
    "name_en": "Passport, collection",
    "topic": "Ausweise",
    "keywords": "Reisepass abholen|Pass fertig",
    "department": "buergerbuero",
    "minutes": "10",
    "extra_minutes_per_person": "5",
    "equipment": "fingerprint",
    "competences": "pass",
    "documents": "alter-pass=Bisheriger Reisepass=Your previous passport",
    "lead_minutes": "60",
    "horizon_days": "60",
    "buffer_minutes": "5",
    "max_party": "4",
    "grid_minutes": "10",
    "online_url": "",
    "responsibility": "anyone",
}
CONCERN = {
    "key": "reisepass-ausgabe",
    "leika": "99085001000000",
    "name": {"de": "Reisepass, Ausgabe", "en": "Passport, collection"},
    "topic": "Ausweise",
    "keywords": ["Reisepass abholen", "Pass fertig"],
    "department": "buergerbuero",
    "minutes": 10,
    "extra_minutes_per_person": 5,
    "equipment": ["fingerprint"],
    "competences": ["pass"],
    "documents": [{"key": "alter-pass", "de": "Bisheriger Reisepass", "en": "Your previous passport"}],
    "lead_minutes": 60,
    "horizon_days": 60,
    "buffer_minutes": 5,
    "max_party": 4,
    "grid_minutes": 10,
    "online_url": None,
    "responsibility": "anyone",
}


def file_of(*rows: dict[str, str], delimiter: str = ";") -> str:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, rows[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def faults_of(text: str) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        parse(text)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_row_becomes_a_concern_whichever_program_wrote_the_file(delimiter: str, mark: str) -> None:
    """Semicolons, commas or tabs, with or without a byte order mark, empty rows: the same concern."""
    assert parse(mark + file_of(GOOD, delimiter=delimiter) + "\r\n" + delimiter * 18) == [CONCERN]


def test_letters_of_two_characters_are_put_together() -> None:
    """Some programs write an umlaut as a letter and two dots; the services keep it as one."""
    question = {"key": "a", "text": {"de": "Gebu\u0308hr?", "en": "Fee?"}}
    (concern,) = parse(file_of({**GOOD, "name_de": "Gebu\u0308hr", "questions": json.dumps([question])}))
    assert concern["name"]["de"] == "Geb\u00fchr"
    assert concern["questions"][0]["text"]["de"] == "Geb\u00fchr?"


def test_marks_without_end_are_too_long_at_once() -> None:
    """To put them in order would take the square of their number."""
    started = time.process_time()
    (fault,) = faults_of(file_of({**GOOD, "name_de": "a" + "\u0301\u0323" * 50_000}))
    assert "is longer than 200 characters" in fault
    assert time.process_time() - started < 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_program_ends_them(end: str) -> None:
    """Also where there are more commas in the texts than semicolons in the header."""
    rows = [GOOD, {**GOOD, "key": "zweites", "keywords": ",".join("a" * 90)}]
    assert [one["key"] for one in parse(file_of(*rows).replace("\r\n", end))] == ["reisepass-ausgabe", "zweites"]


def test_columns_may_stand_in_any_order() -> None:
    """The header decides which column is which."""
    assert parse(file_of(dict(reversed(GOOD.items())))) == [CONCERN]


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("minutes", "zehn", "'zehn' is not a whole number from 5 to 480"),
        ("minutes", "4", "'4' is not a whole number from 5 to 480"),
        ("minutes", "481", "'481' is not a whole number from 5 to 480"),
        ("minutes", "1_0", "'1_0' is not a whole number from 5 to 480"),
        ("minutes", "", "the empty cell is not a whole number from 5 to 480"),
        ("grid_minutes", "7", "'7' is not a whole number from 5 to 240 in steps of 5"),
        ("max_party", "10000", "'10000' is not a whole number from 1 to 50"),
        ("name_de", "", "the empty cell is not a text of 1 to 200 characters"),
        ("name_de", "a\x07b", "'a\\x07b' holds a line break or another control character"),
        ("name_de", "Ausweis \u202eabc", "'Ausweis \\u202eabc' holds a line break or another control character"),
        ("name_en", "x" * 1_000_0, f"'{'x' * 60}…' is longer than 200 characters"),
        ("leika", "123", "'123' is not a LeiKa key: 99 and 12 more digits, or empty"),
        ("key", "Größe", "'Größe' is not a key of 1 to 64 small letters without umlauts, digits, '.', '-' and '_'"),
        ("keywords", "a||b", "'a||b' has an empty part beside a '|'"),
        ("equipment", "Finger", "'Finger' holds 'Finger', which is not a key of 1 to 64 small letters without umlauts, "
         "digits, '.', '-' and '_'"),
        ("documents", "alter-pass=nur deutsch", "'alter-pass=nur deutsch' holds 'alter-pass=nur deutsch', which is not "
         "written as key=German text=English text"),
        ("documents", "a=b=c|a=d=e", "'a=b=c|a=d=e' holds the document 'a' twice"),
        ("online_url", "javascript:alert(1)", "'javascript:alert(1)' is not a web address with http:// or https://, or "
         "empty"),
        ("responsibility", "street", "'street' is not one of anyone, surname, district"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_by_line_and_column(column: str, cell: str, says: str) -> None:
    """The third line of the file is the second concern."""
    second = {**GOOD, "key": "zweites", column: cell}
    assert faults_of(file_of(GOOD, second)) == [f"line 3, column {column}: {says}"]


def test_all_faults_are_said_at_once_in_the_order_of_the_file() -> None:
    """Whoever repairs a file wants one list, not one fault at a time."""
    rows = [{**GOOD, "minutes": "x", "max_party": "0"}, {**GOOD, "key": "zweites"}, {**GOOD, "lead_minutes": "-1"}]
    assert faults_of(file_of(*rows)) == [
        "line 2, column minutes: 'x' is not a whole number from 5 to 480",
        "line 2, column max_party: '0' is not a whole number from 1 to 50",
        "line 4, column lead_minutes: '-1' is not a whole number from 0 to 525600",
        "line 4, column key: 'reisepass-ausgabe' is already the key of line 2",
    ]


def test_a_cell_over_two_lines_does_not_shift_the_numbers() -> None:
    """Line numbers are those of a text editor."""
    rows = [{**GOOD, "name_de": "zwei\nZeilen"}, {**GOOD, "key": "zweites", "minutes": "x"}]
    assert [fault.split(":")[0] for fault in faults_of(file_of(*rows))] == [
        "line 2, column name_de",
        "line 4, column minutes",
    ]


def test_a_row_with_a_cell_too_many_is_named() -> None:
    """A forgotten quote around a comma shows like this."""
    text = file_of(GOOD, delimiter=",").replace('"Reisepass, Ausgabe"', "Reisepass, Ausgabe")
    assert faults_of(text) == ["line 2: has 20 cells, the header has 19"]


def test_the_header_is_checked_first() -> None:
    """A missing column and a misspelt one are named, and no row is blamed for them."""
    text = file_of({("minuten" if column == "minutes" else column): cell for column, cell in GOOD.items()})
    assert faults_of(text) == [
        "line 1, column minutes: is missing in the header",
        "line 1, column minuten: is not a column of a catalogue; perhaps 'minutes' is meant",
    ]
    assert faults_of(";".join([*COLUMNS, "minutes"])) == ["line 1, column minutes: stands in the header twice"]


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n", " ; ;\n"])
def test_an_empty_file_is_no_catalogue(text: str) -> None:
    """It would withdraw everything."""
    assert faults_of(text)[0].startswith("line 1: the file is empty; the first row names the columns: key;leika;")


def test_a_header_alone_is_no_catalogue() -> None:
    """It would withdraw everything."""
    assert faults_of(";".join(COLUMNS)) == ["line 1: no row with a concern follows the header"]


def test_more_rows_than_a_catalogue_takes_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said when the file is read, not when it is sent; at the first row that is too many."""
    monkeypatch.setattr(catalogue_file, "MOST_CONCERNS", 2)
    rows = [{**GOOD, "key": key} for key in "abcd"]
    assert faults_of(file_of(*rows)) == ["line 4: a catalogue holds at most 2 concerns, and this file holds 4"]
    assert len(parse(file_of(*rows[:2]))) == 2


def test_a_quote_that_is_never_closed_is_named_where_its_row_begins() -> None:
    """What follows it can't be told apart, so it is the only fault."""
    (fault,) = faults_of(file_of(GOOD) + '"offen;1\nzweites;1\n')
    assert fault.startswith("line 3: the quotes do not match from here on")


def test_a_cell_that_is_too_long_is_named_with_its_column() -> None:
    """The quotes of its file are right."""
    text = file_of({**GOOD, "questions": "[" + " " * LONGEST_CELL + "]"})
    (fault,) = faults_of(text)
    assert fault.startswith("line 2, column questions: '[   ")
    assert fault.endswith("…' is longer than 4000000 characters")


def test_any_text_is_either_a_catalogue_or_a_list_of_faults() -> None:
    """Never another error, whatever the file holds."""

    @settings(max_examples=50, deadline=None)
    @given(st.text(max_size=200))
    def either(text: str) -> None:
        assert faults_of(text)
        assert faults_of(";".join(COLUMNS) + "\n" + text)

    either()


SLUGS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,12}", fullmatch=True)
TEXTS = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30)
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(VISIBLE.search)
)
CONCERNS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "key": SLUGS,
        "leika": st.none() | st.from_regex("99[0-9]{12}", fullmatch=True),
        "name": st.fixed_dictionaries({"de": TEXTS, "en": TEXTS}),
        "topic": TEXTS,
        "topic_en": TEXTS,
        "keywords": st.lists(TEXTS, max_size=4),
        "department": SLUGS,
        "minutes": st.integers(5, 480),
        "extra_minutes_per_person": st.integers(0, 120),
        "equipment": st.lists(SLUGS, max_size=3),
        "competences": st.lists(SLUGS, max_size=3),
        "documents": st.lists(
            st.fixed_dictionaries({"key": SLUGS, "de": TEXTS, "en": TEXTS}), max_size=3, unique_by=lambda d: d["key"]
        ),
        "lead_minutes": st.integers(0, 525_600),
        "horizon_days": st.integers(1, 180),
        "buffer_minutes": st.integers(0, 120),
        "max_party": st.integers(1, 50),
        "grid_minutes": st.integers(1, 48).map(lambda steps: steps * 5),
        "online_url": st.none() | st.just("https://example.org/a?b=c|d&e=\\"),
        "responsibility": st.sampled_from(["anyone", "surname", "district"]),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(CONCERNS, min_size=1, max_size=3, unique_by=lambda concern: concern["key"]))
def test_what_is_written_is_read_again(concerns: list[dict[str, Any]]) -> None:
    """Quotes, separators, backslashes and every script come back as they were."""
    assert parse(dump(concerns)) == concerns


ODD = st.text(st.sampled_from('a1|=\\\\;"\n{}[]\x00\u200f\u202e\u2069') | st.characters(), max_size=8)


@example(column="name_de", cell="\u202e")
@given(column=st.sampled_from([*COLUMNS, "topic_en"]), cell=ODD)
def test_a_row_becomes_a_concern_or_a_fault(column: str, cell: str) -> None:
    """Else an import would withdraw the concern without a word."""
    rows = [GOOD, {**GOOD, "key": "zweites", column: cell}]
    with suppress(CatalogueError):
        assert len(parse(file_of(*({"topic_en": "", **row} for row in rows)))) == 2


def test_what_booking_refuses_of_no_column_is_a_fault_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file has columns where the API nests fields."""

    class Newer:
        def load(self, _: Any) -> None:
            raise ValidationError({"name": {"de": ["Too loud."]}})

    monkeypatch.setattr(catalogue_file, "_BODY", Newer())
    assert faults_of(file_of(GOOD)) == ["line 2: can't be at name.de: Too loud."]


RULES: dict[str, Any] = {
    "questions": [{"key": "child", "text": {"de": "Für ein Kind?", "en": "For a child?"}}],
    "effects": [{"when": "child+", "document": "alter-pass", "minutes": 5}],
    "release": {"shares": [{"days": 0, "percent": 100}], "place_minutes": 15},
}


def test_questions_effects_and_release_are_columns_that_may_be_left_out() -> None:
    """JSON in a cell; the columns are written only where a concern has such a thing."""
    assert parse(dump([{**CONCERN, **RULES}, {**CONCERN, "key": "other"}])) == [
        {**CONCERN, **RULES},
        {**CONCERN, "key": "other"},
    ]
    assert "questions" not in dump([CONCERN])
    full = {"when": "child+", "document": "alter-pass", "ends": None, "equipment": [], "minutes": 5, "step_free": False}
    assert dump([{**CONCERN, **RULES, "effects": [full]}]) == dump([{**CONCERN, **RULES}])
    for cell, says in (("{", "is not JSON"), ("{}", "is not a JSON list")):
        (fault,) = faults_of(file_of({**GOOD, "questions": cell}))
        assert fault == f"line 2, column questions: {cell!r} {says}"
    (fault,) = faults_of(file_of({**GOOD, "questions": "[" * 100_000}))
    assert re.fullmatch(r"line 2, column questions: '\[+…' is not JSON", fault)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("effects", [{"when": "nope+", "minutes": 5}], "can't be: effect 1 depends on nope, which is no question."),
        ("effects", [{"document": "x"}], "can't be: document x is not one of the concern's documents."),
        ("questions", [{"key": "child", "text": {"de": "Kind?"}}], "can't be at 0.text.en: Missing data for required "
         "field."),
        ("release", {"shares": [{"days": 3, "percent": 30}]}, "can't be at shares: the shares do not add up to 100 "
         "percent"),
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_named_by_line_and_column(column: str, value: Any, says: str) -> None:
    """Before anything is sent: a dry run finds them, and whoever repairs the file knows the place."""
    (fault,) = faults_of(file_of({**GOOD, column: ""}, {**GOOD, "key": "zweites", column: json.dumps(value)}))
    place, _, rest = fault.partition(f"{column}: ")
    assert place == "line 3, column "
    assert rest.endswith(f" {says}")


def test_a_cell_may_be_longer_than_what_python_takes_for_long() -> None:
    """A hundred effects with texts in two languages come to more than 131,072 characters."""
    ends = {"de": "x" * 200, "en": "y" * 200}
    effects = [{"when": "child+ " * 70, "ends": ends, "online_url": f"https://example.org/{'z' * 400}"}] * 100
    long = {**CONCERN, **RULES, "effects": effects}
    assert parse(dump([long])) == [long]


def test_a_buffer_before_and_days_of_lead_may_be_left_out() -> None:
    """The column, and the cell; written only where there is one."""
    with_it = {**CONCERN, "buffer_before_minutes": 10, "lead_days": 2}
    assert parse(dump([with_it, {**CONCERN, "key": "other"}])) == [with_it, {**CONCERN, "key": "other"}]
    assert dump([{**CONCERN, "buffer_before_minutes": 0, "lead_days": 0}]) == dump([CONCERN])
    (fault,) = faults_of(file_of({**GOOD, "buffer_before_minutes": "121"}))
    assert fault == "line 2, column buffer_before_minutes: '121' is not a whole number from 0 to 120"


def test_the_towns_own_file_is_written_back_as_it_is() -> None:
    """So that an export after an import shows no difference."""
    text = Path("deploy/town/guetersloh/concerns.csv").read_text(encoding="utf-8")
    assert dump(parse(text)) == text
