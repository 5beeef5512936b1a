"""Generates `.env.example` and `docs/configuration.md` from the table of variables.

`python -m estuary.config.documentation` writes both, from the root of the repository.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from estuary.config.settings import TABLE
from estuary.config.variable import Variable

ENV_EXAMPLE = Path(".env.example")
CONFIGURATION = Path("docs/configuration.md")

_GENERATED = "Generated from src/estuary/config/variables/ by `make docs`; do not edit it here."

_ENV_INTRODUCTION = f"""\
# Estuary's configuration. Copy this file to .env, in the directory Estuary is started from, and take the
# "# " off what you change. The process environment wins over it. Write no secret into a file you commit.
#
# docs/configuration.md says what each variable may be. `estuary check` shows what is in effect, and why.
# {_GENERATED}
"""

_INTRODUCTION = f"""\
<!-- {_GENERATED} -->

# Configuration

Estuary is configured by environment variables, or by the same names in files. Every one has a default:
`estuary serve` runs without any.
For production, begin with `APP_PROFILE=production`, which makes the defaults strict.

`estuary check` prints what is in effect and where each value came from. If anything is wrong, it and
`estuary serve` name every mistake at once and exit with 2.

## Where values come from

The first place that has a value wins:

1. **The process environment**: `NAME`.
2. **A file that the environment names**: `NAME_FILE=/run/secrets/name`, for the secrets of Docker and
   Kubernetes. One line break at the end is taken off. `NAME` and `NAME_FILE` together are an error.
3. **A systemd credential** called `NAME` or the same in lower case (`LoadCredential=database_url:/etc/…`).
4. **`.env`** in the working directory; `NAME_FILE` works there too. Values may be quoted; nothing in them
   is interpolated. A line that cannot be read, or a name set twice, is an error. It may be a
   named pipe, as some password managers make one, and so may `estuary.toml`: a start waits for 10 seconds.
5. **`estuary.toml`** in the working directory, for what belongs to the project and is committed with it:
   each variable by its name in lower case, without tables. Numbers and booleans stand without quotes, lists
   are arrays; `name_file` works there too. A name that is no variable's is an error.
6. **The default**, by profile.

```toml
# estuary.toml
resources = ["shop/"]
port = 8080
rate_limit_enabled = false
```

## What values look like

- An **empty** value counts as unset: the default holds. An empty *file* is an error, because a secret
  that went missing should be noticed.
- **Booleans** are `true`, `1`, `yes`, `on` or `false`, `0`, `no`, `off`, in any case. Anything else is
  an error.
- **Lists** are separated by commas; in `estuary.toml` they may be arrays: `["a", "b"]`.
- A value on one line, without control characters; blanks around it are ignored.
- **Secrets** are never shown: not by `estuary check`, not in an error, not in a log.
- A **misspelt name** is an error in `.env`, which is Estuary's own file, and a warning in the environment,
  which others share: "RATE_LIMT_ENABLED … is RATE_LIMIT_ENABLED meant?"
  So is what other services call a variable: `LOG_LEVEL` is `LOG_FILTER` here.

In the tables, *In production* is the default under `APP_PROFILE=production` where it is another one.
"""

_CLOSING = """\
## What others set

Estuary reads these as well, which a process manager or a user sets, and which only the process environment
can say: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`, `LISTEN_FDS`, `LISTEN_PID` and
`CREDENTIALS_DIRECTORY` (systemd), and `NO_COLOR` (no coloured log lines on a terminal).
"""


def env_example() -> str:
    """`.env.example`: every variable as a comment, with its default and its summary."""
    parts = [_ENV_INTRODUCTION]
    for section, variables in _sections():
        parts.append(f"\n# {section}\n")
        parts += [_env_entry(variable) for variable in variables]
    return "".join(parts)


def configuration() -> str:
    """`docs/configuration.md`: where values come from, then a table for each section."""
    parts = [_INTRODUCTION]
    for section, variables in _sections():
        parts.append(f"\n## {section}\n\n")
        parts.append("| Variable | Default | In production | May be | What it does |\n")
        parts.append("|---|---|---|---|---|\n")
        parts += [_row(variable) for variable in variables]
    return "".join([*parts, "\n", _CLOSING])


def _sections() -> Iterator[tuple[str, list[Variable[Any]]]]:
    for section, variables in groupby(TABLE, key=lambda variable: variable.section):
        yield section, list(variables)


def _env_entry(variable: Variable[Any]) -> str:
    production = (
        f" In production: {variable.production or 'none'}." if variable.differs_in_production else ""
    )
    return f"\n# {variable.summary}{production}\n# {variable.name}={variable.default}\n"


def _row(variable: Variable[Any]) -> str:
    production = _literal(variable.production) if variable.differs_in_production else ""
    cells = [
        _name(variable),
        _literal(variable.default),
        production,
        variable.form.allowed,
        variable.summary,
    ]
    return f"| {' | '.join(cells)} |\n"


def _name(variable: Variable[Any]) -> str:
    notes = [f"or `{alias}`" for alias in variable.aliases]
    if variable.secret:
        notes.append("**secret**")
    return "<br>".join([f"`{variable.name}`", *notes])


def _literal(text: str) -> str:
    return f"`{text}`" if text else "none"


def main() -> None:
    """Write both documents, below the working directory."""
    ENV_EXAMPLE.write_text(env_example(), encoding="utf-8")
    CONFIGURATION.write_text(configuration(), encoding="utf-8")


if __name__ == "__main__":
    main()
