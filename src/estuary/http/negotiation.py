"""Content negotiation (RFC 9110, 12.5.1): what a client accepts, read from all lines of `Accept`."""

import re
from collections.abc import Iterator
from typing import Final

from estuary.http.header_fields import Fields
from estuary.http.messages import Header

VARY: Header = ("vary", "Accept")
"""On every answer: wherever there may be an error, its form depends on what the client accepts."""

_MAX_CHARACTERS, _MAX_RANGES = 2048, 64
"""As much of the field is read: browsers send a tenth of that, and 16 KB of commas must cost little."""

_MAX_REMEMBERED, _MAX_REMEMBERED_CHARACTERS = 512, 256

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf';[ \t]*(?:({_NAME})=({_NAME}|"(?:[^"\\]|\\.)*+"))?[ \t]*'
_RANGE = rf"[ \t]*({_NAME})/({_NAME})[ \t]*((?:{_PARAMETER})*+)(?:,|$)"
_WEIGHT = r"0(?:\.[0-9]*)?|1(?:\.0*)?"

_ANYTHING, _TYPE, _SUBTYPE, _VERSION = range(4)
"""How closely a range describes what it matches; the closest decides."""


class Offer:
    """A media type that is offered; `versions` are the values of the parameter `version` that mean it."""

    def __init__(self, type_: str, subtype: str, versions: tuple[str, ...] = ()) -> None:
        self.type: Final = type_
        self.subtype: Final = subtype
        self.versions: Final = versions


class Range:
    """An element of `Accept`: type and subtype in lower case or `*`, `version` "" where it names none."""

    def __init__(self, type_: str, subtype: str, version: str, quality: float) -> None:
        self.type: Final = type_
        self.subtype: Final = subtype
        self.version: Final = version
        self.quality: Final = quality

    def closeness(self, offer: Offer) -> int | None:
        """How closely the range describes `offer`, None where it does not.

        Parameters other than `version` (`charset`, `escaping`) exclude nothing: that is what clients mean.
        """
        if self.type == "*":
            return _ANYTHING
        if self.type != offer.type:
            return None
        if self.subtype == "*":
            return _TYPE
        if self.subtype != offer.subtype:
            return None
        if not self.version or not offer.versions:
            return _SUBTYPE
        return _VERSION if self.version in offer.versions else None


class Accept:
    """The media types that a client accepts; all, without a field or with one that is not valid."""

    def __init__(self, text: str) -> None:
        self.ranges = tuple(_ranges(text[:_MAX_CHARACTERS]))

    def quality(self, offer: Offer) -> float:
        """How much the client wants `offer`: from 0 (not at all) to 1."""
        return self._best(offer, _ANYTHING) if self.ranges else 1.0

    def prefers(self, special: Offer, usual: Offer) -> bool:
        """Whether the client names `special`, and does not want `usual` more.

        Wildcards speak for what is usual alone: who is content with anything has not asked for it. But who
        refuses what is usual, and not `special`, wants that.
        """
        content = self._best(usual, _ANYTHING)
        named = self._best(special, _SUBTYPE if content > 0.0 else _ANYTHING)
        return named > 0.0 and named >= content

    def _best(self, offer: Offer, least: int) -> float:
        """The weight that the closest range of at least that closeness gives `offer`; 0 without any."""
        closest, best = least, 0.0
        for each in self.ranges:
            closeness = each.closeness(offer)
            if closeness is None or closeness < closest:
                continue
            best = each.quality if closeness > closest else max(best, each.quality)
            closest = closeness
        return best


_remembered: dict[str, Accept] = {}


def accepted(headers: Fields) -> Accept:
    """What the client accepts that sent `headers`; what clients usually send is read once."""
    lines = headers.get_all("accept")
    text = lines[0] if len(lines) == 1 else ",".join(lines)
    found = _remembered.get(text)
    if found is None:
        found = Accept(text)
        if len(text) <= _MAX_REMEMBERED_CHARACTERS:
            if len(_remembered) >= _MAX_REMEMBERED:
                _remembered.clear()
            _remembered[text] = found
    return found


def _ranges(text: str) -> Iterator[Range]:
    """The ranges in `text`; what is empty or malformed is passed over."""
    range_at, place = re.compile(_RANGE).match, 0
    for _ in range(_MAX_RANGES):
        if place >= len(text):
            return
        found = range_at(text, place)
        if found is not None:
            yield _range(found[1].lower(), found[2].lower(), found[3])
            place = found.end()
        else:
            place = text.find(",", place) + 1 or len(text)


def _range(type_: str, subtype: str, parameters: str) -> Range:
    if not parameters:
        return Range(type_, subtype, "", 1.0)
    named = {name.lower(): value for name, value in re.findall(_PARAMETER, parameters)}
    weight = named.get("q", "1")
    quality = float(weight) if re.fullmatch(_WEIGHT, weight) else 0.0
    return Range(type_, subtype, named.get("version", "").strip('"').lower(), quality)
