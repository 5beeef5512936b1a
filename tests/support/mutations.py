"""Texts that are nearly right: something is cut out of them, comes twice, is put in, or is exchanged."""

import random
import re
from collections.abc import Callable, Sequence

_CHANGES = (1, 1, 1, 2, 3)
"""How many changes a text has: most have one, for what is changed more is hardly ever right."""
_WORD = rb"[\w:%+-]+"


class Mutations:
    """Changes `seeds` at places that `chance` chooses, and puts in `pieces` that mean something there."""

    def __init__(self, chance: random.Random, seeds: Sequence[bytes], pieces: Sequence[bytes]) -> None:
        self._chance = chance
        self._seeds = seeds
        self._pieces = pieces
        self._words = sorted({word for seed in (*seeds, *pieces) for word in _words_in(seed)})
        self._kinds: Sequence[Callable[[bytes], bytes]] = (
            self._cut,
            self._doubled,
            self._with_piece,
            self._with_byte,
            self._spliced,
            self._exchanged,
            self._exchanged,
            self._exchanged,
        )

    def next(self) -> bytes:
        """Another one; seldom it is what it was."""
        text = self._chance.choice(self._seeds)
        for _ in range(self._chance.choice(_CHANGES)):
            text = self._chance.choice(self._kinds)(text)
        return text

    def _span(self, text: bytes) -> tuple[int, int]:
        begin = self._chance.randint(0, len(text))
        return begin, min(len(text), begin + self._chance.randint(1, 12))

    def _cut(self, text: bytes) -> bytes:
        begin, end = self._span(text)
        return text[:begin] + text[end:]

    def _doubled(self, text: bytes) -> bytes:
        begin, end = self._span(text)
        return text[:end] + text[begin:end] * self._chance.choice((1, 2, 30)) + text[end:]

    def _with_piece(self, text: bytes) -> bytes:
        begin, end = self._span(text)
        return text[:begin] + self._chance.choice(self._pieces) + text[self._chance.choice((begin, end)) :]

    def _with_byte(self, text: bytes) -> bytes:
        place = self._chance.randint(0, len(text))
        return text[:place] + bytes([self._chance.randrange(256)]) + text[place + 1 :]

    def _spliced(self, text: bytes) -> bytes:
        other = self._chance.choice(self._seeds)
        return text[: self._span(text)[0]] + other[self._span(other)[0] :]

    def _exchanged(self, text: bytes) -> bytes:
        """A word in place of another."""
        found = list(re.finditer(_WORD, text))
        if not found:
            return text
        begin, end = self._chance.choice(found).span()
        return text[:begin] + self._chance.choice(self._words) + text[end:]


def _words_in(text: bytes) -> list[bytes]:
    return re.findall(_WORD, text)
