"""Whether a secret could be guessed: by repetitions, sequences and known words."""

import re

_FEWEST_CHARACTERS = 6
"""The least number of different characters; sixteen random hexadecimal digits rarely have fewer."""
_SHORTEST_REST = 6
"""The least length that must remain without the guessable parts."""
_SHORTEST_RUN = 4
_ROWS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop")
_WORDS = (
    "access|admin|api|auth|backup|bearer|change|database|default|demo|development|dummy|estuary|example|foobar"
    "|grafana|hello|internal|key|letmein|local|master|metrics|monitoring|monitor|my|passphrase|password|passwd"
    "|pass|postgres|private|production|prod|prometheus|public|redis|root|sample|scrape|secret|secure|server"
    "|service|staging|super|system|test|token|user|value|welcome|your"
)
_SEPARATORS = r"[\W_]+"
_LEET = str.maketrans("013457@$!", "oieastasi")


def weakness(secret: str) -> str:
    """Why `secret` could be guessed, as half a sentence; empty if it could not."""
    different = len(set(secret))
    if different < _FEWEST_CHARACTERS:
        return f"it has {different} different characters only"
    if _repeats(secret):
        return "it repeats itself"
    if len(re.sub(_SEPARATORS, "", _without_words(_without_runs(secret.lower())))) < _SHORTEST_REST:
        return "it is made of known words and rows of characters"
    return ""


def _repeats(text: str) -> bool:
    """Whether `text` repeats one part, the last time perhaps truncated."""
    return any(text == (text[:length] * len(text))[: len(text)] for length in range(1, len(text) // 2 + 1))


def _without_runs(text: str) -> str:
    """`text` without sequences of an alphabet or a keyboard, forwards or backwards."""
    for row in _ROWS:
        for line in (row * 2, row[::-1] * 2):
            for length in range(len(row), _SHORTEST_RUN - 1, -1):
                for start in range(len(row)):
                    text = text.replace(line[start : start + length], " ")
    return text


def _without_words(text: str) -> str:
    """`text` without known words, written plainly or with digits in place of letters."""
    return re.sub(_WORDS, " ", re.sub(_WORDS, " ", text).translate(_LEET))
