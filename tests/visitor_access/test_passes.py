"""The pass can't be guessed, can be typed, and belongs to one guest."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.visitor_access import decider, passes
from tests.given_when_then import Scenario
from tests.visitor_access.facts import PASS, TOKEN, announce, announced, reserved

visits = Scenario(decider)


@given(st.text())
def test_a_pass_has_eight_characters_that_cannot_be_mistaken(token):
    """No I, L, O or U is ever issued."""
    number = next(passes.candidates(token))
    assert len(number) == 8
    assert set(number) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_a_pass_is_the_same_whenever_it_is_derived():
    """The same guest gets the same pass in every process; this one is kept for good."""
    assert next(passes.candidates("s1.a1.context.c2VhbGVk")) == PASS == "QQVAGNQK"


def test_candidates_differ():
    """Whoever finds a pass taken finds another."""
    assert len(set(islice(passes.candidates(TOKEN), 100))) == 100


@pytest.mark.parametrize("typed", ["7KQ4M2XD", "7kq4m2xd", " 7KQ4-M2XD ", "7 k q 4 m 2 x d", "7KQ4\N{EN DASH}M2XD"])
def test_typing_is_forgiven(typed):
    """Case, spaces and hyphens don't matter."""
    assert passes.read(typed) == "7KQ4M2XD"


def test_letters_that_look_like_digits_are_read_as_digits():
    """O is 0, I and L are 1."""
    assert passes.read("oIlO0000") == "01100000"


@pytest.mark.parametrize("typed", ["", "7KQ4M2X", "7KQ4M2XDD", "7KQ4M2XU", "7KQ4M2X\0", "ÄKQ4M2XD", "7KQ4M2XD" * 9999])
def test_what_is_no_pass_is_none(typed):
    """Nothing else is taken for a pass."""
    assert passes.read(typed) is None


@given(st.text())
def test_every_pass_is_read_as_itself(token):
    """What is printed can be typed."""
    number = next(passes.candidates(token))
    assert passes.read(number) == number
    assert passes.read(f"{number[:4]}-{number[4:]}".lower()) == number


def test_a_guest_gets_the_first_candidate():
    """The pass is set aside with the announcement."""
    visits.given().when(announce()).then(reserved(), announced())


def test_two_guests_never_get_one_pass():
    """A pass that belongs to someone else is left alone, and the next candidates are tried in turn."""
    first, second, third = islice(passes.candidates(TOKEN), 3)
    (
        visits.given(reserved("x", first), reserved("y", second))
        .when(announce("a1"))
        .then(reserved("a1", third), announced("a1", number=third))
    )
