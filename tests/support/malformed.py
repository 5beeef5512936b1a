"""Messages that are no HTTP, or that two servers might read in two ways: what smuggling is made of.

Each hides a request whose id is `SMUGGLED`: a server that answers it took a body or garbage for a request.
"""

SMUGGLED = "smuggled"

_HIDDEN = b"GET /api/v1/items HTTP/1.1\r\nHost: a\r\nX-Request-Id: smuggled\r\n\r\n"
_LENGTH = str(len(_HIDDEN)).encode()
_POST = b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
_GET = b"GET /api/v1/items HTTP/1.1\r\n"


def _posts(*fields: bytes, body: bytes = _HIDDEN) -> bytes:
    return _POST + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def _gets(*fields: bytes) -> bytes:
    return _GET + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


_CHUNKED = b"Transfer-Encoding: chunked"
_EMPTY_CHUNKS = b"0\r\n\r\n" + _HIDDEN

MALFORMED: dict[str, bytes] = {
    "length and chunked": _posts(b"Content-Length: 5", _CHUNKED, body=_EMPTY_CHUNKS),
    "chunked and length": _posts(_CHUNKED, b"Content-Length: 5", body=_EMPTY_CHUNKS),
    "two lengths": _posts(b"Content-Length: 0", b"Content-Length: " + _LENGTH),
    "two equal lengths": _posts(b"Content-Length: 0", b"Content-Length: 0"),
    "list of lengths": _posts(b"Content-Length: 0, " + _LENGTH),
    "signed length": _posts(b"Content-Length: +" + _LENGTH),
    "negative length": _posts(b"Content-Length: -1"),
    "hexadecimal length": _posts(b"Content-Length: 0x10"),
    "length with a blank": _posts(b"Content-Length: 1 0"),
    "length that is a word": _posts(b"Content-Length: ten"),
    "length beyond 64 bits": _posts(b"Content-Length: 99999999999999999999"),
    "length with a point": _posts(b"Content-Length: 1.0"),
    "empty length": _posts(b"Content-Length:"),
    "blank before the colon of length": _posts(b"Content-Length : " + _LENGTH),
    "tab before the colon": _posts(b"Content-Length\t: " + _LENGTH),
    "blank before chunked's colon": _posts(b"Transfer-Encoding : chunked", body=_EMPTY_CHUNKS),
    "folded chunked": _posts(b"Transfer-Encoding:\r\n chunked", body=_EMPTY_CHUNKS),
    "folded field": _gets(b"Host: a", b"X-A: b\r\n c"),
    "field that begins with a blank": _gets(b"Host: a", b" X-A: b"),
    "first field that begins with a blank": _gets(b" Host: a"),
    "two chunked": _posts(b"Transfer-Encoding: chunked, chunked", body=_EMPTY_CHUNKS),
    "two transfer codings": _posts(_CHUNKED, _CHUNKED, body=_EMPTY_CHUNKS),
    "chunked not last": _posts(b"Transfer-Encoding: chunked, gzip", body=_EMPTY_CHUNKS),
    "gzip and chunked": _posts(b"Transfer-Encoding: gzip, chunked", body=_EMPTY_CHUNKS),
    "identity": _posts(b"Transfer-Encoding: identity"),
    "unknown coding": _posts(b"Transfer-Encoding: xchunked", body=_EMPTY_CHUNKS),
    "chunked with a vertical tab": _posts(b"Transfer-Encoding: \x0bchunked", body=_EMPTY_CHUNKS),
    "chunked with a NUL": _posts(b"Transfer-Encoding: chunked\x00", body=_EMPTY_CHUNKS),
    "chunked in quotes": _posts(b'Transfer-Encoding: "chunked"', body=_EMPTY_CHUNKS),
    "chunked on HTTP/1.0": _posts(_CHUNKED, body=_EMPTY_CHUNKS).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "chunk size with a sign": _posts(_CHUNKED, body=b"+5\r\nhello\r\n" + _EMPTY_CHUNKS),
    "negative chunk size": _posts(_CHUNKED, body=b"-5\r\nhello\r\n" + _EMPTY_CHUNKS),
    "chunk size with 0x": _posts(_CHUNKED, body=b"0x5\r\nhello\r\n" + _EMPTY_CHUNKS),
    "chunk size that is no number": _posts(_CHUNKED, body=b"zz\r\nhello\r\n" + _EMPTY_CHUNKS),
    "chunk size beyond 64 bits": _posts(_CHUNKED, body=b"fffffffffffffffff\r\nhello\r\n" + _EMPTY_CHUNKS),
    "chunk size after a blank": _posts(_CHUNKED, body=b" 5\r\nhello\r\n" + _EMPTY_CHUNKS),
    "chunk size before a bare LF": _posts(_CHUNKED, body=b"5\nhello\r\n" + _EMPTY_CHUNKS),
    "chunk size before a bare CR": _posts(_CHUNKED, body=b"5\rhello\r\n" + _EMPTY_CHUNKS),
    "chunk longer than its size": _posts(_CHUNKED, body=b"3\r\nhello\r\n" + _EMPTY_CHUNKS),
    "chunk without its CRLF": _posts(_CHUNKED, body=b"5\r\nhello" + _EMPTY_CHUNKS),
    "chunk ended by a bare LF": _posts(_CHUNKED, body=b"5\r\nhello\n" + _EMPTY_CHUNKS),
    "empty chunk size": _posts(_CHUNKED, body=b"\r\nhello\r\n" + _EMPTY_CHUNKS),
    "NUL in a chunk extension": _posts(_CHUNKED, body=b"0;a=\x00\r\n\r\n" + _HIDDEN),
    "bare LF in a chunk extension": _posts(_CHUNKED, body=b"0;a=b\n\r\n" + _HIDDEN),
    "no host": _gets(b"X-A: b"),
    "two hosts": _gets(b"Host: a", b"Host: b"),
    "two equal hosts": _gets(b"Host: a", b"Host: a"),
    "empty host": _gets(b"Host:"),
    "bare LF after the request line": b"GET / HTTP/1.1\nHost: a\r\n\r\n",
    "bare LF after a field": b"GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n",
    "bare LFs at the end of the head": b"GET / HTTP/1.1\r\nHost: a\n\n",
    "bare CR in a value": _gets(b"Host: a", b"X-A: b\rX-Request-Id: smuggled"),
    "NUL in a value": _gets(b"Host: a", b"X-A: b\x00c"),
    "NUL in a name": _gets(b"Host: a", b"X\x00A: b"),
    "blank in a name": _gets(b"Host: a", b"X A: b"),
    "colon alone": _gets(b"Host: a", b": b"),
    "field without a colon": _gets(b"Host: a", b"nonsense"),
    "bytes beyond ASCII in a name": _gets(b"Host: a", b"X-\xc3\xa9: b"),
    "brackets in a name": _gets(b"Host: a", b"X[a]: b"),
    "no version": b"GET /\r\nHost: a\r\n\r\n",
    "version 0.9": b"GET / HTTP/0.9\r\nHost: a\r\n\r\n",
    "version 2.0": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "version 1.2": b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "version 1.10": b"GET / HTTP/1.10\r\nHost: a\r\n\r\n",
    "version in lower case": b"GET / http/1.1\r\nHost: a\r\n\r\n",
    "another protocol": b"GET / ICY/1.1\r\nHost: a\r\n\r\n",
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "greeting of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    "two blanks after the method": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "tab after the method": b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "blank in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "control character in the target": b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: a\r\n\r\n",
    "method in lower case": b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    "unknown method": b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    "method with a colon": b"GE:T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "garbage": b"\x00\x01\x02\x03\r\n\r\n",
    "an unknown expectation": _gets(b"Host: a", b"Expect: 200-ok"),
}
