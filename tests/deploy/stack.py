"""The whole of monitoring around replicas under load: nginx, Prometheus, Alertmanager and what it calls."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

from tests.deploy.expressions import ROOT, RULES
from tests.support.certificates import self_signed
from tests.support.creates import ITEMS, creating
from tests.support.process import HOST, Server, free_port, serving, until
from tests.support.servers.kube_state import kube_state
from tests.support.servers.postgres import postgres_server
from tests.support.servers.prometheus import Alertmanager, Blackbox, Prometheus, monitoring
from tests.support.servers.proxy import Nginx, running, tls_site
from tests.support.traffic import traffic

DEPLOY = ROOT / "deploy"
SCRAPES = 3
"""How many more scrapes a rate needs after what it shall show: two, and one that was under way."""


class Inbox:
    """Whom Alertmanager calls: the alerts that came, by name, instance and status."""

    def __init__(self) -> None:
        self.alerts: list[tuple[str, str, str]] = []

    def take(self, message: dict[str, Any]) -> None:
        """Note what a call returned."""
        for alert in message["alerts"]:
            labels = alert["labels"]
            self.alerts.append((labels["alertname"], labels.get("instance", ""), alert["status"]))


class Stack(NamedTuple):
    """What runs: the replicas, of which `idle` only waits to be stopped, and who watches them.

    `on_postgres` is as one comes out of the box: nothing of what it does fails.
    """

    busy: Server
    limited: Server
    idle: Server
    on_postgres: Server
    prometheus: Prometheus
    inbox: Inbox

    def wait_for_scrapes(self) -> None:
        """Return when what happened before can be seen in every rate."""
        seen = self.prometheus.scrapes("estuary")
        until(lambda: self.prometheus.scrapes("estuary") >= seen + SCRAPES)


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """All of it, after a load during which everything that is counted has happened."""
    with ExitStack() as running_parts:
        enter = running_parts.enter_context
        store = folder / "busy.db"
        busy = enter(
            serving(
                folder,
                {
                    "DATABASE_URL": f"sqlite:///{store}",
                    "DATABASE_TIMEOUT_SECONDS": "1",
                    "MAX_IN_FLIGHT": "12",
                    "CACHE_TYPE": "local",
                },
            )
        )
        limited = enter(
            serving(
                folder,
                {
                    "RATE_LIMIT_ENABLED": "true",
                    "RATE_LIMIT_MAX_REQUESTS": "5",
                    "AUTH_ENABLED": "true",
                    "AUTH_JWKS_URLS": f"http://{HOST}:{free_port()}/jwks.json",
                    "AUTH_ISSUER": "https://issuer.example",
                    "AUTH_AUDIENCE": "estuary",
                },
            )
        )
        idle = enter(serving(folder))
        database = enter(postgres_server())
        on_postgres = enter(serving(folder, {"DATABASE_URL": database.url}))
        inbox = enter(_inbox())
        prometheus = enter(_watching(folder, [busy, limited, idle, on_postgres], inbox))
        stacked = Stack(busy, limited, idle, on_postgres, prometheus, inbox[0])
        _load(stacked, store)
        stacked.wait_for_scrapes()
        yield stacked


@contextmanager
def _watching(folder: Path, replicas: list[Server], inbox: tuple[Inbox, str]) -> Iterator[Prometheus]:
    with ExitStack() as parts:
        public = parts.enter_context(_public(_made(folder / "nginx"), replicas[0]))
        module = _shipped("prometheus/blackbox.yml")
        http = module["modules"]["estuary"]["http"]
        http["tls_config"] = {"ca_file": str(folder / "nginx/fullchain.pem")}
        blackbox = Blackbox(_made(folder / "blackbox"), module)
        parts.enter_context(monitoring(blackbox))
        alertmanager = Alertmanager(_made(folder / "alertmanager"), _calling(inbox[1]))
        parts.enter_context(monitoring(alertmanager))
        prometheus = _prometheus(
            folder / "prometheus",
            replicas,
            public,
            blackbox,
            alertmanager,
            cluster=parts.enter_context(kube_state("estuary", "estuary-backup")),
        )
        parts.enter_context(monitoring(prometheus))
        yield prometheus


@contextmanager
def _public(folder: Path, replica: Server) -> Iterator[str]:
    self_signed(folder)
    secure = free_port()
    proxy = Nginx(folder, [replica.port] * 3, tls_site(folder, free_port(), secure))
    proxy.port = secure
    with running(proxy):
        yield f"https://{HOST}:{secure}/health/ready"


def _calling(inbox: str) -> dict[str, Any]:
    """The shipped configuration, calling the inbox, and at once."""
    reported = _shipped("alertmanager/alertmanager.yml")
    for receiver in reported["receivers"]:
        for webhook in receiver["webhook_configs"]:
            webhook["url"] = inbox
    for route in [reported["route"], *reported["route"]["routes"]]:
        route |= {"group_wait": "1s", "group_interval": "1s"}
    return reported


def _prometheus(
    folder: Path,
    replicas: list[Server],
    public: str,
    blackbox: Blackbox,
    alertmanager: Alertmanager,
    *,
    cluster: str,
) -> Prometheus:
    """Prometheus as shipped, but for addresses, with a second in place of each interval and timeout.

    Beside what is shipped it scrapes what knows of CronJobs in a `cluster`.
    """
    shipped = (DEPLOY / "prometheus/prometheus.yml").read_text()
    for number, replica in enumerate(replicas, start=1):
        shipped = shipped.replace(f"estuary{number}:9000", f"{HOST}:{replica.port}")
    shipped = (
        shipped.replace("blackbox:9115", blackbox.address)
        .replace("alertmanager:9093", alertmanager.address)
        .replace("_interval: 15s", "_interval: 1s")
    )
    _made(folder / "rules")
    asked = (DEPLOY / "prometheus/public.yml").read_text()
    (folder / "public.yml").write_text(asked.replace("https://api.example.com/health/ready", public))
    for path in RULES:
        document = yaml.safe_load(path.read_text())
        for group in document["groups"]:
            group["interval"] = "1s"
            for rule in group["rules"]:
                if "for" in rule:
                    rule["for"] = "1s"
        (folder / "rules" / path.name).write_text(yaml.safe_dump(document))
    document = yaml.safe_load(shipped)
    document["scrape_configs"][0]["static_configs"][0]["targets"] += [
        f"{HOST}:{replica.port}" for replica in replicas[3:]
    ]
    document["scrape_configs"] += [
        {"job_name": "kube-state-metrics", "static_configs": [{"targets": [cluster]}], "honor_labels": True}
    ]
    return Prometheus(folder, document)


def _load(stacked: Stack, store: Path) -> None:
    """Let everything happen that is counted: requests of all kinds, refusals, failures."""
    with traffic(stacked.busy.port) as clients:
        for _ in range(20):
            httpx.get(f"{stacked.limited.origin}{ITEMS}")
        httpx.get(f"{stacked.busy.origin}/nowhere")
        httpx.post(f"{stacked.on_postgres.origin}{ITEMS}", json={"name": "x"}).raise_for_status()
        _lock_out(stacked.busy, store)
        stacked.wait_for_scrapes()
    assert [] == [failure for failure in clients.failures if ": 503" not in failure]
    with creating(stacked.busy, 12):
        until(lambda: httpx.get(f"{stacked.busy.origin}{ITEMS}").status_code == 503)


def _lock_out(server: Server, store: Path) -> None:
    """Another process keeps the file for itself until a write has failed."""
    with closing(sqlite3.connect(store, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        until(lambda: httpx.post(f"{server.origin}{ITEMS}", json={"name": "x"}).status_code == 503)
        other.execute("ROLLBACK")


@contextmanager
def _inbox() -> Iterator[tuple[Inbox, str]]:
    """An inbox, and where it is called."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            inbox.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_request(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield inbox, f"http://{HOST}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def _shipped(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text())
    return document


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
