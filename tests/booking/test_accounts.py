"""Accounts: opened, changed, closed; whatever takes something away ends the sessions."""

from datetime import UTC, datetime

import pytest

from services.booking import decider
from services.booking.accounts.commands import CloseAccount, EndSessions, MakeToken, SetAccount, SetPassword
from services.booking.accounts.events import (
    AccountChanged,
    AccountClosed,
    AccountOpened,
    PasswordSet,
    SessionsEnded,
    TokenMade,
)
from tests.given_when_then import Scenario

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
OPENED = AccountOpened("desk-1", ("info_desk",), None)
ENDED = SessionsEnded("desk-1", NOW)
nobody = Scenario(decider)
somebody = nobody.given(OPENED)
gone = somebody.given(AccountClosed("desk-1"))


def _set(*roles: str, person: str | None = None) -> SetAccount:
    return SetAccount("c", NOW, "desk-1", roles, person)


def test_an_account_is_opened_with_roles():
    """In the order of the roles, each once."""
    nobody.when(_set("info_desk")).then(OPENED)
    opened = AccountOpened("desk-1", ("clerk", "info_desk"), "c-1")
    nobody.when(_set("info_desk", "clerk", "clerk", person="c-1")).then(opened)


def test_the_same_again_changes_nothing():
    """An order already fulfilled."""
    somebody.when(_set("info_desk")).then()


def test_other_roles_end_the_sessions_with_the_old_ones():
    """A cookie says the roles, so an old one may not count."""
    changed = AccountChanged("desk-1", ("security_desk",), None)
    somebody.when(_set("security_desk")).then(changed, ENDED)


def test_a_closed_account_can_be_opened_again():
    """Its earlier sessions stay ended."""
    somebody.when(CloseAccount("c", NOW, "desk-1")).then(AccountClosed("desk-1"), ENDED)
    gone.when(CloseAccount("c", NOW, "desk-1")).then()
    gone.when(_set("info_desk")).then(OPENED)


def test_a_new_password_ends_the_sessions():
    """Whoever knew the old one is out."""
    somebody.when(SetPassword("c", NOW, "desk-1")).then(PasswordSet("desk-1"), ENDED)


def test_one_session_or_all_of_them_are_ended():
    """Signing out here, and everywhere."""
    somebody.when(EndSessions("c", NOW, "desk-1")).then(ENDED)
    somebody.when(EndSessions("c", NOW, "desk-1", "s-1")).then(SessionsEnded("desk-1", NOW, "s-1"))
    gone.when(EndSessions("c", NOW, "desk-1")).then(ENDED)


def test_that_a_token_was_made_is_known():
    """The token itself is not."""
    somebody.when(MakeToken("c", NOW, "desk-1", "t-1")).then(TokenMade("desk-1", "t-1"))


@pytest.mark.parametrize("roles", [(), ("king",), ("info_desk", "king")])
def test_roles_must_be_known(roles: tuple[str, ...]):
    """And at least one."""
    nobody.when(_set(*roles)).then_refused("unknown_role")


def test_a_clerk_has_a_name_in_the_calendar():
    """Or nobody knows whose day to show."""
    nobody.when(_set("clerk")).then_refused("person_missing")


def test_nothing_can_be_done_with_an_account_that_is_not_open():
    """Neither unknown nor closed."""
    for order in (SetPassword("c", NOW, "desk-1"), MakeToken("c", NOW, "desk-1", "t-1")):
        nobody.when(order).then_refused("unknown_account")
        gone.when(order).then_refused("unknown_account")
    for other in (CloseAccount("c", NOW, "desk-1"), EndSessions("c", NOW, "desk-1")):
        nobody.when(other).then_refused("unknown_account")
