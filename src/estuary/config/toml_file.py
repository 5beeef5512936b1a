"""The syntax of `estuary.toml`: variables by their names in lower case, at the top of the file.

Numbers and booleans stand without quotes, lists are arrays. A value becomes the text that the environment
would give, and is read as that is. No other program reads the file, so a name that is no variable's is an
error.
"""

import re
import tomllib
from collections.abc import Mapping

from estuary.config.errors import ConfigurationError, Refused, shown
from estuary.config.forms import Form
from estuary.config.spelling import nearest

_NOUNS: dict[type, str] = {
    int: "a whole number without quotes",
    bool: "true or false without quotes",
    list: "an array of texts",
    str: "a text in quotes",
}


def parse(content: bytes, forms: Mapping[str, Form[object]], file: str) -> dict[str, str]:
    """The values in a file, as texts, by the variable's name in capitals.

    `forms` are those of the known names, which are in capitals. Raises `ConfigurationError` with `file` and
    each unknown name and each value that is not of its form's types, or what makes it no TOML.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        table = tomllib.loads(text)
    except UnicodeDecodeError as error:
        broken = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError([f"{file}:{broken}: this is not UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file} is not TOML: {error}"]) from None
    values: dict[str, str] = {}
    problems: list[str] = []
    for key, value in table.items():
        try:
            values[key.upper()] = _text(value, _form_of(key, value, forms).types)
        except Refused as refused:
            problems.append(f"{file}:{_line_of(key, text)}: {shown(key)} {refused.reason}")
    if problems:
        raise ConfigurationError(problems)
    return values


def _text(value: object, types: tuple[type, ...]) -> str:
    if type(value) not in types:
        raise Refused(f"must be {' or '.join(_NOUNS[each] for each in types)}")
    if isinstance(value, list):
        return ",".join(map(_entry, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _entry(value: object) -> str:
    if not isinstance(value, str) or "," in value:
        raise Refused(f"must be {_NOUNS[list]}, and none of them may have a comma")
    return value


def _form_of(key: str, value: object, forms: Mapping[str, Form[object]]) -> Form[object]:
    """The form of a variable; raises `Refused` where there is none, with the name that is meant."""
    if key.upper() in forms and key == key.lower():
        return forms[key.upper()]
    if isinstance(value, dict):
        raise Refused("is a table: every variable stands at the top of the file, outside of any")
    meant = key.upper() if key.upper() in forms else nearest(key, forms)
    raise Refused(f"is not a variable of Estuary{'' if meant is None else f'; is {meant.lower()} meant?'}")


def _line_of(key: str, text: str) -> int:
    """Where a key is set, or its table begins; the first line if it cannot be found."""
    found = re.search(rf"""^[ \t]*\[*[ \t]*["']?{re.escape(key)}["']?[ \t]*[]=.]""", text, re.MULTILINE)
    return 1 if found is None else text.count("\n", 0, found.start()) + 1
