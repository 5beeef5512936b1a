"""The receiving side of a connection: bytes become requests, in the order in which they come."""

from collections import deque
from typing import cast

import httptools

from estuary.core.errors import EstuaryError
from estuary.http.http1 import refusals
from estuary.http.http1.fields import Fields
from estuary.http.http1.incoming import Flow, Incoming
from estuary.http.http1.target import method_of, path_and_query

_PIECE_BYTES = 4096
_ENOUGH = 16
"""Requests that may wait before what follows stays bytes: small ones take fifteen times as many."""


class Reader:
    """Reads what `peer` sends; `flow` is what the bodies of its requests come in over.

    `requests` are those whose head is whole. Behind many of them what came waits unread: whoever takes the
    last one calls `read_on`. When `deaf` is set, nothing more is read: the client said that it was the last
    request, or sent what is none; that is then `refused`, with the reason.
    """

    __slots__ = (
        "_declined",
        "_fields",
        "_flow",
        "_head_bytes",
        "_parser",
        "_peer",
        "_receiving",
        "_unread",
        "_url",
        "deaf",
        "refused",
        "requests",
    )

    def __init__(self, peer: str, flow: Flow) -> None:
        self._peer = peer
        self._flow = flow
        # The parser keeps this object's methods: `stop` breaks the circle.
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._url = b""
        self._fields: Fields | None = None
        self._head_bytes = 0
        self._declined = b""
        self._receiving: Incoming | None = None
        self._unread = b""
        self.requests: deque[Incoming] = deque()
        self.refused: tuple[Incoming, EstuaryError] | None = None
        self.deaf = False

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
        while at < len(unread) and len(self.requests) < _ENOUGH and not self.deaf:
            self._read(unread[at : at + _PIECE_BYTES])
            at += _PIECE_BYTES
        self._unread = b"" if self.deaf else unread[at:]

    def _read(self, data: bytes) -> None:
        self._parse(data)
        if self._fields is not None:
            self._head_bytes += len(data)
            if self._head_bytes > refusals.MAX_HEAD_BYTES:
                self.refuse(refusals.of_length(len(self._url)))

    def refuse(self, error: EstuaryError) -> None:
        """Take what has come of a head for none, because of `error`, and read nothing more."""
        self._refuse(self._request("", self._fields or Fields(), keep_alive=False), error)

    def stop(self) -> None:
        """Nothing more comes."""
        self.deaf = True
        self._unread = b""
        self._truncate()

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
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; those of a chunked body's trailer are passed over."""
        if self._fields is not None:
            self._fields.add(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        parser = cast("httptools.HttpRequestParser", self._parser)
        fields, self._fields = cast("Fields", self._fields), None
        if self.deaf:
            return
        version, method = parser.get_http_version(), method_of(parser.get_method())
        request = self._request(method, fields, keep_alive=parser.should_keep_alive())
        refusal = refusals.of_head(version, fields)
        if refusal is not None:
            self._refuse(request, refusal)
        elif parser.should_upgrade() and method != "CONNECT":
            start = f"{method} {self._url.decode('latin-1')} HTTP/{version}\r\n"
            self._declined = start.encode("latin-1") + fields.without("upgrade") + b"\r\n"
        else:
            request.persistent = version == "1.0" and request.keep_alive
            self._receiving = request
            self.requests.append(request)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._receiving is not None:
            self._receiving.feed(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        request, self._receiving = self._receiving, None
        if request is not None:
            request.complete = True
            if request.arrival is not None:
                request.wake()
            if not request.keep_alive:
                self.deaf = True

    # -- What may be wrong --------------------------------------------------------------------------

    def _parse(self, data: bytes) -> None:
        try:
            cast("httptools.HttpRequestParser", self._parser).feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            # Whatever follows could be taken for anything.
            if self._receiving is None and not self.deaf:
                self.refuse(refusals.of_parser(error))
            self.stop()

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Read the request as one without that wish (RFC 9110, 7.8); the parser has no such choice.

        What follows a CONNECT is not HTTP: nobody reads it.
        """
        head, self._declined = self._declined, b""
        if not head:
            self.deaf = True
            return
        self._parser = httptools.HttpRequestParser(self)
        self._parse(head + rest)

    def _request(self, method: str, fields: Fields, *, keep_alive: bool) -> Incoming:
        path, query = path_and_query(self._url)
        return Incoming(method, path, query, fields, self._peer, flow=self._flow, keep_alive=keep_alive)

    def _refuse(self, request: Incoming, error: EstuaryError) -> None:
        self.refused = request, error
        self._fields = None
        self.deaf = True

    def _truncate(self) -> None:
        """What is missing of the body that was coming in will not come."""
        if self._receiving is not None:
            self._receiving.truncate()
            self._receiving = None
