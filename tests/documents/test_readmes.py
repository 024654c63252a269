"""What the READMEs say of who says and hears what is what the contracts say."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from deploy.parts import SERVICES
from deploy.said import sayings, types

ROOT = Path(__file__).parents[2]
WORD = re.compile(r"\w+")
ALL = set(types(*SERVICES))


def heard(service: str) -> set[str]:
    return set(import_module(f"services.{service}.contracts").VERSIONS)


def said(service: str) -> set[str]:
    return {saying.type for saying in sayings() if saying.service == service}


@pytest.mark.parametrize("service", SERVICES)
def test_a_table_names_all_messages_of_its_service(service: str) -> None:
    """Those that it hears and those that it says, and no others."""
    parts = (ROOT / "services" / service / "README.md").read_text().split("\n\n")
    table = next(part for part in parts if part.startswith("|"))
    assert ALL & set(WORD.findall(table)) == heard(service) | said(service)


def test_the_picture_of_a_booking_is_true() -> None:
    """Every message in it is said where its arrow begins, and heard where it ends."""
    picture = (ROOT / "README.md").read_text()
    names = dict(re.findall(r"participant (\w) as (\w+)", picture))
    arrows = [
        (names[begin], names[end], kind)
        for begin, end, text in re.findall(r"(\w)-+>>(\w): (.*)", picture)
        for kind in ALL & set(WORD.findall(text))
    ]
    assert len(arrows) > 5
    assert [arrow for arrow in arrows if arrow[2] not in said(arrow[0]) & heard(arrow[1])] == []
