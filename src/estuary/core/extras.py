"""The message where a library is missing that only some configurations need: which extra brings it."""

DISTRIBUTION = "estuary-service"
"""Estuary's distribution. The name `estuary` on the Python Package Index is another project's."""


def needs(user: str, library: str, extra: str) -> str:
    """The message where `user`, a part of Estuary, needs `library` and its `extra` is not installed.

    pip finds the distribution installed, whatever file it came from, and fetches what the extra brings.
    """
    return f"{user} needs {library}: pip install '{DISTRIBUTION}[{extra}]' (in a checkout: make setup)"
