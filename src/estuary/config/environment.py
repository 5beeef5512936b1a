"""From the environment, files, credentials and `.env` to `Settings`, every mistake reported at once."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from estuary.config import combinations
from estuary.config.convex import CONVEX, is_guarded
from estuary.config.database import DEFAULTS, MEMORY
from estuary.config.dotenv import Entry, parse
from estuary.config.forms import AUTO
from estuary.config.placeholders import is_placeholder
from estuary.config.problems import HIDDEN, ConfigurationError, Refused, quoted, shown
from estuary.config.settings import TABLE, Settings
from estuary.config.sources import DOTENV, FILE_SUFFIX, Found, Sources
from estuary.config.spelling import nearest
from estuary.config.surroundings import Surroundings, read_surroundings
from estuary.config.variable import Variable
from estuary.config.variables.server import MAX_WORKERS
from estuary.config.variables.service import PRODUCTION

_NAMES = tuple(name for variable in TABLE for name in variable.names)
_KNOWN = (*_NAMES, *(variable.name + FILE_SUFFIX for variable in TABLE))


class Effective(NamedTuple):
    """What a variable's value is and where it came from; a secret's value is hidden.

    `is_placeholder`: it looks as if it was copied from an example.
    """

    name: str
    shown: str
    source: str
    is_placeholder: bool = False


class Loaded(NamedTuple):
    """A configuration without mistakes, and what there is to tell about it.

    `secret_files` are the files that secrets were read from, by the name of the variable.
    """

    settings: Settings
    effective: tuple[Effective, ...]
    warnings: tuple[str, ...]
    surroundings: Surroundings
    secret_files: Mapping[str, Path]

    def describe(self) -> Iterator[str]:
        """A line for each variable: name, value, source, in columns."""
        name_width = max(len(each.name) for each in self.effective)
        value_width = max(len(each.shown) for each in self.effective)
        for name, value, source, _ in self.effective:
            yield f"{name:{name_width}}  {value:{value_width}}  {source}"


def load() -> Loaded:
    """The configuration of this process; raises `ConfigurationError`."""
    return load_from(os.environ, directory=Path())


def load_from(environ: Mapping[str, str], *, directory: Path) -> Loaded:
    """The configuration that `environ` and the files of `directory` make.

    Apart from reading files, the result depends on the arguments alone. Raises `ConfigurationError`
    with every mistake there is.
    """
    return _Loading(environ, directory).result()


class _Loading:
    """One pass over the table, which collects values, mistakes and warnings."""

    def __init__(self, environ: Mapping[str, str], directory: Path) -> None:
        self._environ = environ
        self._problems: list[str] = []
        self._dotenv = self._parsed(directory / DOTENV)
        dotenv = {name: entry.value for name, entry in self._dotenv.items()}
        self._sources = Sources(environ, dotenv, directory)
        self._values: dict[str, Any] = {}
        self._effective: dict[str, Effective] = {}
        self._production = False

    def result(self) -> Loaded:
        """The whole configuration, or all that is wrong with it."""
        for variable in TABLE:
            # The profile stands first in the table: the other defaults depend on it.
            self._settle(variable)
            self._production = self._values.get(Settings.app_profile.attribute) == PRODUCTION
        self._settle_drain()
        self._settle_workers()
        self._settle_database()
        self._check_rate_limit_store()
        self._problems += combinations.mistakes(self._values)
        self._problems += self._misspelt_in_dotenv()
        if self._problems:
            raise ConfigurationError(self._problems)
        settings = Settings(self._values)
        warnings = (
            *self._misspelt_in_environment(),
            *self._overruled(settings),
            *combinations.cautions(self._values),
        )
        return Loaded(
            settings,
            tuple(self._effective.values()),
            warnings,
            read_surroundings(self._environ),
            self._sources.secret_files,
        )

    def _parsed(self, path: Path) -> Mapping[str, Entry]:
        # A directory of that name is somebody's virtual environment.
        if not path.exists() or path.is_dir():
            return {}
        try:
            return parse(path.read_bytes(), DOTENV)
        except OSError as error:
            self._problems.append(f"{DOTENV} cannot be read: {error.strerror}")
        except ConfigurationError as error:
            self._problems += error.problems
        return {}

    def _settle(self, variable: Variable[Any]) -> None:
        try:
            found = self._sources.find(variable) or self._default(variable)
        except Refused as refused:
            self._problems.append(refused.reason)
            return
        text = found.text if variable.secret else found.text.strip()
        try:
            self._values[variable.attribute] = _read(variable, text)
        except Refused as refused:
            self._problems.append(_problem(variable, Found(text, found.source), refused))
            return
        copied = is_placeholder(text, secret=variable.secret)
        self._effective[variable.name] = Effective(
            variable.name, _shown(variable, text), found.source, copied
        )

    def _default(self, variable: Variable[Any]) -> Found:
        text = variable.production if self._production else variable.default
        if not variable.differs_in_production:
            return Found(text, "default")
        return Found(text, f"default ({PRODUCTION if self._production else 'development'})")

    def _settle_drain(self) -> None:
        """Draining is a part of the shutdown; its default gives way to a shorter timeout."""
        drain, timeout = Settings.shutdown_drain_seconds, Settings.shutdown_timeout_seconds
        if drain.attribute not in self._values or timeout.attribute not in self._values:
            return
        seconds, limit = self._values[drain.attribute], self._values[timeout.attribute]
        if seconds < limit:
            return
        source = self._effective[drain.name].source
        if source.startswith("default"):
            self._values[drain.attribute] = limit - 1
            self._effective[drain.name] = Effective(drain.name, str(limit - 1), f"below {timeout.name}")
            return
        self._problems.append(
            f"{drain.name} is {seconds} ({source}): it must be less than {timeout.name}, "
            f"which is {limit} ({self._effective[timeout.name].source})"
        )

    def _settle_workers(self) -> None:
        """Records in memory are one process's own: two workers would each answer from other ones."""
        workers, database_url, database_type = (
            Settings.workers,
            Settings.database_url,
            Settings.database_type,
        )
        if not {each.attribute for each in (workers, database_url, database_type)} <= self._values.keys():
            return
        in_memory = Settings(self._values).database.kind == MEMORY.kind
        if self._values[workers.attribute] == AUTO:
            number = 1 if in_memory else min(_processors(), MAX_WORKERS)
            self._values[workers.attribute] = number
            source = self._effective[workers.name].source
            self._effective[workers.name] = Effective(workers.name, str(number), f"auto ({source})")
        elif in_memory and self._values[workers.attribute] > 1:
            _, count, source, _ = self._effective[workers.name]
            self._problems.append(
                f"{workers.name} is {count} ({source}): each worker would keep its own records in memory, "
                f"so it must be 1; a store that several can serve is set with {database_type.name} or "
                f"{database_url.name}"
            )

    def _settle_database(self) -> None:
        """A server has no usual place: its type alone does not say where it is."""
        kind, url, convex_url = (
            Settings.database_type,
            Settings.database_url,
            Settings.convex_deployment_url,
        )
        if not {each.attribute for each in (kind, url, convex_url)} <= self._values.keys():
            return
        location = Settings(self._values).database
        place = convex_url if location.kind == CONVEX and self._values[url.attribute] is None else url
        source = self._effective[kind.name].source
        if location.kind not in DEFAULTS and not location.url:
            self._problems.append(
                f"{kind.name} is {location.kind} ({source}): {place.name} must say where it is"
            )
        elif location.kind == CONVEX and self._production and not is_guarded(location.url):
            self._problems.append(
                f"{place.name} is {HIDDEN} ({self._effective[place.name].source}): in production it must "
                "begin with https://, unless it is this machine"
            )

    def _check_rate_limit_store(self) -> None:
        """Where requests are counted there has to be something that counts."""
        store, redis_url, database_url = (
            Settings.rate_limit_store,
            Settings.redis_url,
            Settings.database_url,
        )
        database_type = Settings.database_type.attribute
        needed = {store.attribute, redis_url.attribute, database_url.attribute, database_type}
        if not needed <= self._values.keys():
            return
        kind = self._values[store.attribute]
        if kind == "redis" and self._values[redis_url.attribute] is None:
            wanted = f"{redis_url.name} must say where Redis is"
        elif kind == "postgres" and Settings(self._values).database.kind != kind:
            wanted = f"{database_url.name} must be that of a PostgreSQL"
        else:
            return
        self._problems.append(f"{store.name} is {kind} ({self._effective[store.name].source}): {wanted}")

    def _overruled(self, settings: Settings) -> Iterator[str]:
        name, value, source, _ = self._effective[Settings.database_type.name]
        kind = settings.database.kind
        if source != "default" and settings.database_type != kind:
            yield f"{name} is {value} ({source}), but {Settings.database_url.name} says {kind} and wins"

    def _misspelt_in_dotenv(self) -> Iterator[str]:
        """The file is Estuary's own: a name that is almost one of its variables is a mistake."""
        for name, entry in self._dotenv.items():
            meant = None if name in _KNOWN else nearest(name, _KNOWN)
            if meant is not None:
                yield f"{DOTENV}:{entry.line}: {name} is not a variable of Estuary; is {meant} meant?"

    def _misspelt_in_environment(self) -> Iterator[str]:
        """The environment is shared: only what is near a name of several words is pointed out."""
        known = [name for name in _KNOWN if "_" in name.removesuffix(FILE_SUFFIX)]
        for name in self._environ:
            if name not in _KNOWN and (meant := nearest(name, known)) is not None:
                yield f"{shown(name)} in the environment is not a variable of Estuary; is {meant} meant?"


def _processors() -> int:
    """How many the service may keep busy."""
    from estuary.telemetry.system import this_host

    return this_host().cpu_count()


def _read(variable: Variable[Any], text: str) -> Any:
    # No value needs line breaks, other control characters or broken UTF-8; a header or a log would suffer.
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
