"""What the shipped nginx and HAProxy pass on to Estuary, and what they say without it."""

import json
import os
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.deploy.workshop import DEPLOY, ROOT, run
from tests.support import guide
from tests.support.certificates import self_signed
from tests.support.documents import blocks
from tests.support.process import HOST, TIMEOUT_SECONDS, free_port, serving, until
from tests.support.servers.echo import echo_server
from tests.support.servers.proxy import HAProxy, Nginx, Proxy, running, tls_site

Make = Callable[[Path, Sequence[int]], Proxy]
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Real-IP": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "1",
    "Forwarded": "for=203.0.113.9",
}
PAGE = ROOT / "docs/deploy/nginx.md"
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""RFC 6455, section 1.3."""

both = pytest.mark.parametrize("make", [Nginx, HAProxy])


def received(proxy: Proxy, headers: Mapping[str, str], path: str = "/api/v1/items") -> dict[str, Any]:
    """What the replica behind the proxy got of a request with these headers."""
    answer = httpx.get(proxy.url + path, headers=dict(headers))
    assert 200 == answer.status_code
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture(params=[Nginx, HAProxy])
def in_front_of_echo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Proxy]:
    """A proxy all of whose replicas echo what they get."""
    with echo_server() as port, running(request.param(tmp_path, [port] * 3)) as proxy:
        until(lambda: httpx.get(proxy.url).status_code == 200)
        yield proxy


def test_forged_headers_do_not_pass(in_front_of_echo: Proxy) -> None:
    """Who the client is and what it asked for is what the proxy saw; `Forwarded` is gone."""
    got = received(in_front_of_echo, FORGED)["headers"]
    expected = {
        "x-forwarded-for": [HOST],
        "x-real-ip": [HOST],
        "x-forwarded-proto": ["http"],
        "x-forwarded-host": [f"{HOST}:{in_front_of_echo.port}"],
        "x-forwarded-port": [str(in_front_of_echo.port)],
        "forwarded": None,
    }
    assert expected == {name: got.get(name) for name in expected}


def test_the_port_of_the_host_is_kept(in_front_of_echo: Proxy) -> None:
    """Links that Estuary makes lead back to where the client asked."""
    got = received(in_front_of_echo, {"Host": "api.example.com:8443"})
    assert ["api.example.com:8443"] == got["headers"]["host"]


def test_an_upgrade_is_passed_on_only_when_asked_for(in_front_of_echo: Proxy) -> None:
    """A plain request carries no Upgrade, and does not tell the replica to close; a WebSocket's does."""
    plain = received(in_front_of_echo, {})["headers"]
    assert "upgrade" not in plain
    assert ["keep-alive"] == plain.get("connection", ["keep-alive"])
    asked = received(in_front_of_echo, HANDSHAKE)["headers"]
    assert (["websocket"], ["upgrade"]) == (
        asked["upgrade"],
        [value.lower() for value in asked["connection"]],
    )


def test_connections_to_replicas_are_kept(in_front_of_echo: Proxy) -> None:
    """Requests one after the other share a connection (nginx: one for each worker and replica)."""
    with httpx.Client(base_url=in_front_of_echo.url) as client:
        ports = {client.get("/health/live").json()["port"] for _ in range(12)}
    assert len(ports) <= 6


@pytest.mark.parametrize(("sent", "is_kept"), [("my-id.1", True), ("no id\\", False), ("x" * 129, False)])
def test_a_sane_request_id_is_kept_and_any_other_replaced(
    in_front_of_echo: Proxy, sent: str, is_kept: bool
) -> None:
    """The proxy's log and Estuary's speak of a request by the same name."""
    got = received(in_front_of_echo, {"X-Request-Id": sent})["headers"]["x-request-id"]
    assert 1 == len(got)
    assert is_kept == (got == [sent])


@pytest.mark.parametrize(
    "target",
    [
        *(
            "/metrics",
            "/metrics?x=1",
            "/%6Detrics",
            "/metric%73",
            "/%6d%65trics",
            "//metrics",
            "/%2Fmetrics",
        ),
        *("/METRICS", "/Metrics", "/metrics/", "///%4DETRICS//", f"http://{HOST}/metrics", "/metrics%3Fx"),
    ],
)
def test_metrics_are_not_for_the_public(in_front_of_echo: Proxy, target: str) -> None:
    """The answer is Estuary's 404, and no replica is asked, however the path is spelt (RFC 3986, 6.2.2)."""
    status, body = exactly(in_front_of_echo, target)
    if target.endswith("%3Fx"):
        assert 200 == status  # another path: the question mark belongs to it
    else:
        assert (404, "NOT_FOUND") == (status, json.loads(body)["error"])


def exactly(proxy: Proxy, target: str) -> tuple[int, bytes]:
    """Status and body of the answer to this very request target: clients would write it differently."""
    connection = HTTPConnection(HOST, proxy.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.putrequest("GET", target, skip_host=True)
        connection.putheader("Host", HOST)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@both
def test_without_any_replica_the_answer_has_the_form_of_ours(tmp_path: Path, make: Make) -> None:
    """503 as JSON with `Retry-After`, what can be known of the request, and no word of the proxy."""
    with running(make(tmp_path, [free_port() for _ in range(3)])) as proxy:
        answer = httpx.post(f"{proxy.url}/api/v1/items", json={"name": "x"})
    assert (503, "application/json", "1") == (
        answer.status_code,
        answer.headers["content-type"],
        answer.headers["retry-after"],
    )
    body = answer.json()
    assert {"error", "message", "timestamp", "request_id"} == set(body)
    assert "SERVICE_UNAVAILABLE" == body["error"]
    assert "nginx" not in answer.text
    assert "nginx" == answer.headers.get("server", "nginx")  # at most its name, never its version


@both
def test_estuary_behind_it_sees_the_client_and_answers_for_itself(tmp_path: Path, make: Make) -> None:
    """With TRUSTED_PROXIES the log has the client that the proxy saw; a body too long is 413."""
    with (
        serving(tmp_path, {"TRUSTED_PROXIES": HOST}) as server,
        running(make(tmp_path, [server.port] * 3)) as proxy,
    ):
        until(lambda: httpx.get(f"{proxy.url}/health/ready").status_code == 200)
        created = httpx.post(f"{proxy.url}/api/v1/items", json={"name": "x"}, headers=FORGED)
        assert (201, "nosniff") == (created.status_code, created.headers["x-content-type-options"])
        line = server.record("request served", status=201)
        refused = httpx.post(
            f"{proxy.url}/api/v1/items",
            content=b'"' + b"x" * (2 * 1024**2 + 1) + b'"',
            headers={"Content-Type": "application/json"},
        )
    assert HOST == line["client"]
    assert (413, "PAYLOAD_TOO_LARGE") == (refused.status_code, refused.json()["error"])


def test_haproxy_is_not_root_where_root_starts_it(tmp_path: Path) -> None:
    """A distribution's unit starts it as root: the file says whom to be instead."""
    if os.geteuid() != 0:
        assert "\n    user haproxy\n" in (DEPLOY / "haproxy/haproxy.cfg").read_text()
        return
    with running(HAProxy(tmp_path, [free_port() for _ in range(3)])) as proxy:
        (listener,) = {
            connection.pid
            for connection in psutil.net_connections("tcp4")
            if connection.laddr
            and connection.laddr.port == proxy.port
            and connection.status == psutil.CONN_LISTEN
        }
        assert "haproxy" == psutil.Process(listener).username()


def test_nginx_logs_requests_but_no_probes(tmp_path: Path) -> None:
    """One JSON object a line, with the request id that the client was given; nothing of /health."""
    with echo_server() as port, running(Nginx(tmp_path, [port] * 3)) as proxy:
        httpx.get(f"{proxy.url}/health/ready")
        httpx.get(f'{proxy.url}/api/v1/items?q="', headers={"X-Request-Id": "mine"})
        proxy.stop()
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    assert [("mine", "GET", 200, HOST)] == [
        (line["request_id"], line["method"], line["status"], line["client"]) for line in lines
    ]


def test_the_tls_example_serves_https_and_sends_http_there(tmp_path: Path) -> None:
    """The example stands in place of the plain server; plain requests are redirected with 308."""
    trusted = ssl.create_default_context(cafile=self_signed(tmp_path))
    plain, secure = free_port(), free_port()
    site = tls_site(tmp_path, plain, secure)
    with echo_server() as port:
        proxy = Nginx(tmp_path, [port] * 3, site)
        proxy.port = secure
        with running(proxy):
            answer = httpx.get(f"https://{HOST}:{secure}/", verify=trusted)
            moved = httpx.get(f"http://{HOST}:{plain}/api/v1/items?limit=1")
    assert ["https"] == answer.json()["headers"]["x-forwarded-proto"]
    assert (308, f"https://{HOST}/api/v1/items?limit=1") == (moved.status_code, moved.headers["location"])


class DebiansNginx(Nginx):
    """nginx as Debian sets it up, with a site for every other name, and then as the page says."""

    def command(self) -> Sequence[str | Path]:
        """Do what the page has its reader do, in this folder in place of /etc/nginx."""
        command = super().command()
        (self.folder / "sites-enabled").mkdir(exist_ok=True)
        (self.folder / "sites-enabled/default").write_text(
            f"server {{ listen {HOST}:{self.port} default_server; server_name _; return 200 Welcome; }}"
        )
        main = self.folder / "nginx.conf"
        main.write_text(main.read_text().replace("*.conf;", "*.conf; include sites-enabled/*;"))
        removals = [
            line
            for block in blocks(PAGE)
            for line in block.commands
            if line.startswith("rm -f /etc/nginx/")
        ]
        for removal in removals:
            run("sh", "-c", removal.replace("/etc/nginx", str(self.folder)))
        return command


def test_debians_own_site_does_not_answer_for_estuary(tmp_path: Path) -> None:
    """After the page's commands every name leads to Estuary, the machine's address and localhost, too."""
    with echo_server() as port, running(DebiansNginx(tmp_path, [port] * 3)) as proxy:
        for name in ("localhost", "api.example.com", HOST):
            assert [name] == received(proxy, {"Host": name})["headers"]["host"]


def test_the_guides_nginx_configuration_works_and_differs_as_the_documents_say(tmp_path: Path) -> None:
    """It serves; a forged address stands, the port is dropped, an upgrade is asked for always."""
    (site,) = guide.blocks("nginx")
    with echo_server() as port, running(Nginx(tmp_path, [port] * 3, site)) as proxy:
        got = received(proxy, FORGED)["headers"]
        assert "/health/live" == received(proxy, {}, "/health/live")["path"]
    assert ["203.0.113.9, 127.0.0.1"] == got["x-forwarded-for"]
    assert [HOST] == got["host"]
    assert ["upgrade"] == got["connection"]
