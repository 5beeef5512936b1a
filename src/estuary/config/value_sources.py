"""The sources of values: the environment, files that it names, systemd credentials, `.env` and TOML."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from estuary.config.errors import HIDDEN, Refused, quoted
from estuary.config.files import read_regular
from estuary.config.variable import Variable

ENVIRONMENT = "environment"
DOTENV = ".env"
TOML = "estuary.toml"
CREDENTIAL = "credential"
FILE_SUFFIX = "_FILE"

_MAX_FILE_BYTES = 64 * 1024


class Found(NamedTuple):
    """A value, and its source as messages name it."""

    text: str
    source: str


class Sources:
    """All sources in their order: environment, credentials, `.env`, `estuary.toml`.

    In all but credentials, a variable may be given directly, or as NAME_FILE, the path of a file with the
    value; relative paths start at `directory`. Every source has the names in capitals.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        dotenv: Mapping[str, str],
        toml: Mapping[str, str],
        directory: Path,
    ) -> None:
        self._environ = environ
        self._dotenv = dotenv
        self._toml = toml
        self._directory = directory
        self._credentials = environ.get("CREDENTIALS_DIRECTORY", "")
        self.secret_files: dict[str, Path] = {}
        """The files that secrets were read from, by the name of the variable."""

    def find(self, variable: Variable[Any]) -> Found | None:
        """The value from the first source that has one; raises `Refused` with a complete message."""
        return (
            self._found(variable, self._environ, ENVIRONMENT)
            or self._agreed([self._credential(name) for name in variable.names])
            or self._found(variable, self._dotenv, DOTENV)
            or self._found(variable, self._toml, TOML)
        )

    def _found(self, variable: Variable[Any], place: Mapping[str, str], label: str) -> Found | None:
        return self._agreed([self._given(name, variable, place, label) for name in variable.names])

    @staticmethod
    def _agreed(found: list[tuple[str, Found] | None]) -> Found | None:
        """A variable's value in one source, under any of its names; raises `Refused` if they contradict."""
        given = [each for each in found if each is not None]
        if not given:
            return None
        (name, first), others = given[0], given[1:]
        for other_name, other in others:
            if other.text != first.text:
                raise Refused(f"{name} and {other_name} mean the same, and differ: keep one")
        return first

    def _given(
        self, name: str, variable: Variable[Any], place: Mapping[str, str], label: str
    ) -> tuple[str, Found] | None:
        text = place.get(name, "")
        # Aliases have no _FILE form: RUST_LOG_FILE is more likely the path of a log.
        path = place.get(name + FILE_SUFFIX, "") if name == variable.name else ""
        if text.strip() and path.strip():
            raise Refused(f"{name} and {name}{FILE_SUFFIX} are both set ({label}): keep one")
        if path.strip():
            return name + FILE_SUFFIX, self._from_file(variable, path.strip())
        if not text.strip():
            return None
        return name, Found(text, label if name == variable.name else f"{label}, as {name}")

    def _from_file(self, variable: Variable[Any], path: str) -> Found:
        name = variable.name + FILE_SUFFIX
        # The value may be the secret itself instead of the path of a file with it, so it is not shown.
        shown = HIDDEN if variable.secret and not path.startswith(("/", "./", "../")) else quoted(path)
        found = Found(_read(self._directory / path, f"{name}: {shown}"), name)
        if variable.secret:
            self.secret_files[variable.name] = self._directory / path
        return found

    def _credential(self, name: str) -> tuple[str, Found] | None:
        """What systemd passes on (systemd.exec(5), LoadCredential=), named as it is or in lower case."""
        if not self._credentials:
            return None
        for file in (name, name.lower()):
            path = Path(self._credentials, file)
            if os.path.lexists(path):
                return name, Found(_read(path, f"credential {file}"), CREDENTIAL)
        return None


def _read(path: Path, label: str) -> str:
    """The file's text without its last line break; an empty file is an error, as a secret is missing."""
    try:
        text = _content(path)
    except OSError as error:
        raise Refused(f"{label} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Refused(f"{label} {error}") from None
    if not text.strip():
        raise Refused(f"{label} is empty")
    return text.removesuffix("\n").removesuffix("\r")


def _content(path: Path) -> str:
    """The text of a regular file; raises `OSError`, `ValueError`."""
    content = read_regular(path, _MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise ValueError(f"is longer than {_MAX_FILE_BYTES} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
