"""Orders to running services, through their queues; and what became of them."""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from deploy.ensemble import health
from deploy.home import HTTP_DEFAULTS
from deploy.operations import databases
from deploy.operations.action import Outcome
from deploy.operations.wire import Wire
from shared import config
from shared.orders import CONTENT_TYPE, DONE, Order
from shared.tables import orders

PATIENCE = 10.0
"""Seconds for which a service that answers is waited for."""
LOOK = 0.05
PAGE = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an order; `result` is empty where the service has not taken it yet."""

    order: Order
    result: str = ""
    detail: str = ""


def give(wanted: Mapping[str, Sequence[Order]], patience: float = PATIENCE) -> list[Result]:
    """Put orders into the queues of services and wait for what becomes of them. Raises BadInput.

    An order stays in the queue of a service that is down, and is carried out when it runs.
    """
    for service, orders_to in wanted.items():
        wire = Wire(config.load(config.EVERY).amqp_url, service)
        try:
            wire.depth()
            for order in orders_to:
                wire.send(CONTENT_TYPE, order.body())
            wire.wait_confirmed()
        finally:
            wire.close()
    return [result for service, orders_to in wanted.items() for result in _wait(service, orders_to, patience)]


def _wait(service: str, wanted: Sequence[Order], patience: float) -> list[Result]:
    until = time.monotonic() + (patience if not (problem := not_well(service)) else min(patience, 1.0))
    while True:
        found = _results(service, [order.id for order in wanted])
        if len(found) == len(wanted) or time.monotonic() > until:
            break
        time.sleep(LOOK)
    waiting = f"{service} is not well ({problem}); it does it when it runs" if problem else f"{service} is busy"
    return [Result(order, *found.get(order.id, ("", waiting))) for order in wanted]


def not_well(service: str) -> str:
    """Why a service will not take orders just now; empty where it will."""
    name = f"FOYER_HTTP_{service.upper()}"
    answer = health(f"http://{os.environ.get(name, HTTP_DEFAULTS[name])}")
    return "; ".join(answer["problems"])


def _results(service: str, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    with databases.opened(service) as connection:
        for n in range(0, len(ids), PAGE):
            query = select(orders.c.id, orders.c.result, orders.c.detail).where(orders.c.id.in_(ids[n : n + PAGE]))
            found |= {row.id: (row.result, row.detail or "") for row in connection.execute(query)}
    return found


def by_service(pairs: Sequence[tuple[str, Order]]) -> dict[str, list[Order]]:
    """Orders in the order in which they are to be carried out, by service."""
    grouped: dict[str, list[Order]] = defaultdict(list)
    for service, order in pairs:
        grouped[service].append(order)
    return grouped


def outcome(results: Sequence[Result], done: str) -> Outcome:
    """What to say of orders; `done` is what those are that were carried out."""
    counts = Counter(result.result or "queued" for result in results)
    lines = [f"{counts[DONE]:,} {done}."] if counts[DONE] else []
    for result in results:
        if result.result != DONE:
            where = f"{result.order.source} {result.order.stream} {result.order.sequence}"
            lines.append(f"{result.result or 'queued'}: {where}: {result.detail}")
    rows = [
        {"order": one.order.id, "result": one.result or "queued", "detail": one.detail, "stream": one.order.stream}
        for one in results
    ]
    return Outcome(tuple(lines), {"counts": dict(counts), "orders": rows}, int(counts[DONE] < len(results)))
