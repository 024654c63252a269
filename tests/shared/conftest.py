"""Toys on a fresh database of either kind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.app import App
from shared.definition import Definition
from tests.shared import toy


@pytest.fixture
def toy_url(make_database: Callable[[str], str]) -> str:
    """The URL of a database with the tables of a toy."""
    url = make_database("counters")
    toy.create_tables(url)
    return url


@pytest.fixture
def make_app(home: Path, toy_url: str) -> Iterator[toy.MakeApp]:
    """`make_app()` starts a process of the toy: all of them on the same database."""
    apps: list[App] = []

    def make(definition: Definition = toy.COUNTERS, **more: object) -> App:
        apps.append(toy.app(home, toy_url, definition, **more))
        return apps[-1]

    yield make
    for app in apps:
        app.engine.dispose()


@pytest.fixture
def app(make_app: toy.MakeApp) -> App:
    """One process of the toy."""
    return make_app()
