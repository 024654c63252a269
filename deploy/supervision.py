"""The ensemble under supervisor: which programs there are, supervisor's configuration, and talking to it."""

import configparser
import contextlib
import os
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport

from deploy.home import CannotDo, Home, NotOurs
from deploy.orphans import orphans
from deploy.parts import SERVICES
from deploy.run import COMMAND
from deploy.servers.process import tied, wait_until

BROKER, MAIL_SINK, CALENDARS = "broker", "mail-sink", "calendars"
# A letter that the mail server has taken, but not yet answered for, would go out once more.
_STOP_SECONDS = {BROKER: 40, CALENDARS: 40, "notifications": 60}
# The first are started first and stopped last.
_PRIORITY = {BROKER: 1, MAIL_SINK: 2}
_UP = ("RUNNING", "STARTING", "BACKOFF")


@dataclass(frozen=True, slots=True)
class Program:
    """One process to watch."""

    name: str
    command: Sequence[str]


def programs(home: Home, broker_port: int | None, mail_ports: tuple[int, int] | None, mail_days: int) -> list[Program]:
    """All processes of the ensemble; broker and mail sink only where ports for private ones are given."""
    found = []
    if broker_port:
        command = (*COMMAND, "broker", str(home.root / "broker"), str(broker_port))
        found.append(Program(BROKER, command))
    if mail_ports:
        numbers = map(str, (*mail_ports, mail_days))
        found.append(Program(MAIL_SINK, (sys.executable, "-m", "deploy.mail_sink", str(home.root / "mail"), *numbers)))
    for service in SERVICES:
        found.append(Program(service, (*COMMAND, "service", service)))
        found.append(Program(f"{service}-publisher", (*COMMAND, "publisher", service)))
    found.append(Program(CALENDARS, (*COMMAND, "calendars")))
    return found


def configuration(home: Home, all_programs: Iterable[Program]) -> str:
    """The text of supervisord.conf. Settings come by the environment of supervisord, so no password stands here."""
    config = configparser.RawConfigParser()
    config.read_dict(
        {
            "unix_http_server": {"file": home.socket, "chmod": "0700"},
            "supervisord": {
                "logfile": home.log / "supervisor.log",
                "pidfile": home.supervisor_pid,
                "childlogdir": home.log,
                "directory": Path.cwd(),
                "identifier": "foyer",
                "minfds": 1024,
                # FOYER_HOME may be a folder that others may read; mails and logs in it are not for them.
                "umask": "077",
            },
            "rpcinterface:supervisor": {
                "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
            },
            "supervisorctl": {"serverurl": home.supervisor_url},
        }
    )
    for program in all_programs:
        config[f"program:{program.name}"] = _section(home, program)
    lines: list[str] = []
    for section in config.sections():
        # A percent sign is supervisor's own way of quoting.
        lines += [f"[{section}]", *(f"{k} = {str(v).replace('%', '%%')}" for k, v in config.items(section)), ""]
    return "\n".join(lines)


def _section(home: Home, program: Program) -> dict[str, Any]:
    # Without supervisord nobody reads what they write, so that they fail at the next line of their log: they end with
    # it, at once, which they survive as any crash.
    command = (*tied(signal.SIGKILL), *program.command)
    return {
        "command": " ".join(_quoted(part) for part in command),
        "serverurl": home.supervisor_url,
        "priority": _PRIORITY.get(program.name, 10),
        # `foyer up` starts them in order: the broker first, then the migrations, then the services.
        "autostart": "false",
        "autorestart": "true",
        "startsecs": 2,
        "startretries": 10,
        "stopsignal": "TERM",
        "stopwaitsecs": _STOP_SECONDS.get(program.name, 20),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": log_file(home, program.name),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": 3,
    }


def _quoted(part: str) -> str:
    return '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'


def log_file(home: Home, name: str) -> Path:
    """Where a program writes."""
    return home.log / f"{name}.log"


def last_lines(home: Home, name: str, count: int = 8) -> str:
    """The end of a program's log."""
    with contextlib.suppress(OSError):
        return "\n".join(log_file(home, name).read_text(errors="replace").splitlines()[-count:])
    return ""


class Supervisor:
    """The supervisord of one home. Raises CannotDo when it should answer and does not; NotOurs if we may not ask it."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def running(self) -> bool:
        """Whether it answers."""
        try:
            self._call("getState")
        except NotOurs:
            raise
        except CannotDo:
            return False
        return True

    def start(self, all_programs: Iterable[Program], env: Mapping[str, str]) -> None:
        """Start supervisord with that environment; its programs are not started yet."""
        config = self.home.run / "supervisord.conf"
        config.write_text(configuration(self.home, all_programs))
        started = subprocess.run(
            (sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-c", str(config)),
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if started.returncode:
            raise CannotDo(f"supervisor does not start: {(started.stderr or started.stdout).strip()}")
        wait_until(self.running, 15, "supervisor answers")

    def start_program(self, name: str) -> None:
        """Start a program that does not run; don't wait for it."""
        if self.state(name)["statename"] not in _UP:
            self._call("startProcess", name, False)

    def state(self, name: str) -> dict[str, Any]:
        """What supervisor knows of a program: statename, pid, start, now, spawnerr and more."""
        return cast(dict[str, Any], self._call("getProcessInfo", name))

    def states(self) -> list[dict[str, Any]]:
        """The same of all programs, in the order of their configuration."""
        found = cast(list[dict[str, Any]], self._call("getAllProcessInfo"))
        return sorted(found, key=lambda state: _order(state["name"]))

    def pid(self) -> int:
        """The process id of supervisord."""
        return cast(int, self._call("getPID"))

    def shut_down(self, seconds: float = 90) -> None:
        """Stop all programs, then supervisord itself; return when it has ended."""
        pid = self.pid()
        # supervisord stops one after the other; services and publishers don't need to wait for each other.
        ours = [state["name"] for state in self.states() if state["statename"] in _UP]
        for name in ours:
            if name not in _PRIORITY:
                self._call("stopProcess", name, False)
        wait_until(lambda: not any(s["statename"] == "STOPPING" for s in self.states()), seconds, "services have ended")
        self._call("shutdown")
        wait_until(lambda: not Path(f"/proc/{pid}").exists() or _is_dead(pid), seconds, "supervisor has ended")

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, self.home.supervisor_url)
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as server:
            try:
                return getattr(server.supervisor, method)(*arguments)
            except xmlrpc.client.Fault as fault:
                raise CannotDo(f"supervisor: {fault.faultString}") from fault
            except PermissionError:
                raise NotOurs(self.home.socket) from None
            except (OSError, xmlrpc.client.ProtocolError) as error:
                raise CannotDo(f"Foyer does not run here{self._left()}: start it with `foyer up`.") from error

    def _left(self) -> str:
        return ", and what ran before has not ended yet" if orphans(self.home) else ""


def _is_dead(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def _order(name: str) -> tuple[int, str]:
    """Broker and mail sink first, then each service before its publisher, and what else there is."""
    service = name.removesuffix("-publisher")
    if service in SERVICES:
        return SERVICES.index(service) + 10, name
    return _PRIORITY.get(name, 90), name
