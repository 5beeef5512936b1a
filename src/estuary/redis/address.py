"""Where a Redis is, and as whom to speak to it."""

import ssl
from pathlib import Path

import msgspec


class RedisAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A Redis at `host` and `port`, or at the Unix socket `path`.

    Without a `username` the password is that of the user "default". With `tls` the server's certificate is
    verified, against `ca_file` if that is given, else against the system's authorities; `certificate_file`
    and `key_file` are what we show ourselves.
    """

    host: str = ""
    port: int = 6379
    path: str = ""
    database: int = 0
    username: str = ""
    password: str = ""
    tls: bool = False
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def __str__(self) -> str:
        """The address for people, without a secret."""
        where = self.path or (
            f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        )
        return f"{where}/{self.database}"

    def __repr__(self) -> str:
        return f"RedisAddress({self})"

    def context(self) -> ssl.SSLContext | None:
        """The TLS context, None without TLS; raises `OSError` if a file cannot be used."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context
