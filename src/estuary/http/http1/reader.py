"""The receiving side of a connection: bytes become requests, in the order in which they come."""

from collections.abc import Callable
from typing import Final

import httptools

from estuary.core.errors import EstuaryError
from estuary.http.errors import FramingTooLarge
from estuary.http.header_fields import Fields
from estuary.http.http1 import refusals
from estuary.http.http1.arriving import Flow
from estuary.http.http1.incoming import Incoming, Waiting
from estuary.http.http1.target import method_of, path_and_query
from estuary.http.messages import TruncatedBody

_PIECE_BYTES: Final = 4096
_FRAMING_OF_A_BYTE: Final = 8
"""How many bytes of a message a byte of its body may take: a chunk of one byte takes six, with its size."""
_ENOUGH: Final = 16
"""Requests that may wait before what follows stays bytes: small ones take fifteen times as many."""


class _Parser:
    """A parser that calls `reader`; `whole` has all its methods.

    Those that each message needs are bound once: finding one by its name takes as long as calling it.
    """

    __slots__ = ("feed", "keeps_alive", "method", "whole")

    def __init__(self, reader: "Reader") -> None:
        self.whole: Final = httptools.HttpRequestParser(reader)
        self.feed: Final[Callable[[bytes], None]] = self.whole.feed_data
        self.method: Final[Callable[[], bytes]] = self.whole.get_method
        self.keeps_alive: Final[Callable[[], bool]] = self.whole.should_keep_alive


class Reader:
    """Reads what `peer` sends; `flow` is what the bodies of its requests come in over.

    `requests` are those whose head is whole; behind them, the last one may be one that was refused, with
    its `refusal`. Behind many of them what came waits unread: who takes the last one calls `read_on`. When
    `stopped` is set, nothing more is read: the client announced its last request, or it was refused.
    """

    __slots__ = (
        "_content",
        "_content_bytes",
        "_declined",
        "_fields",
        "_flow",
        "_framing_bytes",
        "_parser",
        "_peer",
        "_receiving",
        "_unread",
        "_url",
        "requests",
        "stopped",
    )

    def __init__(self, peer: str, flow: Flow) -> None:
        self._peer = peer
        self._flow = flow
        # The parser keeps this object's methods: `close` breaks the circle.
        self._parser: _Parser | None = _Parser(self)
        self._url = b""
        self._fields: Fields | None = None
        self._framing_bytes = 0
        """The bytes of a message that are not its body: head, trailer, and the framing of chunks."""
        self._content: list[bytes] = []
        """The parts of the body in the piece that is being read: a chunk may be as short as a byte."""
        self._content_bytes = 0
        self._declined = b""
        self._receiving: Incoming | None = None
        self._unread = b""
        self.requests = Waiting()
        self.stopped = False

    @property
    def inside_head(self) -> bool:
        """Whether a head has begun and is not whole."""
        return self._fields is not None

    @property
    def untouched(self) -> bool:
        """Whether nothing has come yet."""
        return self._fields is None and not self._url

    def feed(self, data: bytes) -> None:
        """Read `data`, which came behind all that came before."""
        if len(data) <= _PIECE_BYTES and not self._unread:
            self._read(data)
        else:
            self._unread += data
            self.read_on()

    def read_on(self) -> None:
        """Read what waits unread, until enough requests wait."""
        at, unread = 0, self._unread
        if not unread:
            return
        while at < len(unread) and self.requests.number < _ENOUGH and not self.stopped:
            self._read(unread[at : at + _PIECE_BYTES])
            at += _PIECE_BYTES
        self._unread = b"" if self.stopped else unread[at:]

    def _read(self, data: bytes) -> None:
        self._content_bytes = 0
        self._parse(data)
        if self._receiving is not None:
            self._hand_over(self._receiving)
            self._weigh(len(data))
        elif self._fields is not None:
            self._weigh(len(data))

    def _weigh(self, size: int) -> None:
        """See that a message which is not whole does not go on for ever without a body.

        The parser keeps a field until it is whole, and copies all of it for each further piece.
        """
        framing = self._framing_bytes + size - _FRAMING_OF_A_BYTE * self._content_bytes
        self._framing_bytes = max(0, framing)
        if framing <= refusals.MAX_HEAD_BYTES:
            return
        if self._fields is not None:
            self.refuse(refusals.of_length(len(self._url)))
        elif self._receiving is not None:
            self._truncate(self._receiving, FramingTooLarge(refusals.MAX_HEAD_BYTES))
            self.stop()

    def refuse(self, error: EstuaryError) -> None:
        """Take what has come of a head for none, because of `error`, and read nothing more."""
        # Behind a method that it knows the parser has gone on to the target; else its error is unspecific.
        parser = self._parser
        method = method_of(parser.method()) if parser is not None and self._url else ""
        self._refuse(self._request(method, self._fields or Fields(), keep_alive=False), error)

    def stop(self) -> None:
        """Nothing more comes."""
        self.stopped = True
        self._unread = b""
        if self._receiving is not None:
            self._truncate(self._receiving, TruncatedBody())

    def close(self) -> None:
        """Nothing more comes, and what waits is not wanted any more."""
        self.stop()
        self.requests.clear()
        self._parser = None

    # -- What the parser calls ----------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A head begins."""
        self._fields = Fields()
        self._url = b""
        self._framing_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._url = self._url + url if self._url else url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; those of a chunked body's trailer are passed over."""
        if self._fields is not None:
            self._fields.add(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        parser, fields = self._parser, self._fields
        self._fields = None
        if parser is None or fields is None or self.stopped:
            return
        method, keep_alive = method_of(parser.method()), parser.keeps_alive()
        request = self._request(method, fields, keep_alive=keep_alive)
        # Only HTTP/1.1 keeps a connection that no field speaks of.
        if keep_alive and fields.plain:
            refusal = refusals.of_plain_head(method, fields)
            if refusal is None:
                self._receive(request)
            else:
                self._refuse(request, refusal)
        else:
            self._look_closer(parser.whole, request)

    def _look_closer(self, parser: httptools.HttpRequestParser, request: Incoming) -> None:
        """Take a request whose fields say how it is to be read."""
        fields, version = request.headers, parser.get_http_version()
        refusal = refusals.of_head(request.method, version, fields)
        if refusal is not None:
            self._refuse(request, refusal)
        elif parser.should_upgrade():
            start = f"{request.method} {self._url.decode('latin-1')} HTTP/{version}\r\n"
            self._declined = start.encode("latin-1") + fields.without("upgrade") + b"\r\n"
        else:
            request.old = version == "1.0"
            self._receive(request)

    def _receive(self, request: Incoming) -> None:
        self._receiving = request
        self.requests.add(request)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._receiving is not None:
            self._content.append(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        request, self._receiving = self._receiving, None
        if request is not None:
            self._hand_over(request)
            request.complete = True
            parser = self._parser
            if parser is not None and not request.headers.plain:
                # Behind a trailer that ends the connection the parser stops, as behind a head that does.
                request.keep_alive = request.keep_alive and parser.keeps_alive()
            if request.arrival is not None:
                request.wake()
            if not request.keep_alive:
                self.stopped = True

    # -- What may be wrong --------------------------------------------------------------------------

    def _parse(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:
            return
        try:
            parser.feed(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            # Whatever follows could be taken for anything.
            if self._receiving is None and not self.stopped:
                self.refuse(refusals.of_parser(error))
            self.stop()

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Read the request as one without that wish (RFC 9110, 7.8); the parser has no such choice.

        One that was refused is not read on.
        """
        head, self._declined = self._declined, b""
        if not head:
            return
        self._parser = _Parser(self)
        self._parse(head + rest)

    def _request(self, method: str, fields: Fields, *, keep_alive: bool) -> Incoming:
        path, query = path_and_query(self._url)
        return Incoming(method, path, query, fields, self._peer, self._flow, keep_alive)

    def _refuse(self, request: Incoming, error: EstuaryError) -> None:
        request.refusal = error
        self.requests.add(request)
        self._fields = None
        self.stopped = True

    def _hand_over(self, request: Incoming) -> None:
        """Give `request` what has come of its body."""
        content = self._content
        if content:
            body = content[0] if len(content) == 1 else b"".join(content)
            content.clear()
            self._content_bytes += len(body)
            request.feed(body)

    def _truncate(self, request: Incoming, fault: Exception) -> None:
        """What is missing of the body that was coming in will not come, because of `fault`."""
        request.truncate(fault)
        self._receiving = None
