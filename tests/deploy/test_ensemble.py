"""The ten processes start, come back after `kill -9`, and end."""

from collections.abc import Callable

import pytest

from deploy.ensemble import Ensemble, wait_until
from deploy.servers import PostgreSQL


def test_the_ensemble_starts_a_killed_service_comes_back_and_sigterm_ends_all(ensemble: Ensemble) -> None:
    """On both databases; the address stays the same."""
    ensemble.kill("rooms")
    assert not ensemble.health("rooms")["ready"]
    ensemble.start("rooms")
    ensemble.wait_ready()
    assert ensemble.health("rooms")["ready"]
    for process in ensemble.processes.values():
        process.terminate()
    wait_until(lambda: not any(process.running for process in ensemble.processes.values()), 15, "the end of all")


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_service_waits_for_a_database_that_comes_later(
    make_ensemble: Callable[..., Ensemble], postgres: PostgreSQL
) -> None:
    """As after a power failure; it can be ended meanwhile, and is ready as soon as the database is there."""
    ensemble = make_ensemble()
    booking = ensemble.processes["booking"]
    postgres.kill()
    for ends in (True, False):
        booking.start()
        wait_until(lambda: _said(ensemble).count("waiting_for_database") > 2, 60, "it waits")
        assert "refused" in _said(ensemble), "why"
        assert booking.running
        if ends:
            booking.stop()
            booking.log.unlink()
    postgres.start()
    ensemble.wait_ready()


def _said(ensemble: Ensemble) -> str:
    log = ensemble.processes["booking"].log
    return log.read_text() if log.exists() else ""
