"""Radicale and Xandikos as processes, and collections on them."""

import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import requests

from deploy.servers.ports import free_port
from deploy.servers.process import Process
from services.staff_calendar.calendars.vault import Access

_numbers = count(1)


class Server:
    """A calendar server that stores in a folder. `url` ends with a slash."""

    username = password = ""

    def __init__(self, name: str, folder: Path, root: str, command: tuple[str, ...], port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{port}{root}"
        self.process = Process(name, command, folder / "log", {})

    @property
    def auth(self) -> tuple[str, str] | None:
        return (self.username, self.password) if self.username else None

    def start(self) -> None:
        self.process.start()
        self.process.wait_ready(self.answers, 30)

    def stop(self) -> None:
        self.process.stop()

    def answers(self) -> bool:
        try:
            return requests.request("OPTIONS", self.url, auth=self.auth, timeout=2).status_code < 500
        except requests.RequestException:
            return False

    def collection(self) -> "Shelf":
        """A fresh calendar."""
        shelf = Shelf(self, f"{self.url}c{next(_numbers)}-{os.getpid()}/")
        made = requests.request("MKCALENDAR", shelf.url, auth=self.auth, timeout=10)
        assert made.status_code == 201, made.text
        return shelf


class Radicale(Server):
    username, password = "clerk", "secret"

    def __init__(self, folder: Path) -> None:
        port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "users").write_text("clerk:secret\n")
        (folder / "config").write_text(
            f"[server]\nhosts = 127.0.0.1:{port}\n"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder}/users\nhtpasswd_encryption = plain\ndelay = 0\n"
            f"[storage]\nfilesystem_folder = {folder}/data\n"
        )
        command = (sys.executable, "-m", "radicale", "--config", str(folder / "config"))
        super().__init__("radicale", folder, "/clerk/", command, port)


class Xandikos(Server):
    def __init__(self, folder: Path) -> None:
        port = free_port()
        command = (
            *(sys.executable, "-m", "xandikos.web", "-d", str(folder / "data"), "--defaults"),
            *("-l", "127.0.0.1", "-p", str(port), "--current-user-principal", "/user/"),
        )
        super().__init__("xandikos", folder, "/user/calendars/", command, port)


class Shelf:
    """A collection as its owner's program sees it."""

    def __init__(self, server: Server, url: str) -> None:
        self.server, self.url = server, url
        self.access = Access(url, server.username, server.password)

    def put(self, name: str, ics: bytes) -> None:
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        done = requests.put(self.url + name, data=ics, headers=headers, auth=self.server.auth, timeout=10)
        assert done.status_code in (201, 204), done.text

    def delete(self, name: str) -> None:
        assert requests.delete(self.url + name, auth=self.server.auth, timeout=10).ok

    def get(self, name: str) -> bytes | None:
        answer = requests.get(self.url + name, auth=self.server.auth, timeout=10)
        return answer.content if answer.ok else None


def run(*command: str, env: dict[str, str] | None = None) -> str:
    """A program of the virtual environment; its output."""
    done = subprocess.run(
        (str(Path(sys.executable).parent / command[0]), *command[1:]),
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
