"""The picture is well-formed and true to its figures."""

from xml.etree import ElementTree as ET

from bench.picture import draw
from bench.report import markdown
from tests.unit.bench.reports import report

SVG = "{http://www.w3.org/2000/svg}"


def bars() -> list[ET.Element]:
    """The bars of the picture, from the top."""
    root = ET.fromstring(draw(report()))  # noqa: S314 - made by the line itself
    return [shape for shape in root.iter(f"{SVG}rect") if "bar" in (shape.get("class") or "").split()]


def test_bars_are_as_long_as_their_figures() -> None:
    """Half the rate is half the length."""
    whole, half = (float(bar.get("width") or 0) for bar in bars())

    assert whole == 2 * half


def test_ours_stands_out() -> None:
    """Only Estuary's own bars are marked."""
    assert ["bar", "bar ours"] == [bar.get("class") for bar in bars()]


def test_labels_are_text_not_markup() -> None:
    """A label with the characters of XML's syntax is shown as it is."""
    root = ET.fromstring(draw(report()))  # noqa: S314 - made by the line itself

    assert "Bare <&> base" in [text.text for text in root.iter(f"{SVG}text")]


def test_the_table_tells_figure_and_ratio() -> None:
    """The page beside the picture has the same figures."""
    page = markdown(report(), "latest.svg")

    assert "500 |     0% | 0.50x" in page
    assert "(latest.svg)" in page
