"""The operators' guide to the earlier service, whose artefacts operators have."""

import re
from pathlib import Path

from tests.support.programs import require

_ROOT = Path(__file__).parents[2]
_NAME = "shared/reference/deployment-guide.md"
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Its blocks of a language, in order, without the indentation of the list around them."""
    found = (folder / _NAME for folder in _ROOT.parents if (folder / _NAME).exists())
    text = Path(require("the operators' guide", next(map(str, found), None))).read_text()
    return [
        re.sub(f"^{indent}", "", body, flags=re.MULTILINE)
        for indent, name, body in _BLOCK.findall(text)
        if name == language
    ]
