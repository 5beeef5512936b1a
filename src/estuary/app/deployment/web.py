"""Requests to a web server: its status, headers, the expiry of its certificate, and its clock."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from estuary.config.checklist.facts import Answer, NoAnswer

WAIT = 5.0
"""The timeout in seconds of each step: connecting, the handshake, the answer."""


def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: float = WAIT,
    context: ssl.SSLContext | None = None,
) -> Answer | NoAnswer:
    """The result of GET `url`; redirects are not followed, and the body is not read.

    `context` has the trusted certificates, by default the system's.
    """
    parts = urlsplit(url)
    connection = _connection(parts, timeout, context)
    try:
        connection.connect()
        expires_at = _certificate_end(connection.sock)
        asked = datetime.now(UTC)
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("GET", target, headers={"connection": "close", **(headers or {})})
        response = connection.getresponse()
        return Answer(
            url=url,
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            expires_at=expires_at,
            clock_offset=_offset(response, asked),
        )
    except ssl.SSLCertVerificationError as error:
        return NoAnswer(url, f"the certificate is not trusted: {error.verify_message}", untrusted=True)
    except (OSError, HTTPException, UnicodeError) as error:
        return NoAnswer(url, str(error) or type(error).__name__)
    finally:
        connection.close()


def _connection(parts: SplitResult, timeout: float, context: ssl.SSLContext | None) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(
            host, parts.port, timeout=timeout, context=context or ssl.create_default_context()
        )
    return HTTPConnection(host, parts.port, timeout=timeout)


def _certificate_end(socket: object) -> datetime | None:
    if not isinstance(socket, ssl.SSLSocket):
        return None
    expires = (socket.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(expires)), UTC) if expires else None


def _offset(response: HTTPResponse, asked: datetime) -> float | None:
    """How many seconds our clock is ahead of the Date that the server sent between `asked` and now."""
    try:
        theirs = parsedate_to_datetime(response.headers["date"])
    except (TypeError, ValueError):
        return None
    if theirs.tzinfo is None:
        return None
    answered = datetime.now(UTC)
    # A Date is truncated to seconds, and was taken at some time during the exchange.
    return (asked + (answered - asked) / 2 - theirs).total_seconds() - 0.5
