"""Fields: what a head holds, whatever is in it twice."""

import pytest

from estuary.http.header_fields import Fields, fields_of


@pytest.mark.parametrize("value", [b"", b"a", b"example.com"])
def test_a_field_that_comes_twice_is_there_twice(value: bytes) -> None:
    """Also one of whose values Python keeps but one object: a host given twice must be seen as that."""
    fields = fields_of([(b"Host", value), (b"Accept", b"*/*"), (b"host", value)])
    text = value.decode()
    assert ([text, text], "host", 3) == (fields.get_all("host"), fields.repeated_singleton, fields.number)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        (b"Accept", True),
        (b"content-length", True),
        (b"Connection", False),
        (b"proxy-connection", False),
        (b"TRANSFER-ENCODING", False),
        (b"Expect", False),
        (b"upgrade", False),
    ],
)
def test_a_head_is_plain_without_fields_that_say_how_to_read_it(name: bytes, plain: bool) -> None:
    """However their names are written, and however the field came in."""
    read, put = fields_of([(b"Host", b"a"), (name, b"x")]), Fields()
    put.put(name.decode().lower(), "x")
    assert (plain, plain) == (read.plain, put.plain)
