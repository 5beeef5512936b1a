"""Which name was meant by one that is almost it."""

import pytest

from estuary.config.spelling import nearest

KNOWN = (
    "PORT",
    "HOST",
    "LOG_FILTER",
    "DATABASE_URL",
    "DATABASE_TYPE",
    "RATE_LIMIT_ENABLED",
    "RATE_LIMIT_WINDOW_SECONDS",
)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RATE_LIMT_ENABLED", "RATE_LIMIT_ENABLED"),
        ("RATE_LIMIT_ENABLE", "RATE_LIMIT_ENABLED"),
        ("RATE_LIMIT_ENABELD", "RATE_LIMIT_ENABLED"),
        ("RAET_LIMIT_ENABELD", "RATE_LIMIT_ENABLED"),
        ("RATELIMIT_ENABLE", "RATE_LIMIT_ENABLED"),
        ("rate_limit_enabled", "RATE_LIMIT_ENABLED"),
        ("RATE_LIMIT_WINDOW_SECOND", "RATE_LIMIT_WINDOW_SECONDS"),
        ("RATE_LIXIT_WINDOW_SEZONDS", "RATE_LIMIT_WINDOW_SECONDS"),
        ("DATABASEURL", "DATABASE_URL"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("DATABASE_ULR", "DATABASE_URL"),
        ("PROT", "PORT"),
        ("PORTS", "PORT"),
        ("POT", "PORT"),
    ],
)
def test_a_slip_or_two_are_recognised(name: str, meant: str) -> None:
    """Letters left out, added, changed or swapped; two slips in long names, one in short ones."""
    assert meant == nearest(name, KNOWN)


@pytest.mark.parametrize(("name", "meant"), [("LOG_LEVEL", "LOG_FILTER"), ("loglevel", "LOG_FILTER")])
def test_what_other_services_call_it_is_recognised(name: str, meant: str) -> None:
    """Nothing would say otherwise that it is ignored."""
    assert meant == nearest(name, KNOWN)
    assert nearest(name, ["PORT"]) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "HOSTNAME",
        "POTS",
        "PRTO",
        "DATABASE_USER",
        "DATABASE_SSL",
        "DATABASE_NAME",
        "RATE_LIMIT",
        "TROP",
        "ÄÖ",
    ],
)
def test_other_names_are_other_names(name: str) -> None:
    """What differs by more than slips was meant as it stands."""
    assert nearest(name, KNOWN) is None


def test_the_nearest_of_several_wins() -> None:
    """With two candidates, the one that takes fewer slips was meant."""
    assert "MAX_BODY_BYTES" == nearest("MAX_BODY_BYTESS", ["MAX_BODY_BYTE_SS", "MAX_BODY_BYTES"])
