"""The line between supervisor and worker carries whole messages, and shows its end."""

from collections.abc import Iterator

import pytest

from estuary.server.channel import Channel, Message, MessageKind


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    """Both ends of a line."""
    pair = Channel.pair()
    yield pair
    for end in pair:
        end.close()


def test_messages_arrive_in_order_and_whole(ends: tuple[Channel, Channel]) -> None:
    """What was said in several goes may be read in one."""
    near, far = ends
    near.send(MessageKind.DRAIN)
    near.send(MessageKind.STOP, "2.5")
    assert ([Message(MessageKind.DRAIN, ""), Message(MessageKind.STOP, "2.5")], True) == far.receive()
    assert ([], True) == far.receive()


def test_a_text_of_several_lines_stays_one_message(ends: tuple[Channel, Channel]) -> None:
    """The reason of a failure may be anything; it cannot be taken for two messages."""
    near, far = ends
    near.send(MessageKind.FAILED, "no such\nready\tfolder")
    assert [Message(MessageKind.FAILED, "no such ready folder")] == far.receive()[0]


def test_lines_that_are_sent_as_such_stay_apart(ends: tuple[Channel, Channel]) -> None:
    """A list of faults is read as one; each line keeps its indentation, and no character makes another."""
    near, far = ends
    near.send(MessageKind.FAILED, "2 problems:", "  no\nsuch", "  a\x1fb")
    assert [Message(MessageKind.FAILED, "2 problems:\n  no such\n  a b")] == far.receive()[0]


def test_the_end_is_seen_after_the_last_words(ends: tuple[Channel, Channel]) -> None:
    """A worker that says why it fails and dies is heard."""
    near, far = ends
    near.send(MessageKind.FAILED, "why")
    near.close()
    assert ([Message(MessageKind.FAILED, "why")], False) == far.receive()


def test_a_message_is_no_longer_than_the_socket_has_room_for(ends: tuple[Channel, Channel]) -> None:
    """Faults of ten thousand declarations, say: what follows is not taken for a part of them."""
    near, far = ends
    near.send(MessageKind.FAILED, "ü" * 1_000_000)
    near.send(MessageKind.BEAT)
    failed, beat = far.receive()[0]
    assert MessageKind.FAILED is failed.kind
    assert "üüü" == failed.text[:3]
    assert Message(MessageKind.BEAT, "") == beat


def test_sending_to_a_closed_end_is_no_error(ends: tuple[Channel, Channel]) -> None:
    """The sender learns of the closed end when it receives."""
    near, far = ends
    far.close()
    near.send(MessageKind.BEAT)
    assert ([], False) == near.receive()
