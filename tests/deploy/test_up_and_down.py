"""The command line brings a whole ensemble up, watches it, and takes it down without a trace."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pika
import pytest

from deploy.home import Home
from deploy.parts import SERVICES
from deploy.servers import RabbitMQ, free_port, wait_until
from deploy.servers.process import descendants
from deploy.supervision import Supervisor
from tests.command import foyer

pytestmark = pytest.mark.slow


def typed(env: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """The same as `foyer`, by a process of its own."""
    command = (sys.executable, "-m", "deploy.cli", *words)
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=200, check=False)


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_up_twice_restart_of_a_killed_part_and_of_a_killed_supervisor_and_down(home: Path) -> None:
    """With a broker and a mail sink of its own, on ports of its own."""
    env = {f"FOYER_HTTP_{service.upper()}": f"127.0.0.1:{free_port()}" for service in SERVICES}
    env["FOYER_HOME"] = str(home)
    supervisor = Supervisor(Home(home))
    family: list[int] = []
    try:
        first = typed(env, "up")
        assert first.returncode == 0, first.stdout + first.stderr
        states = {state["name"]: state["pid"] for state in supervisor.states()}
        assert len(states) == 13
        assert foyer(env, "status").returncode == 0
        told = json.loads(foyer(env, "status", "--json").stdout)
        assert told["well"]
        assert {line["name"] for line in told["processes"]} == set(states)
        assert all(line["behind"] is not None for line in told["processes"] if line["name"].endswith("-publisher"))

        assert foyer({"FOYER_HOME": str(home)}, "up").returncode == 0, "a second time, from a shell without settings"
        assert {state["name"]: state["pid"] for state in supervisor.states()} == states

        node = descendants(states["broker"])
        for part in ("rooms", "broker"):
            os.kill(states[part], signal.SIGKILL)
        for part in ("rooms", "broker"):
            wait_until(lambda p=part: supervisor.state(p)["pid"] not in (0, states[p]), 30, f"{part} is started again")
        wait_until(lambda: all(ended(pid) for pid in node), 30, "the node of the killed broker has ended")
        assert foyer(env, "up").returncode == 0

        url = Home(home).saved()["FOYER_AMQP_URL"]
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            channel = connection.channel()
            channel.queue_declare("q", durable=True)
            channel.confirm_delivery()
            channel.basic_publish("", "q", b"kept", pika.BasicProperties(delivery_mode=2), mandatory=True)
        family = [supervisor.pid(), *descendants(supervisor.pid())]
        os.kill(supervisor.pid(), signal.SIGKILL)
        again = foyer(env, "up")
        assert again.returncode == 0, again.stdout + again.stderr
        assert all(ended(pid) for pid in family), "a killed supervisord leaves nothing that a second ensemble meets"
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            assert connection.channel().basic_get("q")[2] == b"kept", "the broker has its old port and folder"
        family = [supervisor.pid(), *descendants(supervisor.pid())]
    finally:
        down = typed(env, "down")
    assert down.returncode == 0, down.stdout + down.stderr
    assert len(family) > 14
    wait_until(lambda: all(ended(pid) for pid in family), 20, "all processes have ended, epmd among them")
    assert "Nothing of Foyer runs here" in foyer(env, "down").stdout


def test_a_broker_that_is_not_there_is_said_in_a_sentence(home: Path) -> None:
    """Without the password that stands in the URL."""
    env = {f"FOYER_HTTP_{service.upper()}": f"127.0.0.1:{free_port()}" for service in SERVICES}
    env |= {"FOYER_HOME": str(home), "FOYER_AMQP_URL": f"amqp://foyer:geheim@127.0.0.1:{free_port()}/"}
    try:
        up = foyer(env, "up")
    finally:
        foyer(env, "down")
    assert up.returncode == 1
    assert "The broker of FOYER_AMQP_URL can't be used" in up.stderr
    assert "geheim" not in up.stderr + up.stdout
    assert "Traceback" not in up.stderr


def test_a_wrong_password_is_said_in_a_sentence(home: Path, rabbitmq: RabbitMQ) -> None:
    """It is something else than no broker."""
    env = {f"FOYER_HTTP_{service.upper()}": f"127.0.0.1:{free_port()}" for service in SERVICES}
    env |= {"FOYER_HOME": str(home), "FOYER_AMQP_URL": f"amqp://guest:falsch@127.0.0.1:{rabbitmq.port}/"}
    try:
        up = foyer(env, "up")
    finally:
        foyer(env, "down")
    assert "it refuses the user or the password" in up.stderr


def test_status_says_when_nothing_runs(home: Path) -> None:
    """And how to start it."""
    status = foyer({"FOYER_HOME": str(home)}, "status")
    assert status.returncode == 1
    assert "foyer up" in status.stderr
