"""Verified tokens: remembered within bounds, and never beyond their end."""

from estuary.auth.verified import MAX_CHARACTERS, MAX_TOKENS, VerifiedTokens
from estuary.core.access.identity import Identity
from tests.support.clocks import SettableClock

ALICE = Identity("alice", None, frozenset())


def remembering(max_tokens: int = MAX_TOKENS, max_characters: int = MAX_CHARACTERS) -> VerifiedTokens:
    """Tokens, at a time that stands still."""
    return VerifiedTokens(SettableClock().timestamp, max_tokens, max_characters)


LATER = SettableClock().timestamp() + 100


def test_a_token_is_found_until_it_ends() -> None:
    """To the moment, and then it is gone."""
    clock = SettableClock()
    tokens = VerifiedTokens(clock.timestamp)
    tokens.add("token", ALICE, clock.timestamp() + 100)
    clock.advance(99.5)
    assert ALICE == tokens.find("token")
    assert tokens.find("tokem") is None
    clock.advance(0.5)
    assert tokens.find("token") is None
    assert 0 == len(tokens)


def test_the_number_of_tokens_is_bounded() -> None:
    """The one that was not used for the longest time makes room."""
    tokens = remembering(max_tokens=2)
    tokens.add("a", ALICE, LATER)
    tokens.add("b", ALICE, LATER)
    tokens.find("a")
    tokens.add("c", ALICE, LATER)
    assert [ALICE, None, ALICE] == [tokens.find(each) for each in "abc"]


def test_the_token_used_last_is_no_exception() -> None:
    """Found without looking for it, it is still used, still ends, and is still forgotten with the rest."""
    clock = SettableClock()
    tokens = VerifiedTokens(clock.timestamp, max_tokens=2)
    tokens.add("a", ALICE, clock.timestamp() + 100)
    assert [ALICE, ALICE] == [tokens.find("a"), tokens.find("a")]
    tokens.add("b", ALICE, clock.timestamp() + 200)
    assert ALICE == tokens.find("a")
    tokens.add("c", ALICE, clock.timestamp() + 200)
    assert [ALICE, None] == [tokens.find("a"), tokens.find("b")]
    clock.advance(100)
    assert [None, None] == [tokens.find("a"), tokens.find("a")]
    assert [ALICE, ALICE] == [tokens.find("c"), tokens.find("c")]
    tokens.clear()
    assert tokens.find("c") is None


def test_their_length_together_is_bounded() -> None:
    """Long tokens are remembered in smaller numbers."""
    tokens = remembering(max_characters=10)
    for name in ("aaaa", "bbbb", "cccc"):
        tokens.add(name, ALICE, LATER)
    assert [None, ALICE, ALICE] == [tokens.find(each) for each in ("aaaa", "bbbb", "cccc")]
    tokens.add("cccc", ALICE, LATER)
    assert 2 == len(tokens)
    tokens.clear()
    tokens.add("d" * 10, ALICE, LATER)
    assert 1 == len(tokens)
