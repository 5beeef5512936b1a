"""Verified tokens: remembered within bounds, and never beyond their end."""

from estuary.auth.verified import VerifiedTokens
from estuary.core.identity import Identity

ALICE = Identity("alice", None, frozenset())


def test_a_token_is_found_until_it_ends() -> None:
    """To the moment, and then it is gone."""
    tokens = VerifiedTokens()
    tokens.add("token", ALICE, expires=100.0)
    assert ALICE == tokens.find("token", 99.9)
    assert tokens.find("tokem", 99.9) is None
    assert tokens.find("token", 100.0) is None
    assert 0 == len(tokens)


def test_the_number_of_tokens_is_bounded() -> None:
    """The one that was not used for the longest time makes room."""
    tokens = VerifiedTokens(max_tokens=2)
    tokens.add("a", ALICE, 100.0)
    tokens.add("b", ALICE, 100.0)
    tokens.find("a", 0.0)
    tokens.add("c", ALICE, 100.0)
    assert [ALICE, None, ALICE] == [tokens.find(each, 0.0) for each in "abc"]


def test_their_length_together_is_bounded() -> None:
    """Long tokens are remembered in smaller numbers."""
    tokens = VerifiedTokens(max_characters=10)
    for name in ("aaaa", "bbbb", "cccc"):
        tokens.add(name, ALICE, 100.0)
    assert [None, ALICE, ALICE] == [tokens.find(each, 0.0) for each in ("aaaa", "bbbb", "cccc")]
    tokens.add("cccc", ALICE, 200.0)
    assert 2 == len(tokens)
    tokens.clear()
    tokens.add("d" * 10, ALICE, 100.0)
    assert 1 == len(tokens)
