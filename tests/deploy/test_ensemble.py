"""The ten processes start, come back after `kill -9`, and end."""

from deploy.ensemble import Ensemble, wait_until


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
