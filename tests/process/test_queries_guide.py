"""The guide to queries is what really happens, command by command."""

import json
import re
from pathlib import Path

import httpx

from tests.support.console import assert_it_prints, examples, without_what_differs
from tests.support.documents import ROOT
from tests.support.process import TIMEOUT_SECONDS, Server, serving

GUIDE = ROOT / "docs/queries.md"


def block(language: str) -> str:
    """The only block of the guide in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def shop(folder: Path) -> dict[str, str]:
    """The variables of a service of the guide's books, which it declares in a folder."""
    (folder / "shop.py").write_text(block("python"))
    return {"DATABASE_TYPE": "memory", "PYTHONPATH": ".", "RESOURCES": "shop:BOOKS"}


def refused(server: Server) -> str:
    """What a query that no index serves is answered."""
    url = f"{server.origin}/api/v1/books?binding=paper&sort=title"
    return httpx.get(url, timeout=TIMEOUT_SECONDS).text


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    """The resource is declared and the commands are typed as they stand there."""
    reported = list(examples(GUIDE))
    assert 14 == len(reported)
    with serving(tmp_path, shop(tmp_path)) as server:
        assert_it_prints(reported, server)


def test_the_error_of_a_query_that_is_too_expensive_is_the_guides(tmp_path: Path) -> None:
    """With the line that it says would be there."""
    with serving(tmp_path, {**shop(tmp_path), "QUERY_REQUIRE_INDEX": "true"}) as server:
        answer = without_what_differs(json.loads(refused(server)))
    assert {"request_id": "…", "timestamp": "…", **json.loads(block("json"))} == answer
