import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.children import framing
from libs.common.children.framing import Channel, Frames, framed

BODIES = st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 200_000).map(bytes)), max_size=8)


@settings(deadline=None)
@given(bodies=BODIES, piece=st.integers(1, 100_000))
def test_bodies_come_whole_however_they_were_cut(bodies: list[bytes], piece: int) -> None:
    sent, frames = b"".join(map(framed, bodies)), Frames()
    received: list[bytes] = []
    while sent:
        space = frames.space()
        count = min(piece, len(space), len(sent))
        space[:count], sent = sent[:count], sent[count:]
        received += map(bytes, frames.filled(count))
    assert received == bodies


def test_a_body_that_is_announced_as_too_long_is_refused_before_it_is_read() -> None:
    frames = Frames()
    frames.space()[: framing.LENGTH_BYTES] = b"\xff" * framing.LENGTH_BYTES
    with pytest.raises(ValueError, match="at most"):
        list(frames.filled(framing.LENGTH_BYTES))


@pytest.mark.parametrize("size", [0, 10, 70_000, 3_000_000])
def test_a_channel_gives_what_the_other_one_sent(size: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sending = threading.Thread(target=Channel(theirs).send, args=(b"x" * size,))
        sending.start()
        assert Channel(ours).receive() == b"x" * size
        sending.join()
        theirs.close()
        assert Channel(ours).receive() is None
