"""Reads `Settings` from the environment and from files, and reports all errors at once."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from estuary.config import combinations, dotenv
from estuary.config.database_url import MEMORY
from estuary.config.dotenv import Entry
from estuary.config.effective import Configured, Effective
from estuary.config.errors import HIDDEN, ConfigurationError, Refused, quoted, shown
from estuary.config.files import read_regular_or_pipe
from estuary.config.forms import AUTO, Form
from estuary.config.placeholders import is_placeholder
from estuary.config.process_environment import ProcessEnvironment
from estuary.config.settings import TABLE, Settings
from estuary.config.spelling import nearest
from estuary.config.value_sources import DOTENV, FILE_SUFFIX, TOML, Found, Sources
from estuary.config.variable import Variable
from estuary.config.variables.server import MAX_WORKERS
from estuary.config.variables.service import PRODUCTION

T = TypeVar("T")

_NAMES = tuple(name for variable in TABLE for name in variable.names)
_KNOWN = (*_NAMES, *(variable.name + FILE_SUFFIX for variable in TABLE))
_PATH = Form[object]("the path of a file", str)
_TOML_FORMS: Mapping[str, Form[object]] = {
    **{name: variable.form for variable in TABLE for name in variable.names},
    **{variable.name + FILE_SUFFIX: _PATH for variable in TABLE},
}


class Loaded(NamedTuple):
    """A valid configuration, with its warnings.

    `secret_files` are the files that secrets were read from, by the name of the variable.
    """

    settings: Settings
    effective: tuple[Effective, ...]
    warnings: tuple[str, ...]
    process_environment: ProcessEnvironment
    secret_files: Mapping[str, Path]


def load(instead: Mapping[str, str] = MappingProxyType({})) -> Loaded:
    """The configuration of this process; raises `ConfigurationError`.

    The variables in `instead` take the place of what the process was given for them.
    """
    return load_from(process_environment(instead), directory=Path())


def process_environment(instead: Mapping[str, str]) -> dict[str, str]:
    """The variables of this process; those in `instead` take the place of what it was given for them."""
    given = {f"{name}{FILE_SUFFIX}" for name in instead}
    around = {name: text for name, text in os.environ.items() if name not in given}
    return {**around, **instead}


def load_from(environ: Mapping[str, str], *, directory: Path) -> Loaded:
    """The configuration from `environ` and the files in `directory`.

    Apart from reading files, the result depends on the arguments alone. Raises `ConfigurationError` with
    every error there is.
    """
    return _Loading(environ, directory).result()


class _Loading:
    """One pass over the table that collects values, errors and warnings."""

    def __init__(self, environ: Mapping[str, str], directory: Path) -> None:
        self._environ = environ
        self._problems: list[str] = []
        self._dotenv: Mapping[str, Entry] = self._parsed(directory, DOTENV, dotenv.parse)
        entries = {name: entry.value for name, entry in self._dotenv.items()}
        toml = self._parsed(directory, TOML, _parse_toml)
        self._sources = Sources(environ, entries, toml, directory)
        self._values: dict[str, Any] = {}
        self._effective: dict[str, Effective] = {}
        self._configured = Configured(self._values, self._effective)
        self._production = False

    def result(self) -> Loaded:
        """The whole configuration; raises `ConfigurationError` with all errors."""
        for variable in TABLE:
            # The profile is first in the table, as the other defaults depend on it.
            self._settle(variable)
            self._production = self._values.get(Settings.app_profile.attribute) == PRODUCTION
        self._shorten_drain()
        self._count_workers()
        self._problems += combinations.mistakes(self._configured)
        self._problems += self._misspelt_in_dotenv()
        if self._problems:
            raise ConfigurationError(self._problems)
        settings = Settings(self._values)
        warnings = (
            *self._misspelt_in_environment(),
            *combinations.cautions(self._configured),
        )
        return Loaded(
            settings,
            tuple(self._effective.values()),
            warnings,
            ProcessEnvironment(self._environ),
            self._sources.secret_files,
        )

    def _parsed(
        self, directory: Path, file: str, parse: Callable[[bytes, str], Mapping[str, T]]
    ) -> Mapping[str, T]:
        path = directory / file
        # A directory called .env is likely a virtual environment; one called estuary.toml is what container
        # runtimes make of a mounted file that is not there.
        if not path.exists() or (file == DOTENV and path.is_dir()):
            return {}
        try:
            content = read_regular_or_pipe(path)
        except OSError as error:
            self._problems.append(f"{file} cannot be read: {error.strerror}")
            return {}
        except ValueError as error:
            self._problems.append(f"{file} {error}")
            return {}
        try:
            return parse(content, file)
        except ConfigurationError as error:
            self._problems += error.problems
        return {}

    def _settle(self, variable: Variable[Any]) -> None:
        try:
            given = self._sources.find(variable)
        except Refused as refused:
            self._problems.append(refused.reason)
            return
        found = given or self._default(variable)
        text = found.text if variable.secret else found.text.strip()
        try:
            self._values[variable.attribute] = _read(variable, text)
        except Refused as refused:
            self._problems.append(_problem(variable, Found(text, found.source), refused))
            return
        copied = given is not None and is_placeholder(text, secret=variable.secret)
        self._effective[variable.name] = Effective(
            variable.name, _shown(variable, text), found.source, copied
        )

    def _default(self, variable: Variable[Any]) -> Found:
        text = variable.production if self._production else variable.default
        if not variable.differs_in_production:
            return Found(text, "default")
        return Found(text, f"default ({PRODUCTION if self._production else 'development'})")

    def _shorten_drain(self) -> None:
        """Draining is a part of the shutdown: its default is limited by a shorter timeout."""
        drain, timeout = Settings.shutdown_drain_seconds, Settings.shutdown_timeout_seconds
        if not self._configured.has(drain, timeout):
            return
        limit = self._values[timeout.attribute]
        if self._configured.source(drain).startswith("default") and self._values[drain.attribute] >= limit:
            self._derive(drain, limit - 1, f"below {timeout.name}")

    def _count_workers(self) -> None:
        """`auto` means a worker for each processor, but a single one if records are in its memory."""
        workers = Settings.workers
        if not self._configured.has(workers, Settings.database_url, Settings.database_type):
            return
        if self._values[workers.attribute] == AUTO:
            in_memory = self._configured.settings.database.kind == MEMORY.kind
            number = 1 if in_memory else min(_processors(), MAX_WORKERS)
            self._derive(workers, number, f"auto ({self._configured.source(workers)})")

    def _derive(self, variable: Variable[Any], number: int, source: str) -> None:
        self._values[variable.attribute] = number
        self._effective[variable.name] = Effective(variable.name, str(number), source)

    def _misspelt_in_dotenv(self) -> Iterator[str]:
        """The file is Estuary's own: a name that resembles one of its variables is an error."""
        for name, entry in self._dotenv.items():
            meant = None if name in _KNOWN else nearest(name, _KNOWN)
            if meant is not None:
                yield f"{DOTENV}:{entry.line}: {name} is not a variable of Estuary; is {meant} meant?"

    def _misspelt_in_environment(self) -> Iterator[str]:
        """The environment is shared: only a name that resembles one of several words is a warning."""
        known = [name for name in _KNOWN if "_" in name.removesuffix(FILE_SUFFIX)]
        for name in self._environ:
            if name not in _KNOWN and (meant := nearest(name, known)) is not None:
                yield f"{shown(name)} in the environment is not a variable of Estuary; is {meant} meant?"


def _parse_toml(content: bytes, file: str) -> Mapping[str, str]:
    # Imported where there is such a file: each process of a service would hold the parser.
    from estuary.config import toml_file

    return toml_file.parse(content, _TOML_FORMS, file)


def _processors() -> int:
    """The number of processors that the service may use."""
    from estuary.telemetry.system import this_host

    return this_host().cpu_count()


def _read(variable: Variable[Any], text: str) -> Any:
    # No value needs control characters or broken UTF-8, which could corrupt headers and logs.
    if not text.isprintable():
        raise Refused("it has a control character, a line break or bytes that are not UTF-8")
    return variable.form.read(text)


def _shown(variable: Variable[Any], text: str) -> str:
    if not text:
        return "-"
    return HIDDEN if variable.secret else shown(text)


def _problem(variable: Variable[Any], found: Found, refused: Refused) -> str:
    got = HIDDEN if variable.secret else quoted(found.text)
    reason = f"{refused.reason}; " if refused.reason else ""
    return f"{variable.name} is {got} ({found.source}): {reason}it must be {variable.form.allowed}"
