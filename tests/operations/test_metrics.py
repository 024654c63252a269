"""What Prometheus gets from a running ensemble, and the files in deploy/observability that rely on it."""

import json
import re
import urllib.request
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from deploy.parts import SERVICES
from deploy.run import COMMAND
from deploy.servers.ports import free_port
from deploy.servers.process import Process
from tests.journeys.town import ID_CARD
from tests.journeys.town_hall import TownHall

FOLDER = Path(__file__).parents[2] / "deploy/observability"
FILES = ("alerts.yml", "dashboard.json")
NAME = re.compile(r"\b((?:foyer|process)_[a-z_]+|up)\b(?=[\s{\[)]|$)")
LABELS = {"le", "type", "source", "reason", "route", "method", "status", "outcome"}
"""All labels there are; each has few values."""


def expressions(file: str) -> list[str]:
    """The PromQL of one file."""
    if file.endswith(".json"):
        panels = json.loads((FOLDER / file).read_text())["panels"]
        return [target["expr"] for panel in panels for target in panel["targets"]]
    groups = yaml.safe_load((FOLDER / file).read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


@pytest.fixture(scope="module")
def scraped(town_hall: TownHall) -> dict[str, str]:
    """The text of all eleven processes, after a visit was booked, cancelled, and told."""
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=8)[0])
    town_hall.mail(booked)
    town_hall.manage(booked, "cancellation")
    town_hall.mail(booked, 2)
    texts = {service: town_hall.call("GET", service, "/metrics").text for service in SERVICES}
    for service in SERVICES:
        address = town_hall.ensemble.env[f"FOYER_METRICS_{service.upper()}"]
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            texts[f"{service}-publisher"] = answer.read().decode()
    return texts | {"calendars": _calendars(town_hall)}


def _calendars(town_hall: TownHall) -> str:
    """The text of the process that keeps the clerks' own calendars in step."""
    home, address = town_hall.ensemble.home, f"127.0.0.1:{free_port()}"
    env = {**town_hall.ensemble.env, "FOYER_METRICS_CALENDARS": address}
    process = Process("calendars", (*COMMAND, "calendars"), home / "log" / "calendars.log", env)
    process.start()
    try:
        process.wait_ready(lambda: "calendars_ready" in process.log.read_text(), 60)
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            text: str = answer.read().decode()
    finally:
        process.stop()
    return text


def names_in(texts: dict[str, str]) -> set[str]:
    """All samples that are exposed somewhere."""
    families = [family for text in texts.values() for family in text_string_to_metric_families(text)]
    return {sample.name for family in families for sample in family.samples}


@pytest.mark.parametrize("file", FILES)
def test_every_name_in_the_rules_and_the_dashboard_exists(scraped: dict[str, str], file: str) -> None:
    """Renaming a metric without them is noticed here."""
    used = {name for expression in expressions(file) for name in NAME.findall(expression)} - {"up"}
    assert len(used) > 8
    assert used - names_in(scraped) == set()


def test_what_is_asked_for_is_counted(scraped: dict[str, str]) -> None:
    """One visit shows in every figure that is about visits."""
    booking = scraped["booking"]
    for sample in (
        'foyer_events_appended_total{type="AppointmentConfirmed"}',
        "foyer_confirmation_seconds_count",
        "foyer_search_seconds_count",
        'foyer_messages_consumed_total{source="rooms"}',
        "foyer_messages_applied_total",
        "foyer_log_position",
        "foyer_published_position",
        "foyer_clock_seconds",
    ):
        assert value(booking, sample) >= 1, sample
    for sample in ("foyer_unpublished_seconds", "foyer_holds_expired_total", 'foyer_held_messages{reason="failed"}'):
        assert value(booking, sample) == 0, sample
    assert value(booking, "foyer_database_up") == value(booking, "foyer_broker_connected") == 1
    for service in SERVICES:
        publisher = scraped[f"{service}-publisher"]
        assert value(publisher, "foyer_messages_published_total") > 0
        assert value(publisher, "foyer_publisher_connected") == 1
    assert value(scraped["booking-publisher"], "foyer_keys_published_total") > 0
    assert value(scraped["staff_calendar"], "foyer_calendars_due_seconds") == 0
    assert value(scraped["calendars"], 'foyer_calendar_looks_total{outcome="well"}') == 0


def value(text: str, sample: str) -> float:
    """The value of one sample. Raises AssertionError where there is none."""
    for line in text.splitlines():
        if line.startswith(f"{sample} "):
            return float(line.rpartition(" ")[2])
    raise AssertionError(f"no {sample}")


def test_figures_hold_no_personal_data_and_few_series(town_hall: TownHall, scraped: dict[str, str]) -> None:
    """No name, address or id of anybody; labels from a short list."""
    ids = {row.stream.partition("-")[2] for row in town_hall.rows("booking", "SELECT stream FROM events")} - {""}
    for text in scraped.values():
        assert not any(word in text for word in town_hall.names | {one for one in ids if len(one) > 20})
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        labels = {name for s in samples if not s.name.startswith("python_") for name in s.labels}
        assert labels <= LABELS
        assert len(samples) < 400


def test_scrape_targets_are_where_the_services_answer_by_default() -> None:
    """Each service at its port, its publisher a hundred above, and what keeps the calendars another hundred."""
    from deploy.home import HTTP_DEFAULTS

    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    targets = {
        (entry["labels"]["service"], entry["labels"]["part"]): entry["targets"] for entry in jobs[0]["static_configs"]
    }
    for service in SERVICES:
        host, _, port = HTTP_DEFAULTS[f"FOYER_HTTP_{service.upper()}"].rpartition(":")
        assert targets[service, "service"] == [f"{host}:{port}"]
        assert targets[service, "publisher"] == [f"{host}:{int(port) + 100}"]
    assert targets["staff_calendar", "calendars"] == ["127.0.0.1:8203"]
