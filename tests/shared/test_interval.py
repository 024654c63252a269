"""What is done again and again, in nameko's own container."""

import logging
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from eventlet import sleep, spawn
from eventlet.event import Event
from eventlet.queue import LightQueue
from nameko.containers import ServiceContainer

from shared import interval
from shared.interval import every

SOON, LONG = 0.01, 3600.0
WAIT = 10.0
"""Seconds after which something does not come any more."""


@pytest.fixture
def run() -> Iterator[Callable[[type], ServiceContainer]]:
    """`run(service)` starts it; it is stopped at the end."""
    containers: list[ServiceContainer] = []

    def start(service: type) -> ServiceContainer:
        containers.append(ServiceContainer(service, config={}))
        containers[-1].start()
        return containers[-1]

    yield start
    for container in containers:
        container.stop()


def clock(how: Any, work: Callable[[], None]) -> type:
    """A service that does nothing but that."""

    class Clock:
        name = "clock"

        @how
        def tick(self) -> None:
            work()

    return Clock


def a_moment(run: Callable[[type], ServiceContainer]) -> None:
    """Until another service has been called a few times."""
    others: Any = LightQueue()
    run(clock(every(SOON), lambda: others.put(None)))
    for _ in range(5):
        others.get(timeout=WAIT)


def test_a_clock_that_is_set_back_delays_nothing(
    run: Callable[[type], ServiceContainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an hour, or put forward."""
    runs: Any = LightQueue()
    run(clock(every(SOON), lambda: runs.put(None)))
    now = time.time()
    for wrong in (now - LONG, now + LONG, 0.0):
        runs.get(timeout=WAIT)
        monkeypatch.setattr(time, "time", lambda wrong=wrong: wrong)
        for _ in range(3):
            runs.get(timeout=WAIT)


def test_it_begins_after_its_interval_or_at_once(run: Callable[[type], ServiceContainer]) -> None:
    """As it is declared."""
    runs: Any = LightQueue()
    run(clock(every(LONG), lambda: runs.put("late")))
    run(clock(every(LONG, eager=True), lambda: runs.put("eager")))
    assert runs.get(timeout=WAIT) == "eager"
    a_moment(run)
    assert runs.empty()


def test_what_was_missed_is_made_up_for_once(
    run: Callable[[type], ServiceContainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a run of ten hours, hourly ones don't come ten times."""
    runs: Any = LightQueue()
    now = [0.0]
    monkeypatch.setattr(interval, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def work() -> None:
        now[0] = 10 * LONG
        runs.put(None)

    run(clock(every(LONG, eager=True), work))
    for _ in range(2):
        runs.get(timeout=WAIT)
    for _ in range(200):
        sleep(0)  # all that is due gets its turn
    assert runs.empty()


def test_a_run_that_fails_is_logged_and_ends_nothing(
    run: Callable[[type], ServiceContainer], caplog: pytest.LogCaptureFixture
) -> None:
    """The next one comes in its time."""
    runs: Any = LightQueue()

    def fail() -> None:
        runs.put(None)
        raise RuntimeError("out of order")

    with caplog.at_level(logging.ERROR):
        run(clock(every(SOON), fail))
        for _ in range(3):
            runs.get(timeout=WAIT)
    assert "out of order" in caplog.text


def test_one_runs_at_a_time_and_is_finished(run: Callable[[type], ServiceContainer]) -> None:
    """A slow run is not joined by the next; who stops the service waits for it."""
    runs, go_on, ended = LightQueue(), Event(), list[str]()

    def slow() -> None:
        runs.put(None)
        go_on.wait()
        ended.append("run")

    container = run(clock(every(SOON), slow))
    runs.get(timeout=WAIT)
    a_moment(run)
    assert runs.empty()
    stopped = spawn(lambda: (container.stop(), ended.append("service")))
    go_on.send()
    stopped.wait()
    assert ended[-2:] == ["run", "service"]
