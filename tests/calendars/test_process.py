"""The process that looks at all calendars: one at a time, whatever becomes of its lock."""

import pytest

from services.staff_calendar.calendars import process
from services.staff_calendar.calendars.process import ROLE, Rounds
from shared.alone import AlreadyRunning, only_one
from shared.database import connect
from tests.shared.test_publisher import lose_the_lock
from tests.shared.test_writer import only_postgresql
from tests.staff_calendar.office import Office


@only_postgresql
def test_whose_lock_was_lost_asks_for_it_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes at once would ask each guest twice."""
    app, other = office.app, connect(office.settings.database_url)
    monkeypatch.setattr(process.signal, "signal", lambda *_: None)
    monkeypatch.setattr(process.metrics, "expose", lambda _address: None)
    ticks: list[bool] = []

    def tick(rounds: Rounds) -> None:
        """At first the lock gets lost; the next one is the last."""
        try:
            with only_one(other, app.settings, ROLE):
                ticks.append(False)
        except AlreadyRunning:
            ticks.append(True)
        if len(ticks) == 1:
            lose_the_lock(app.settings.database_url)
        else:
            rounds.stopping.set()

    monkeypatch.setattr(Rounds, "tick", tick)
    process.run(app)
    other.dispose()
    assert ticks == [True, True], "it is held at each"
