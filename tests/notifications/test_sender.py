"""From heard messages to mail on the wire: what is sent, what is tried again, and what never is sent."""

import contextlib
import socket
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.servers import wait_until
from services.notifications import projections
from services.notifications.decider import LONGEST_PAUSE
from services.notifications.letters.compose import compose
from services.notifications.sender import claim, leases, rounds
from services.notifications.sender.claim import LEASE, Claim
from services.notifications.sender.records import Records
from services.notifications.sender.smtp import Connection
from shared import store
from shared.database import writing
from shared.definition import Recorded
from shared.session import Session, write_all
from shared.tables import instant, timers
from shared.timers import set_timer
from shared.writer import Unavailable
from tests.notifications.facts import HOUSE
from tests.notifications.reading import event, text

pytestmark = pytest.mark.server


def test_from_confirmation_to_mail(letterbox, mail_server):
    """One mail to the guest, recorded as sent, said to the others, and no timer left."""
    letterbox.confirm()
    assert letterbox.status() == {"confirmation": "due"}
    assert letterbox.sender.send_due() == 1
    ((address, mail),) = mail_server.taken
    assert address == "a1@example.org"
    assert "Guten Tag Ada Größe," in text(mail)
    assert letterbox.timers() == {}
    ((data, meta),) = letterbox.log("MessageSent")
    assert data["tries"] == 1
    assert meta["correlation"] == "request-a1"
    (shown,) = letterbox.messages()
    assert shown == {
        "id": "a1.confirmation.1",
        "kind": "confirmation",
        "attempt": 1,
        "status": "sent",
        "tries": 1,
        "at": instant(letterbox.now),
        "because": None,
    }


def test_letters_name_the_clerk_who_has_taken_over(letterbox, mail_server):
    """One that still waits, too, with its calendar entry; the hand-over itself is not told."""
    letterbox.confirm()
    letterbox.hear("booking.AppointmentReassigned")
    assert letterbox.sender.send_due() == 1
    letterbox.hear("booking.AppointmentMoveRequested")
    letterbox.hear("booking.AppointmentMoveDeclined")
    assert letterbox.sender.send_due() == 1
    letterbox.hear("booking.AppointmentCancelled", attempt=2)
    assert letterbox.sender.send_due() == 1
    confirmation, kept, cancelled = (mail for _, mail in mail_server.taken)
    for mail in (confirmation, kept, cancelled):
        assert "(Raum 101, A. Demir)" in text(mail)
    for mail, sequence in ((confirmation, 0), (cancelled, 3)):
        assert "A. Demir" in event(mail)["description"]
        assert event(mail)["sequence"] == sequence


def test_nothing_is_sent_twice(letterbox, mail_server):
    """Rounds without anything due do not even open a connection."""
    letterbox.confirm()
    for _ in range(3):
        letterbox.sender.send_due()
        letterbox.wait(100)
    assert (len(mail_server.taken), mail_server.connections) == (1, 1)


def test_many_go_over_one_connection(letterbox, mail_server):
    """More than one claim takes at once."""
    for n in range(45):
        letterbox.confirm(f"a{n}")
    assert letterbox.sender.send_due() == 45
    assert sorted(mail_server.to) == sorted(f"a{n}@example.org" for n in range(45))
    assert mail_server.connections == 1


def test_the_whole_story_of_a_visit(letterbox, mail_server):
    """Confirmed, moved, cancelled: three mails to one guest, the calendar entry replaced and taken out."""
    letterbox.confirm()
    letterbox.sender.send_due()
    letterbox.hear("booking.AppointmentMoveRequested")
    letterbox.hear("booking.AppointmentMoved")
    assert letterbox.sender.send_due() == 0  # the pass of the new time is not there yet
    letterbox.hear("visitor_access.GuestRegistered", attempt=2)
    letterbox.sender.send_due()
    letterbox.hear("booking.AppointmentCancelled", attempt=2)
    letterbox.hear("visitor_access.GuestRemoved", attempt=2)
    letterbox.sender.send_due()
    mails = [mail for _, mail in mail_server.taken]
    assert [event(mail)["sequence"] for mail in mails] == [0, 2, 3]
    assert len({event(mail)["uid"] for mail in mails}) == 1
    assert letterbox.status() == {"confirmation": "sent", "moved": "sent", "cancelled": "sent"}


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        ("550 5.1.1 <a1@example.org>: unknown", "mailbox_unavailable"),
        ("550 <a1@example.org>: User unknown in relay recipient table", "mailbox_unavailable"),
        ("554 no", "rejected"),
    ],
)
@pytest.mark.parametrize("moment", ["at_rcpt", "at_data"])
def test_a_permanent_refusal_fails_one_only(letterbox, mail_server, moment, answer, because):
    """The others of the same round go out; the server's words about the address are kept nowhere."""
    getattr(mail_server, moment)["a1@example.org"] = answer
    letterbox.confirm("a1")
    letterbox.confirm("a2")
    assert letterbox.sender.send_due() == 1
    assert mail_server.to == ["a2@example.org"]
    assert letterbox.status("a1") == {"confirmation": "failed"}
    ((data, _),) = letterbox.log("MessageFailed")
    assert data["because"] == because
    letterbox.wait(100_000)
    assert letterbox.sender.send_due() == 0
    assert "example.org" not in str(letterbox.log("MessageFailed")) + str(letterbox.messages("a1"))


@pytest.mark.parametrize(("host", "said"), [("foyer", "[127.0.0.1]"), ("mail.town.example", "mail.town.example")])
def test_we_give_a_full_name_or_an_address(letterbox, mail_server, monkeypatch, host, said):
    """RFC 5321, 4.1.1.1; a server that insists on it refuses every letter of one with a short name."""
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    letterbox.confirm("a1")
    assert letterbox.sender.send_due() == 1
    assert mail_server.names == {said}


@pytest.mark.parametrize("answer", ["550 not you", "554 5.7.1 policy", "504 5.5.2 <box>: no full name", "421 busy"])
def test_a_server_that_refuses_our_name_fails_nothing(letterbox, mail_server, answer, capsys):
    """EHLO and HELO speak of us, not of a letter: all wait, and go out when it has come to reason."""
    mail_server.at_hello = answer
    letterbox.confirm("a1")
    letterbox.confirm("a2")
    assert letterbox.sender.send_due() == 0
    assert [letterbox.messages(who)[0]["because"] for who in ("a1", "a2")] == ["server_unreachable"] * 2
    assert f"SMTPHeloError {answer[:3]}" in capsys.readouterr().out
    mail_server.at_hello = ""
    letterbox.wait(5)
    assert letterbox.sender.send_due() == 2
    assert letterbox.log("MessageFailed") == []


@pytest.mark.parametrize(
    "answer",
    [
        *("504 5.5.2 <box>: no full name", "554 5.7.1 relay access denied", "550 5.7.1 blocked", "530 sign in"),
        *("503 mail first", "521 no", "550 Relaying denied", "553 not in my list of allowed rcpthosts (#5.7.1)"),
        *("550-you are not permitted to relay\r\n550 through us", "554 <a1@example.org>: Relay access denied"),
    ],
)
@pytest.mark.parametrize("moment", ["at_rcpt", "at_data"])
def test_what_speaks_of_us_fails_no_letter(letterbox, mail_server, moment, answer):
    """Many servers say only after RCPT what they have against the sender: the letter waits until that is put right."""
    getattr(mail_server, moment)["a1@example.org"] = answer
    letterbox.confirm("a1")
    letterbox.sender.send_due()
    shown = letterbox.messages("a1")[0]
    assert (shown["status"], shown["because"]) == ("deferred", "sender_refused")
    getattr(mail_server, moment).clear()
    letterbox.wait(5)
    assert letterbox.sender.send_due() == 1


@pytest.mark.parametrize("answer", ["550 5.1.8 who are you", "552 5.3.4 too big", "553 no", "530 sign in"])
def test_a_refused_sender_fails_no_letter(letterbox, mail_server, answer):
    """MAIL FROM is the same in every letter, so its refusal speaks of none of them."""
    mail_server.at_mail = answer
    letterbox.confirm("a1")
    letterbox.sender.send_due()
    shown = letterbox.messages("a1")[0]
    assert (shown["status"], shown["because"]) == ("deferred", "sender_refused")
    mail_server.at_mail = ""
    letterbox.wait(5)
    assert letterbox.sender.send_due() == 1


def test_a_mail_that_is_too_much_fails(letterbox, mail_server):
    """552 after the mail: the same one would be too much the next time, too."""
    mail_server.at_data["a1@example.org"] = "552 too much mail data"
    letterbox.confirm()
    letterbox.sender.send_due()
    (shown,) = letterbox.messages()
    assert (shown["status"], shown["because"]) == ("failed", "rejected")


@pytest.mark.parametrize(
    ("moment", "answer"),
    [("at_rcpt", "451 4.3.0 later"), ("at_data", "451 4.3.0 later"), ("at_rcpt", "552 5.2.2 full")],
)
def test_a_temporary_refusal_is_tried_again(letterbox, mail_server, moment, answer):
    """552 before the mail is one, too (RFC 5321, 4.5.3.1.10). After growing pauses; the others are not held up."""
    getattr(mail_server, moment)["a1@example.org"] = answer
    letterbox.confirm("a1")
    letterbox.confirm("a2")
    letterbox.sender.send_due()
    assert mail_server.to == ["a2@example.org"]
    (shown,) = letterbox.messages("a1")
    assert (shown["status"], shown["tries"], shown["because"]) == ("deferred", 1, "try_later")
    letterbox.wait(4.9)
    letterbox.sender.send_due()
    assert letterbox.messages("a1")[0]["tries"] == 1
    letterbox.wait(0.2)
    letterbox.sender.send_due()
    assert letterbox.messages("a1")[0]["tries"] == 2
    getattr(mail_server, moment).clear()
    letterbox.wait(10.1)
    letterbox.sender.send_due()
    assert mail_server.to == ["a2@example.org", "a1@example.org"]
    assert (letterbox.messages("a1")[0]["status"], letterbox.messages("a1")[0]["tries"]) == ("sent", 3)


def test_a_server_that_is_away_defers_all(letterbox, mail_server, capsys):
    """Connection refused: one line in the log without anybody's data, and all go out when it is back."""
    mail_server.stop()
    for who in ("a1", "a2", "a3"):
        letterbox.confirm(who)
    capsys.readouterr()
    assert letterbox.sender.send_due() == 0
    printed = capsys.readouterr()
    logged = [line for line in (printed.out + printed.err).splitlines() if "mail_server_away" in line]
    assert len(logged) == 1
    assert "ConnectionRefusedError" in logged[0]
    assert "example.org" not in printed.out + printed.err
    assert {letterbox.messages(who)[0]["because"] for who in ("a1", "a2", "a3")} == {"server_unreachable"}
    mail_server.start()
    letterbox.wait(5)
    assert letterbox.sender.send_due() == 3


def test_a_day_without_server_fails(letterbox, mail_server):
    """After 24 hours of tries the failure is said."""
    mail_server.at_rcpt["a1@example.org"] = "421 4.3.2 closing"
    letterbox.confirm()
    for _ in range(144):
        letterbox.sender.send_due()
        letterbox.wait(600)
    assert (letterbox.messages()[0]["status"], letterbox.messages()[0]["tries"]) == ("deferred", 144)
    letterbox.sender.send_due()
    (shown,) = letterbox.messages()
    assert (shown["status"], shown["because"], shown["tries"]) == ("failed", "connection_lost", 145)
    assert letterbox.timers() == {}


def test_a_weekend_in_which_nobody_tried_fails_nothing(letterbox, mail_server):
    """Due on Friday, we are back on Monday, and the server does not know us yet: that was one try."""
    mail_server.at_rcpt["a1@example.org"] = "451 4.7.1 greylisted"
    letterbox.confirm()
    letterbox.wait(63 * 3600)
    letterbox.sender.send_due()
    assert letterbox.status() == {"confirmation": "deferred"}
    mail_server.at_rcpt.clear()
    letterbox.wait(5)
    assert letterbox.sender.send_due() == 1


def test_a_clock_that_was_ahead_holds_up_nothing(letterbox, mail_server):
    """What it has deferred, and what a process of that time had claimed when it died, goes out by the right clock."""
    for who in ("a1", "a2"):
        letterbox.confirm(who)
    letterbox.wait(20 * 3600)
    mail_server.stop()
    letterbox.sender.send_due()
    letterbox.confirm("a3")
    assert len(letterbox.app.writer.submit(Claim(letterbox.now, 10))) == 1
    letterbox.wait(-20 * 3600)
    mail_server.start()
    assert letterbox.another_sender().send_due() == 3


def test_an_honest_pause_is_kept(letterbox, mail_server):
    """The longest pause, dated by a process whose claim was the longest: only what lies beyond is a wrong clock's."""
    letterbox.confirm()
    furthest = letterbox.now + LONGEST_PAUSE + LEASE
    letterbox.app.write(set_timer("send", "a1.confirmation.1", furthest))
    assert (letterbox.sender.send_due(), letterbox.app.writer.submit(Claim(letterbox.now, 10))) == (0, [])
    letterbox.app.write(set_timer("send", "a1.confirmation.1", furthest + timedelta(microseconds=1)))
    assert letterbox.sender.send_due() == 1


def test_an_address_that_is_none_fails(letterbox, mail_server):
    """Nobody else is held up by it."""
    letterbox.confirm("a1", email="a@b@c")
    letterbox.confirm("a2")
    assert letterbox.sender.send_due() == 1
    assert letterbox.messages("a1")[0]["because"] == "address_invalid"


def test_a_guest_without_an_address_gets_no_mail(letterbox, mail_server):
    """Whoever came to the info desk has the pass on paper; that is no trouble of the mail server."""
    letterbox.confirm("a1", email=" ")
    letterbox.sender.send_due()
    shown = letterbox.messages("a1")[0]
    assert (shown["status"], shown["because"]) == ("failed", "no_address")


def test_a_local_part_beyond_ascii(letterbox, mail_server):
    """SMTPUTF8, where the server can."""
    letterbox.confirm("a1", email="jörg@bücher.example")
    assert letterbox.sender.send_due() == 1
    assert mail_server.to == ["jörg@xn--bcher-kva.example"]
    assert mail_server.taken[0][1]["To"] == "jörg@xn--bcher-kva.example"


def test_a_mistake_of_ours_is_tried_again_without_words(letterbox, mail_server, monkeypatch, capsys):
    """A letter that can't be composed stops no other, and what its error says is not logged."""

    def broken(*_args: object) -> None:
        raise RuntimeError("Ada Größe <a1@example.org>")

    with monkeypatch.context() as patch:
        patch.setattr("services.notifications.sender.rounds.compose", broken)
        letterbox.confirm()
        letterbox.sender.send_due()
    printed = capsys.readouterr()
    assert "letter_not_composed" in printed.out + printed.err
    assert "example.org" not in printed.out + printed.err
    assert letterbox.messages()[0]["because"] == "not_composed"
    letterbox.wait(5)
    assert letterbox.sender.send_due() == 1


# ------------------------------------------------------------------------------------------------- keys and forgetting


def test_without_a_key_it_waits(letterbox, mail_server):
    """Keys travel apart from messages, and may come later."""
    letterbox.confirm(key=False)
    assert letterbox.sender.send_due() == 0
    assert (letterbox.messages()[0]["status"], letterbox.messages()[0]["because"]) == ("deferred", "no_key")
    letterbox.send_key()
    letterbox.wait(5)
    assert letterbox.sender.send_due() == 1


def test_a_master_key_that_does_not_fit_fails_nothing(letterbox, mail_server, monkeypatch):
    """The right one may be back in a minute; until then it is said why nothing goes out."""
    with monkeypatch.context() as patch:
        letterbox.confirm()
        patch.setattr(letterbox.app, "vault", replace(letterbox.app.vault, master_key=bytes(32)))
        assert letterbox.sender.send_due() == 0
    (shown,) = letterbox.messages()
    assert (shown["status"], shown["because"]) == ("deferred", "unreadable")
    letterbox.wait(5)
    assert letterbox.sender.send_due() == 1


def test_a_forgotten_guest_gets_nothing(letterbox, mail_server):
    """The message is dropped, the key is gone, also a copy of it that comes late."""
    letterbox.confirm()
    letterbox.hear("booking.GuestForgotten")
    letterbox.send_key()
    letterbox.wait(100)
    assert letterbox.sender.send_due() == 0
    assert mail_server.taken == []
    assert letterbox.status() == {"confirmation": "dropped"}
    token = letterbox.log("GuestNoted")[0][0]["guest"]
    with letterbox.app.read() as connection:
        assert letterbox.app.vault.open(connection, [token]) == {token: None}


# -------------------------------------------------------------------------------------------------- once, and not late


def test_a_crash_after_acceptance_sends_again_with_the_same_id(letterbox, mail_server, monkeypatch):
    """The one case in which a second mail may come: its Message-ID says that it is the same."""

    def killed(_self: Records) -> None:
        raise SystemExit

    letterbox.confirm()
    with monkeypatch.context() as patch:
        patch.setattr(Records, "write", lambda self: None if not self._open else killed(self))
        with pytest.raises(SystemExit):
            letterbox.sender.send_due()
    restarted = letterbox.another_sender()
    assert restarted.send_due() == 0  # the lease of the dead process
    letterbox.now += LEASE
    assert restarted.send_due() == 1
    first, second = (mail for _, mail in mail_server.taken)
    assert first["Message-ID"] == second["Message-ID"] == f"<a1.confirmation.1@{HOUSE.domain}>"
    assert event(first)["sequence"] == event(second)["sequence"]
    letterbox.wait(100)
    assert restarted.send_due() == 0


def test_a_server_that_drops_the_line_after_acceptance(letterbox, mail_server):
    """We can't know that it has taken the mail: it comes again, with the same Message-ID."""
    mail_server.at_data["a1@example.org"] = "drop"
    letterbox.confirm("a1")
    letterbox.confirm("a2")
    assert letterbox.sender.send_due() == 1  # the other one, over a new connection
    assert letterbox.messages("a1")[0]["because"] == "connection_lost"
    letterbox.wait(5)
    letterbox.sender.send_due()
    assert mail_server.to == ["a1@example.org", "a2@example.org", "a1@example.org"]
    assert mail_server.taken[0][1]["Message-ID"] == mail_server.taken[2][1]["Message-ID"]


def test_after_an_answer_that_is_none_the_line_is_taken_for_lost(letterbox, mail_server):
    """Who knows what the next answer would speak of: the others go over a new one."""
    mail_server.at_rcpt["a1@example.org"] = "What?"
    letterbox.confirm("a1")
    letterbox.confirm("a2")
    assert letterbox.sender.send_due() == 1
    assert (mail_server.to, mail_server.connections) == (["a2@example.org"], 2)
    assert letterbox.messages("a1")[0]["because"] == "connection_lost"


def test_a_record_that_fails_does_not_send_again(letterbox, mail_server, monkeypatch):
    """A database that is away while the mail server accepts: a living process remembers what it has sent."""

    letterbox.confirm()
    with monkeypatch.context() as patch:
        patch.setattr(claim.Record, "run", lambda *_: 1 / 0)
        assert letterbox.sender.send_due() == 1
        letterbox.wait(100)
        assert letterbox.sender.send_due() == 0
    letterbox.wait(100)
    letterbox.sender.send_due()
    assert len(mail_server.taken) == 1
    assert letterbox.status() == {"confirmation": "sent"}
    assert letterbox.timers() == {}


def test_what_was_accepted_is_not_deferred(letterbox, mail_server, monkeypatch):
    """The database did not take the record, and by the next round the mail server is away: the letter has gone out."""
    letterbox.confirm()
    with monkeypatch.context() as patch:
        patch.setattr(claim.Record, "run", lambda *_: 1 / 0)
        assert letterbox.sender.send_due() == 1
        letterbox.wait(100)
        mail_server.stop()
        assert letterbox.sender.send_due() == 0
    mail_server.start()
    letterbox.wait(100)
    letterbox.sender.send_due()
    assert len(mail_server.taken) == 1
    assert letterbox.status() == {"confirmation": "sent"}


def test_a_process_that_is_to_end_sends_no_more(letterbox, mail_server, monkeypatch):
    """It would be killed in the middle of a mail. What it has claimed is free at once: nobody waits for its leases."""
    for n in range(25):
        letterbox.confirm(f"a{n}")
    composed = []

    def end_after_three(*given: object) -> object:
        composed.append(given)
        letterbox.app.stopping = len(composed) == 3
        return compose(*given)

    monkeypatch.setattr(rounds, "compose", end_after_three)
    assert letterbox.sender.send_due() == 3
    assert letterbox.another_sender().send_due() == 22
    assert len(set(mail_server.to)) == 25


def test_a_record_that_fails_holds_up_no_other(letterbox, mail_server, monkeypatch):
    """It waits by itself for the next time."""

    run = claim.Record.run

    def refuse_one(record: claim.Record, session: Session) -> None:
        if any(outcome.message == "a1.confirmation.1" for outcome, _ in record.outcomes):
            raise ValueError
        run(record, session)

    for who in ("a1", "a2"):
        letterbox.confirm(who)
    with monkeypatch.context() as patch:
        patch.setattr(claim.Record, "run", refuse_one)
        assert letterbox.sender.send_due() == 2
    assert (letterbox.status("a1"), letterbox.status("a2")) == ({"confirmation": "due"}, {"confirmation": "sent"})
    letterbox.sender.send_due()
    assert letterbox.status("a1") == {"confirmation": "sent"}
    assert len(mail_server.taken) == 2


@pytest.fixture
def heard_after_the_claim(letterbox, monkeypatch):
    """Lets booking say something when messages are claimed and none of them has gone out."""
    opened = Connection.open

    def hear(name, **data):
        def meanwhile(connection: Connection) -> object:
            monkeypatch.setattr(Connection, "open", opened)
            letterbox.hear(name, **data)
            return opened(connection)

        monkeypatch.setattr(Connection, "open", meanwhile)

    return hear


def test_a_cancellation_overtakes_a_claimed_message(letterbox, mail_server, heard_after_the_claim):
    """Heard after the claim, before the mail: the outdated mail is not sent."""
    letterbox.confirm()
    heard_after_the_claim("booking.AppointmentCancelled")
    letterbox.sender.send_due()
    assert [mail["Subject"].split(":")[0] for _, mail in mail_server.taken] == ["Abgesagt"]
    assert letterbox.status() == {"confirmation": "dropped", "cancelled": "sent"}


def test_a_claimed_message_asks_for_what_the_clerk_wishes_now(letterbox, mail_server, heard_after_the_claim):
    """Heard after the claim, before the mail: one mail goes out, and it names the new time only."""
    letterbox.confirm()
    letterbox.sender.send_due()
    letterbox.hear("booking.AppointmentQuestioned", starts_at="2026-11-25T09:00:00+01:00")
    heard_after_the_claim("booking.AppointmentQuestioned", starts_at="2026-11-26T15:00:00+01:00")
    assert letterbox.sender.send_due() == 1
    asked = text(mail_server.taken[-1][1])
    assert "26. November" in asked
    assert "25. November" not in asked
    assert letterbox.status() == {"confirmation": "sent", "asked_to_move": "sent"}


def test_a_claimed_message_names_the_clerk_who_has_taken_over(letterbox, mail_server, heard_after_the_claim):
    """Heard after the claim, before the mail: it names the new clerk, in the calendar entry, too."""
    letterbox.confirm()
    heard_after_the_claim("booking.AppointmentReassigned")
    assert letterbox.sender.send_due() == 1
    ((_, mail),) = mail_server.taken
    assert "(Raum 101, A. Demir)" in text(mail)
    assert "A. Demir" in event(mail)["description"]


def test_two_processes_do_not_send_the_same(letterbox, mail_server):
    """Each message is claimed by one."""
    for n in range(30):
        letterbox.confirm(f"a{n}")
    senders = [letterbox.sender, letterbox.another_sender()]
    threads = [threading.Thread(target=sender.send_due) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mail_server.to) == sorted(f"a{n}@example.org" for n in range(30))


def test_a_message_is_claimed_by_one(letterbox, mail_server, monkeypatch):
    """Two processes that see the same message due at the same moment."""

    letterbox.confirm()
    both, seen = threading.Barrier(2), claim.due_times.due

    def at_the_same_moment(*args: object) -> list[str]:
        found = seen(*args)
        with contextlib.suppress(threading.BrokenBarrierError):  # on SQLite the second does not get this far
            both.wait(1)
        return found

    monkeypatch.setattr(claim.due_times, "due", at_the_same_moment)
    apps, claims = (letterbox.app, letterbox.another_app()), []
    order = Claim(letterbox.now, 10)
    threads = [threading.Thread(target=lambda app=app: claims.extend(app.writer.submit(order))) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.message for one in claims] == ["a1.confirmation.1"]


def test_one_process_has_one_round_at_a_time(letterbox, mail_server):
    """A timer that fires while a round is at work starts no other."""
    letterbox.confirm()
    letterbox.sender._alone.acquire()
    assert letterbox.sender.send_due() == 0
    letterbox.sender._alone.release()
    assert letterbox.sender.send_due() == 1


def test_a_slow_server_keeps_its_leases(letterbox, mail_server, monkeypatch):
    """While a round waits for the server nobody else takes its messages, also where the database was away meanwhile."""

    write, away = letterbox.app.write, iter((Unavailable(),))

    def away_at_first(*rows: object) -> None:
        for error in away:
            raise error
        write(*rows)

    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.3))
    for who in ("a1", "a2"):
        letterbox.confirm(who)
    claimed = letterbox.app.writer.submit(Claim(letterbox.now, 10))
    letterbox.wait(1000)
    monkeypatch.setattr(letterbox.app, "write", away_at_first)
    with leases.renewed(letterbox.app, claimed):
        wait_until(lambda: min(letterbox.timers().values()) > instant(letterbox.now), 20, "both are ours again")
    assert letterbox.app.writer.submit(Claim(letterbox.now, 10)) == []


def test_a_timer_that_a_rebuild_left_behind_sends_nothing(letterbox, mail_server):
    """The log decides: what it says is sent is not sent again, and the timer goes."""

    letterbox.confirm()
    letterbox.sender.send_due()
    letterbox.app.write(set_timer("send", "a1.confirmation.1", letterbox.now))
    letterbox.app.write(set_timer("send", "nobody.confirmation.1", letterbox.now))
    assert letterbox.sender.send_due() == 0
    assert len(mail_server.taken) == 1
    assert letterbox.timers() == {}


def test_a_projection_written_anew_sends_nothing(letterbox, mail_server):
    """A replay of the whole log into the read tables leaves no timer of what was sent."""

    letterbox.confirm("a1")
    letterbox.sender.send_due()
    letterbox.confirm("a2")
    before = letterbox.messages("a1"), letterbox.messages("a2"), letterbox.timers().keys()
    with writing(letterbox.app.engine) as connection:
        connection.execute(projections.messages.delete())
        connection.execute(timers.delete())
        for stream in ("letter-a1", "letter-a2"):
            for row in store.newer(connection, {stream: -1}):
                told = letterbox.app.codec.load(row.type, row.schema_version, row.data)
                at = Recorded(stream, row.version, "", letterbox.now)
                write_all(connection, projections.project(told, at))
    assert (letterbox.messages("a1"), letterbox.messages("a2"), letterbox.timers().keys()) == before
    letterbox.sender.send_due()
    assert mail_server.to == ["a1@example.org", "a2@example.org"]
