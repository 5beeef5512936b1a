"""A web server is asked, and whatever it does, what comes of it is a fact and comes in time."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from estuary.app.deployment.web import ask
from estuary.config.checklist.facts import Answer, NoAnswer
from tests.support.process import HOST, free_port
from tests.support.tls import Authority

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)


@contextmanager
def web_server(
    status: int, headers: Mapping[str, str], tls: ssl.SSLContext | None = None
) -> Iterator[ThreadingHTTPServer]:
    """A server that answers every GET so, unless it is asked without the right token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.path != "/secret" or self.headers["authorization"] == "Bearer right"
            self.send_response_only(status if allowed else 401)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Signs what the servers show."""
    return Authority(tmp_path)


def test_status_headers_and_clock_are_told() -> None:
    """Names of headers are in lower case; a Date says how far our clock is from theirs."""
    date = datetime.now(UTC) - timedelta(seconds=100)
    headers = {"CF-Ray": "1", "Date": date.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    with web_server(302, headers) as server:
        answer = ask(f"http://{HOST}:{server.server_port}/")
    assert isinstance(answer, Answer)
    assert (302, "1", None) == (answer.status, answer.headers["cf-ray"], answer.expires_at)
    assert answer.clock_offset is not None
    assert 98 < answer.clock_offset < 130


@pytest.mark.parametrize(
    "headers", [{}, {"Date": "yesterday"}, {"Date": "Mon, 01 Jan 2024 00:00:00 -0000"}]
)
def test_without_a_date_nothing_is_known_of_the_clock(headers: dict[str, str]) -> None:
    """A missing or broken Date is no error."""
    with web_server(200, headers) as server:
        answer = ask(f"http://{HOST}:{server.server_port}/")
    assert isinstance(answer, Answer)
    assert None is answer.clock_offset


def test_a_token_opens_what_it_is_for() -> None:
    """The headers given are sent."""
    with web_server(200, {}) as server:
        url = f"http://{HOST}:{server.server_port}/secret"
        answers = [ask(url), ask(url, {"authorization": "Bearer right"})]
    assert [401, 200] == [answer.status for answer in answers if isinstance(answer, Answer)]


def test_a_certificate_says_when_it_ends(authority: Authority) -> None:
    """To the second, as it stands in it."""
    with web_server(200, {}, authority.serving(SOON)) as server:
        answer = ask(f"https://{HOST}:{server.server_port}/", context=authority.trust())
    assert isinstance(answer, Answer)
    assert SOON == answer.expires_at


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("days", "trusted", "message"), [(-1, True, "expired"), (5, False, "unable to get local issuer")]
)
def test_a_certificate_that_is_not_trusted_is_told_as_that(
    authority: Authority, days: int, trusted: bool, message: str
) -> None:
    """An expired one, and one of an unknown authority."""
    tls = authority.serving(datetime.now(UTC) + timedelta(days=days))
    context = authority.trust() if trusted else None
    with web_server(200, {}, tls) as server:
        answer = ask(f"https://{HOST}:{server.server_port}/", context=context)
    assert isinstance(answer, NoAnswer)
    assert answer.untrusted
    assert message in answer.reason


def test_no_server_is_told_as_that() -> None:
    """Without a listener, and with one that answers nothing, or nonsense."""
    refused = ask(f"http://{HOST}:{free_port()}/")
    assert isinstance(refused, NoAnswer)
    assert not refused.untrusted
    with socket.create_server((HOST, 0)) as silent:
        late = ask(f"http://{HOST}:{silent.getsockname()[1]}/", timeout=0.1)
        assert isinstance(late, NoAnswer)
        assert "timed out" in late.reason
        tls = ask(f"https://{HOST}:{silent.getsockname()[1]}/", timeout=0.1)
        assert isinstance(tls, NoAnswer)
        assert not tls.untrusted
    unknown = ask("http://nowhere.invalid/")
    assert isinstance(unknown, NoAnswer)


def test_nonsense_is_no_answer() -> None:
    """A server that does not speak HTTP is reported with a reason, not with a traceback."""
    with socket.create_server((HOST, 0)) as server:

        def talk() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"220 smtp.test ESMTP\r\n")

        talking = threading.Thread(target=talk)
        talking.start()
        answer = ask(f"http://{HOST}:{server.getsockname()[1]}/")
        talking.join()
    assert isinstance(answer, NoAnswer)
    assert answer.reason
