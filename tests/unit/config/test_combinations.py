"""Rules that cross variables: each refusal or warning is one message."""

import pytest

from tests.unit.config.conftest import Load, Problems

ON = {"AUTH_ENABLED": "true", "AUTH_AUDIENCE": "x"}
A, B = "https://a.example", "https://b.example"
CONSOLE = {"CONSOLE": "api", "CONSOLE_OIDC_CLIENT_ID": "console"}
PRODUCTION = {"APP_PROFILE": "production"}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            ON,
            "AUTH_ENABLED is true, but neither AUTH_JWKS_URLS nor AUTH_ISSUER says whose tokens",
        ),
        (
            {**ON, "AUTH_JWKS_URLS": f"{A}/1,{A}/2,{A}/3", "AUTH_ISSUER": f"{A},{B}"},
            "AUTH_ISSUER names 2 issuers and AUTH_JWKS_URLS 3 key sets: it must be as many",
        ),
        (
            {**ON, "AUTH_JWKS_URLS": f"{A}/1", "AUTH_ISSUER": f"{A},{B}"},
            "AUTH_ISSUER names 2 issuers and AUTH_JWKS_URLS 1 key sets: it must be as many",
        ),
        (
            {**ON, **PRODUCTION, "AUTH_JWKS_URLS": "http://a.example/k", "AUTH_ISSUER": A},
            "AUTH_JWKS_URLS has http://a.example/k: in production it must be https",
        ),
        (
            {**ON, **PRODUCTION, "AUTH_JWKS_URLS": "file:///keys.json", "AUTH_ISSUER": A},
            "AUTH_JWKS_URLS has file:///keys.json: in production it must be https",
        ),
        (
            {**ON, **PRODUCTION, "AUTH_ISSUER": "http://a.example"},
            "AUTH_ISSUER has http://a.example: to be asked for its keys in production it must be https",
        ),
        (
            {**ON, "AUTH_ISSUER": "accounts.example.com"},
            "AUTH_ISSUER has accounts.example.com: without AUTH_JWKS_URLS it must be a URL",
        ),
        (
            {"AUTH_OWNER_CLAIM": "sub"},
            "AUTH_OWNER_CLAIM is sub, but AUTH_ENABLED is false: no record has an owner",
        ),
        (
            {"KEYS_ENABLED": "true"},
            "KEYS_ENABLED is true, but AUTH_ENABLED is false: no key is asked for",
        ),
        (
            {**ON, "AUTH_ISSUER": A, "KEYS_ROLE": "admin"},
            "KEYS_ROLE is admin, but KEYS_ENABLED is false: there are no keys",
        ),
        (
            {"RATE_LIMIT_BY": "subject"},
            "RATE_LIMIT_BY is subject, but AUTH_ENABLED is false: no request has a subject",
        ),
        (
            {"AUTH_ROLES_CLAIM": "roles"},
            "AUTH_ROLES_CLAIM is roles, but AUTH_ENABLED is false: no request has a role",
        ),
        (
            {**ON, "AUTH_OWNER_CLAIM": "sub", "AUTH_JWKS_URLS": f"{A}/1,{B}/2"},
            "AUTH_OWNER_CLAIM is sub with several AUTH_JWKS_URLS: AUTH_ISSUER must be set too",
        ),
        ({"PORT": "8080", "ADMIN_PORT": "8080"}, "ADMIN_PORT is 8080, as PORT is: it must be another one"),
        (
            {"CONSOLE": "admin"},
            "CONSOLE is admin (environment): ADMIN_PORT must say on which port; CONSOLE=api",
        ),
        (
            {**CONSOLE, "AUTH_ENABLED": "false"},
            "CONSOLE_OIDC_CLIENT_ID is set, but AUTH_ENABLED is false: nobody has to sign in",
        ),
        (
            {**ON, **CONSOLE, "AUTH_ISSUER": "accounts.example.com", "AUTH_JWKS_URLS": f"{A}/1"},
            "CONSOLE_OIDC_CLIENT_ID is set: AUTH_ISSUER must be the URL of the issuer",
        ),
        (
            {**ON, **CONSOLE, "KEYS_ENABLED": "true"},
            "CONSOLE_OIDC_CLIENT_ID is set: AUTH_ISSUER must be the URL of the issuer",
        ),
        (
            {**ON, **CONSOLE, **PRODUCTION, "AUTH_ISSUER": "http://a.example", "AUTH_JWKS_URLS": f"{A}/1"},
            "AUTH_ISSUER has http://a.example: for people to sign in there in production it must be https",
        ),
    ],
)
def test_what_makes_no_sense_together_is_refused(
    problems: Problems, variables: dict[str, str], message: str
) -> None:
    """One problem, that names the variables and what to do."""
    (problem,) = problems(**variables)
    assert problem.startswith(message)


@pytest.mark.parametrize(
    "variables",
    [
        {**ON, "AUTH_ISSUER": A},
        {**ON, "AUTH_ISSUER": f"{A},{B}"},
        {**ON, "AUTH_ISSUER": "accounts.example.com", "AUTH_JWKS_URLS": f"{A}/1,{A}/2"},
        {**ON, "AUTH_ISSUER": f"{A},{B}", "AUTH_JWKS_URLS": f"{A}/1,{B}/2"},
        {**ON, **PRODUCTION, "AUTH_ISSUER": "http://a.example", "AUTH_JWKS_URLS": f"{A}/1"},
        {**ON, "AUTH_ISSUER": A, "AUTH_OWNER_CLAIM": "sub"},
        {"AUTH_ENABLED": "true", "KEYS_ENABLED": "true"},
        {**ON, "AUTH_ISSUER": A, "KEYS_ENABLED": "true"},
        {**ON, **CONSOLE, "AUTH_ISSUER": "http://a.example"},
        {"CONSOLE": "admin", "ADMIN_PORT": "9000"},
        {"LOG_FILTER": "off"},
        {"LOG_FILTER": "estuary::http=info,hyper=warn"},
    ],
)
def test_what_makes_sense_is_accepted_without_a_word(load: Load, variables: dict[str, str]) -> None:
    """The usual ways to name issuers and keys, and filters that are about Estuary's own lines."""
    assert () == load(**variables).warnings


def test_a_variable_that_is_wrong_by_itself_is_told_once(problems: Problems) -> None:
    """What follows from a mistake is no second mistake."""
    (problem,) = problems(AUTH_ENABLED="perhaps", AUTH_OWNER_CLAIM="sub")
    assert problem.startswith("AUTH_ENABLED is 'perhaps'")


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"AUTH_ENABLED": "true", "AUTH_JWKS_URLS": A}, ("AUTH_AUDIENCE", "AUTH_ISSUER")),
        ({"AUTH_ENABLED": "true", "AUTH_ISSUER": A}, ("AUTH_AUDIENCE",)),
        ({"AUTH_ISSUER": A}, ("AUTH_ENABLED",)),
        ({**ON, **CONSOLE, "AUTH_ISSUER": A, "CONSOLE": "off"}, ("CONSOLE_OIDC_CLIENT_ID",)),
        ({"RUST_LOG": "hyper=info,tower_http=warn"}, ("LOG_FILTER",)),
    ],
)
def test_what_is_rarely_meant_is_a_warning(
    load: Load, variables: dict[str, str], names: tuple[str, ...]
) -> None:
    """It can be served, and stays so for environments that were served before."""
    assert names == tuple(warning.split()[0] for warning in load(**variables).warnings)
