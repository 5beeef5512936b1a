"""nginx and HAProxy with the configurations that Estuary ships, their addresses replaced."""

import os
import re
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.process import HOST, TIMEOUT_SECONDS
from tests.support.programs import require
from tests.support.servers.daemon import Daemon

SHIPPED = Path(__file__).parents[3] / "deploy"
SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where programs for administrators are, which need not be on the PATH."""

NGINX_CONF = """
daemon off;
worker_processes 2;
pid nginx.pid;
error_log stderr warn;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include conf.d/*.conf;
}}
"""
"""What a distribution's nginx.conf has around conf.d, for one that runs from its own folder."""


class Proxy(Daemon):
    """A proxy in front of the replicas at `ports`."""

    def __init__(self, program: str, folder: Path, ports: Sequence[int]) -> None:
        super().__init__(folder)
        self._program = program
        self._ports = ports

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://{HOST}:{self.port}"

    def answers(self) -> bool:
        """Whether something listens on the port; the program itself ends where another one does."""
        try:
            socket.create_connection((HOST, self.port), timeout=TIMEOUT_SECONDS).close()
        except OSError:
            return False
        return True

    def with_addresses(self, text: str) -> str:
        """A configuration with the replicas' own addresses, and this proxy's."""
        for number, port in enumerate(self._ports, start=1):
            text = text.replace(f"estuary{number}:3000", f"{HOST}:{port}")
        text = re.sub(r"^ *listen \[::\]:.*\n", "", text, flags=re.MULTILINE)
        return text.replace("listen 80;", f"listen {HOST}:{self.port};").replace(
            "bind :80\n", f"bind {HOST}:{self.port}\n"
        )


class Nginx(Proxy):
    """nginx, with deploy/nginx/ as its folder, or with one text in place of all that is in conf.d."""

    def __init__(self, folder: Path, ports: Sequence[int], site: str | None = None) -> None:
        super().__init__(_program("nginx"), folder, ports)
        self._site = site

    @property
    def access_log(self) -> Path:
        """Where the shipped configuration logs."""
        return self.folder / "access.log"

    def command(self) -> Sequence[str | Path]:
        """Lay the configuration out, for the port that is ours now."""
        shutil.copytree(SHIPPED / "nginx", self.folder, dirs_exist_ok=True)
        locations = self.folder / "estuary/locations.conf"
        locations.write_text(
            locations.read_text().replace("/var/log/nginx/estuary.log", str(self.access_log))
        )
        for path in (self.folder / "conf.d").iterdir():
            if self._site is None:
                path.write_text(self.with_addresses(path.read_text()))
            else:
                path.unlink()
        if self._site is not None:
            (self.folder / "conf.d/estuary.conf").write_text(self.with_addresses(self._site))
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(NGINX_CONF.format(user=user))
        return [self._program, "-p", self.folder, "-c", "nginx.conf", "-e", "stderr"]


def tls_site(folder: Path, plain: int, secure: int) -> str:
    """The shipped example with TLS for these ports, its certificate in `folder`."""
    upstream = (SHIPPED / "nginx/conf.d/estuary.conf").read_text()
    example = (SHIPPED / "nginx/examples/estuary-tls.conf").read_text()
    return (
        f"{upstream}\n{example}".replace("listen 80;", f"listen {HOST}:{plain};")
        .replace("listen 443 ssl http2;", f"listen {HOST}:{secure} ssl http2;")
        .replace("/etc/nginx/tls", str(folder))
    )


class HAProxy(Proxy):
    """HAProxy with deploy/haproxy/haproxy.cfg."""

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        super().__init__(_program("haproxy"), folder, ports)

    def command(self) -> Sequence[str | Path]:
        """Lay the configuration out, for the port that is ours now."""
        shipped = (SHIPPED / "haproxy/haproxy.cfg").read_text()
        if os.geteuid() != 0:
            shipped = re.sub(r"^ +(user|group) haproxy\n", "", shipped, flags=re.MULTILINE)
        configuration = self.folder / "haproxy.cfg"
        configuration.write_text(self.with_addresses(shipped))
        return [self._program, "-db", "-f", configuration]


@contextmanager
def running(proxy: Proxy) -> Iterator[Proxy]:
    """The proxy while it runs."""
    try:
        proxy.start_anywhere()
        yield proxy
    finally:
        proxy.stop()


def _program(name: str) -> str:
    return require(name, shutil.which(name) or shutil.which(name, path=SYSTEM))
