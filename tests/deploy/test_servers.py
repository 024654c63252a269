"""The private servers start, keep their data over `kill -9`, and leave nothing behind."""

import os
import smtplib
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pika
import psycopg2
import pytest

from deploy.servers import (
    MailSink,
    PostgreSQL,
    Process,
    RabbitMQ,
    ServerFailed,
    free_port,
    ports,
    temporary_folder,
    wait_until,
)
from deploy.servers.process import descendants


def alive(pid: int) -> bool:
    """Whether that process runs (a dead one that nobody has fetched yet does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_confirmed_message_outlives_kill_9_of_the_broker(rabbitmq: RabbitMQ, broker: str) -> None:
    """The node comes back under the same address with what it had confirmed."""
    connection = pika.BlockingConnection(pika.URLParameters(broker))
    channel = connection.channel()
    channel.queue_declare("q", durable=True, arguments={"x-queue-type": "quorum"})
    channel.confirm_delivery()
    channel.basic_publish("", "q", b"hello", pika.BasicProperties(delivery_mode=2), mandatory=True)
    wait_until(lambda: rabbitmq.remembers(broker.rpartition("/")[2], "q"), 10, "the queue is on disk")
    rabbitmq.kill()
    rabbitmq.start()
    with pika.BlockingConnection(pika.URLParameters(broker)) as again:
        assert again.channel().basic_get("q")[2] == b"hello"


@pytest.mark.server
def test_a_stopped_node_leaves_no_process(servers_folder: Path) -> None:
    """Neither Erlang's helpers nor the epmd we started for it go on."""
    node = RabbitMQ(servers_folder / "second")
    node.start()
    family = [node.process.pid, node.epmd.pid, *descendants(node.process.pid)]
    node.stop()
    wait_until(lambda: not any(alive(pid) for pid in family), 10, "the end of all processes of the node")


def test_two_vhosts_do_not_see_each_other(rabbitmq: RabbitMQ, broker: str) -> None:
    """Tests can't meet each other's queues."""
    other = rabbitmq.add_vhost("other")
    with pika.BlockingConnection(pika.URLParameters(broker)) as connection:
        connection.channel().queue_declare("only-here")
    with pika.BlockingConnection(pika.URLParameters(other)) as connection:
        channel = connection.channel()
        with pytest.raises(pika.exceptions.ChannelClosedByBroker):
            channel.queue_declare("only-here", passive=True)
    rabbitmq.remove_vhost("other")


def test_what_was_committed_outlives_kill_9_of_postgresql(postgres: PostgreSQL) -> None:
    """The server comes back under the same address with what it had committed."""
    url = postgres.create_database("kept").replace("+psycopg2", "")
    connection = psycopg2.connect(url)
    with connection:
        connection.cursor().execute("CREATE TABLE t AS SELECT 42 AS n")
    postgres.kill()
    postgres.start()
    again = psycopg2.connect(url)
    cursor = again.cursor()
    cursor.execute("SELECT n FROM t")
    assert cursor.fetchone() == (42,)
    again.close()
    postgres.drop_database("kept")


def test_a_database_can_be_copied_from_a_template(postgres: PostgreSQL) -> None:
    """Fresh databases cost a copy, not a migration."""
    template = psycopg2.connect(postgres.create_database("model").replace("+psycopg2", ""))
    with template:
        template.cursor().execute("CREATE TABLE t AS SELECT 1 AS n")
    template.close()
    copy = psycopg2.connect(postgres.create_database("copied", template="model").replace("+psycopg2", ""))
    cursor = copy.cursor()
    cursor.execute("SELECT n FROM t")
    assert cursor.fetchone() == (1,)
    copy.close()
    postgres.drop_database("copied")
    postgres.drop_database("model")


def mail(subject: str = "Ihr Termin") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "termine@example.org", "frau@example.org", subject
    message.set_content("Guten Tag")
    return message


def send(sink: MailSink, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
        client.send_message(message)


def test_the_sink_keeps_what_it_took(smtp_sink: MailSink) -> None:
    """Mails can be read back, in the order of arrival."""
    for subject in ("eins", "zwei", "drei"):
        send(smtp_sink, mail(subject))
    assert [message["subject"] for message in smtp_sink.messages()] == ["eins", "zwei", "drei"]


@pytest.mark.parametrize(("mode", "code"), [("temporary", 451), ("permanent", 550)])
def test_the_sink_refuses_as_told_and_then_takes_again(smtp_sink: MailSink, mode: str, code: int) -> None:
    """`times` counts the mails that are treated so."""
    smtp_sink.behave(mode, times=1)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(smtp_sink, mail())
    assert refused.value.smtp_code == code
    send(smtp_sink, mail())
    assert len(smtp_sink.messages()) == 1


def test_the_sink_can_take_a_mail_and_drop_the_line(smtp_sink: MailSink) -> None:
    """The one crash after which a sender can't know."""
    smtp_sink.behave("drop", times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_sink, mail())
    assert len(smtp_sink.messages()) == 1


@pytest.mark.server
def test_the_sink_deletes_what_has_become_too_old(tmp_path: Path) -> None:
    """Whoever is forgotten by itself shall not be read there; nor in a draft that a crash has left."""
    sink = MailSink(tmp_path / "mail", days=7)
    for name, days in (("new/old.eml", 7.1), ("new/young.eml", 6.9), ("tmp/draft.eml", 7.1)):
        file = sink.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(mail().as_bytes())
        os.utime(file, times=(time.time() - days * 86_400,) * 2)
    with sink:
        young = sink.folder / "new/young.eml"
        wait_until(lambda: list(sink.folder.glob("*/*.eml")) == [young], 10, "the end of what is too old")


def test_a_server_that_does_not_come_up_says_its_last_lines(tmp_path: Path) -> None:
    """The log is where the reason is, so the error brings it along."""
    server = Process("no such luck", ("sh", "-c", "echo port taken; exit 3"), tmp_path / "log")
    server.start()
    with pytest.raises(ServerFailed, match="port taken"):
        server.wait_ready(lambda: False)


def test_killing_a_program_ends_its_children(tmp_path: Path) -> None:
    """Also those that lead a session of their own."""
    server = Process("family", ("sh", "-c", "setsid sleep 60 & sleep 60"), tmp_path / "log")
    server.start()
    wait_until(lambda: len(descendants(server.pid)) == 2, 5, "two children")
    children = descendants(server.pid)
    server.kill()
    wait_until(lambda: not any(alive(pid) for pid in children), 5, "the end of the children")


class Ended:
    """What is left of a program that has ended, and whose number a stranger has got since."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int:
        return 0

    def wait(self, timeout: float | None = None) -> int:
        return 0

    def send_signal(self, sig: int) -> None:
        raise NotImplementedError


def test_a_stranger_with_the_number_of_an_ended_program_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor its group."""
    stranger = Process("stranger", ("sleep", "60"), tmp_path / "log")
    stranger.start()
    monkeypatch.setattr(Process, "begin", lambda *_: Ended(stranger.pid))
    ended = Process("ended", ("true",), tmp_path / "log")
    ended.start()
    ended.stop()
    assert stranger.running
    stranger.kill()


def test_what_an_ended_program_has_left_behind_is_ended(tmp_path: Path) -> None:
    """By its group, which keeps the number."""
    server = Process("left", ("sh", "-c", "sleep 60 & echo $!; exit"), tmp_path / "log")
    server.start()
    wait_until(lambda: not server.running, 5, "the end of the program")
    left = int(server.last_lines())
    assert alive(left)
    server.stop()
    wait_until(lambda: not alive(left), 5, "the end of what it left")


def test_the_folder_of_a_killed_run_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But none that is in use, and none that somebody makes just now."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, new = tmp_path / "foyer-run-left", tmp_path / "foyer-run-new"
    for folder in (left, new, tmp_path / "foyer-var"):
        folder.mkdir()
    with temporary_folder() as used:
        for folder in (left, used):
            os.utime(folder, (0, 0))
        with temporary_folder() as other:
            assert sorted(tmp_path.iterdir()) == sorted([new, used, other, tmp_path / "foyer-var"])
    assert sorted(tmp_path.iterdir()) == [new, tmp_path / "foyer-var"]


def test_the_free_port_is_away_from_those_of_rabbitmq_and_the_kernel() -> None:
    """A server can come back to its port after a crash only if nobody draws it meanwhile."""
    assert all(17000 <= free_port() < 25000 for _ in range(20))


def test_no_port_is_drawn_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by this process, for a server that is yet to start, nor by one that runs tests beside it."""
    monkeypatch.setattr(ports, "port_is_free", lambda port: port != 17_007)
    monkeypatch.setattr(ports, "_left", [])
    drawn: list[set[int]] = []
    for number in range(2):
        monkeypatch.setattr(ports, "_share", (0, 1))
        ports.draw_apart(number, 2)
        drawn.append({free_port() for _ in range(3_999)})
    assert [len(one) for one in drawn] == [3_999, 3_999]
    assert drawn[0].isdisjoint(drawn[1])
    assert 17_007 not in drawn[1]
    assert free_port() in drawn[1], "all were drawn: from the beginning"


def test_a_fresh_database_is_empty(make_database: Callable[[str], str]) -> None:
    """One test's rows are never another's."""
    from sqlalchemy import create_engine, inspect

    engine = create_engine(make_database("toy"))
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_database_pattern_names_the_service(database_url: str) -> None:
    """As FOYER_DATABASE_URL wants it."""
    assert database_url.count("{service}") == 1
    assert os.sep in database_url


def test_postgresql_starts_right_after_a_kill(postgres: PostgreSQL) -> None:
    """Also while workers of the killed server are still on their way out."""
    for _ in range(5):
        busy = [psycopg2.connect(postgres.url().replace("+psycopg2", "")) for _ in range(20)]
        postgres.kill()
        postgres.start()
        assert postgres.answers()
        for connection in busy:
            connection.close()
