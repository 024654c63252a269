"""Personal data is unreadable without the subject's key, everywhere and for good."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from shared.app import App, Delivery
from shared.messages import KEY_CONTENT_TYPE
from shared.nameko_parts import Running
from shared.sequencer import unsent_keys
from shared.tables import subject_keys, upsert
from shared.vault import BadToken, OtherMasterKey, Vault
from tests.shared import toy
from tests.shared.toy import NOON, Count

ADA = {"name": "Ada Zweistein-Größe", "email": "ada@example.org", "phone": "05241 1"}
HERE = Vault(b"m" * 32, b"t" * 32)
ELSEWHERE = Vault(b"x" * 32, b"t" * 32)


def kept(app: App, subject: str = "a1", vault: Vault = HERE, plain: Any = ADA) -> str:
    """A token whose key is in the database."""
    token, row = vault.seal(subject, f"{subject}/guest", plain)
    app.write(row)
    return token


def opened(app: App, token: str, vault: Vault = HERE) -> Any:
    with app.read() as connection:
        return vault.open(connection, [token])[token]


def test_what_was_sealed_can_be_opened(app: App) -> None:
    """As long as the key is there."""
    token = kept(app)
    assert opened(app, token) == ADA
    assert token.startswith("s1.a1.a1/guest.")


def test_many_are_opened_at_once(app: App) -> None:
    """Some of them forgotten, some of them never known."""
    tokens = [kept(app, f"a{n}", plain={"n": n}) for n in range(5)]
    unknown, _ = HERE.seal("nobody", "x", ADA)
    app.write(HERE.forget("a3"))
    with app.read() as connection:
        found = HERE.open(connection, [*tokens, unknown])
        assert HERE.open(connection, []) == {}
    assert [found[token] for token in tokens] == [{"n": 0}, {"n": 1}, {"n": 2}, None, {"n": 4}]
    assert found[unknown] is None


def check_that_a_second_sealing_is_refused(app: App) -> None:
    first = kept(app)
    token, row = HERE.seal("a1", "again", {"name": "Bea"})
    with pytest.raises(IntegrityError):
        app.handle(Count("c1", NOON, "a", note=token), writes=[row])
    assert app.state("tally-a").events == 0
    assert opened(app, first) == ADA


def test_a_second_sealing_for_a_subject_is_refused(app: App) -> None:
    """With the event that holds its token: nothing is ever stored that no key can open."""
    check_that_a_second_sealing_is_refused(app)


def test_when_the_second_key_is_silently_left_out_the_check_goes_red(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off (the row there stays), the token is committed without its key."""
    monkeypatch.setattr("shared.vault._NEW", upsert(subject_keys, ["subject"], update=()))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        check_that_a_second_sealing_is_refused(app)


def test_nothing_is_sealed_for_who_was_forgotten(app: App) -> None:
    """A key that comes back would be one more to forget."""
    app.write(HERE.forget("a1"))
    with pytest.raises(IntegrityError):
        kept(app)


def test_another_master_key_opens_nothing(app: App) -> None:
    """The key table alone is worth nothing."""
    token = kept(app)
    with pytest.raises(BadToken):
        opened(app, token, ELSEWHERE)


def starts(app: App) -> bool:
    """Whether a service would; where not, it names the file to be put back."""
    running = Running(app.definition)
    running.app = app
    try:
        running._wait_for_database()
    except OtherMasterKey as error:
        return "/keys/counters.key opens none" not in str(error)
    return True


def test_who_has_lost_the_master_key_does_not_start(make_app: toy.MakeApp) -> None:
    """It would seal the next ones under a key that was made anew. One key that it opens is enough."""
    reader, other = toy.definition(reads_keys=("toy",)), b"x" * 32
    assert starts(make_app(reader, master_key=other)), "nothing is kept yet"
    for n in range(3):
        kept(make_app(), f"a{n}")
    assert starts(make_app(reader, master_key=HERE.master_key))
    assert starts(make_app(master_key=other)), "it keeps no keys"
    lost = make_app(reader, master_key=other)
    assert not starts(lost)
    kept(lost, "a3", ELSEWHERE)
    assert starts(lost)
    lost.write(HERE.forget("a3"))
    assert not starts(lost)
    lost.write(*(HERE.forget(f"a{n}") for n in range(3)))
    assert starts(lost), "all are forgotten"


def test_one_subjects_token_does_not_open_with_anothers_key(app: App) -> None:
    """Nor in another context than the one it was sealed for."""
    token = kept(app)
    kept(app, "a2")
    for wrong in (token.replace("s1.a1.", "s1.a2.", 1), token.replace("/guest", "/other", 1)):
        with pytest.raises(BadToken):
            opened(app, wrong)


@given(position=st.integers(0, 400), character=st.characters(codec="ascii", categories=("L", "N", "P")))
def test_a_changed_token_never_opens_to_something_else(position: int, character: str) -> None:
    """It is refused, is somebody else's, or says what it said."""
    key, box = toy_key_and_box()
    changed = box[: position % len(box)] + character + box[position % len(box) + 1 :]
    with contextlib.suppress(BadToken):
        assert open_with(key, changed) in (ADA, None)


def toy_key_and_box() -> tuple[dict[str, Any], str]:
    token, (_, row) = HERE.seal("a1", "c", ADA)
    return row, token


def open_with(row: dict[str, Any], token: str) -> Any:
    """Open without a database."""

    class Found:
        subject, wrapped = row["subject"], row["wrapped"]

    class Connection:
        def execute(self, _query: object) -> list[type[Found]]:
            return [Found]

    return HERE.open(Connection(), [token])[token]  # type: ignore[arg-type]


BAD = [
    "",
    "s1",
    "s1.a1",
    "s1.a1.c",
    "s1.a1.c.",
    "s1.a1.c.AAAA",
    "s1.a1.c.!!!!",
    "s2.a1.c.AAAAAAAAAAAAAAAAAAAAAA",
    "ä.b.c.d",
]


@pytest.mark.parametrize("token", BAD)
def test_what_is_no_token_is_refused(app: App, token: str) -> None:
    """With one kind of error, whatever is wrong."""
    kept(app)
    with pytest.raises(BadToken):
        opened(app, token)


def hear_key(app: App, vault: Vault, subject: str, row: Any) -> None:
    app.hear([Delivery(KEY_CONTENT_TYPE, vault.outgoing(subject, row[1]["wrapped"]))])


def test_a_key_travels_under_the_transport_key(app: App) -> None:
    """The receiver keeps it under a master key of its own."""
    token, row = ELSEWHERE.seal("a1", "c", ADA)
    assert opened(app, token, app.vault) is None
    hear_key(app, ELSEWHERE, "a1", row)
    assert opened(app, token, app.vault) == ADA
    with pytest.raises(BadToken):
        opened(app, token, ELSEWHERE)


def test_with_another_transport_key_it_is_not_taken(app: App) -> None:
    """It is noted as unreadable instead."""
    stranger = Vault(b"x" * 32, b"?" * 32)
    token, row = stranger.seal("a1", "c", ADA)
    hear_key(app, stranger, "a1", row)
    assert opened(app, token, app.vault) is None


def test_neither_a_key_that_came_nor_one_that_is_gone_is_sent(app: App) -> None:
    """A publisher could not send what is gone."""
    _, row = ELSEWHERE.seal("a1", "c", ADA)
    hear_key(app, ELSEWHERE, "a1", row)
    kept(app, "a2")
    app.write(HERE.forget("a2"), HERE.forget("a3"))
    with app.read() as connection:
        assert unsent_keys(connection, 10) == []


def check_that_a_late_key_brings_nobody_back(app: App) -> None:
    token, row = ELSEWHERE.seal("a1", "c", ADA)
    hear_key(app, ELSEWHERE, "a1", row)
    app.write(app.vault.forget("a1"))
    hear_key(app, ELSEWHERE, "a1", row)
    assert opened(app, token, app.vault) is None
    app.write(app.vault.forget("a2"))
    token, row = ELSEWHERE.seal("a2", "c", ADA)
    hear_key(app, ELSEWHERE, "a2", row)
    assert opened(app, token, app.vault) is None


def test_a_late_key_brings_nobody_back(app: App) -> None:
    """Forgotten stays forgotten: also when the key comes again, or for the first time."""
    check_that_a_late_key_brings_nobody_back(app)


def test_without_the_mark_of_the_forgotten_the_check_goes_red(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off (the row is simply overwritten by what comes), the guest is back."""
    monkeypatch.setattr("shared.vault._KEEP", upsert(subject_keys, ["subject"]))
    with pytest.raises(AssertionError):
        check_that_a_late_key_brings_nobody_back(app)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_no_byte_of_the_database_shows_the_guest(app: App, home: Path) -> None:
    """Neither the file nor its write-ahead log; and the key leaves no trace in them once it is deleted."""
    token, row = app.vault.seal("a1", "c", ADA)
    app.handle(Count("c1", NOON, "a", note=token), writes=[row])
    key = row[1]["wrapped"]
    assert count_bytes(home, b"Zweistein") == 0
    assert count_bytes(home, token[:60].encode()) > 0, "the check would see it"
    assert count_bytes(home, key) > 0
    app.write(app.vault.forget("a1"))
    with app.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert count_bytes(home, key) == 0
    assert opened(app, token, app.vault) is None


def count_bytes(home: Path, what: bytes) -> int:
    return sum(file.read_bytes().count(what) for file in home.glob("counters.db*"))
