"""Who may call."""

from estuary.config.forms import BOOLEAN, whole_number
from estuary.config.token_forms import ALGORITHM_LIST, AUDIENCES, CLAIM, CLAIM_PATH, SCOPE
from estuary.config.urls import ISSUERS, KEY_SETS
from estuary.config.variable import Variable


class AuthenticationVariables:
    """The section "Authentication"."""

    __slots__ = ()
    SECTION = "Authentication"

    auth_enabled = Variable(
        BOOLEAN,
        default="false",
        summary="Whether requests to the API must carry a token (a JWT in Authorization: Bearer).",
    )

    auth_jwks_urls = Variable(
        KEY_SETS,
        summary="Where issuers publish their keys; without any, AUTH_ISSUER is asked where.",
    )

    auth_issuer = Variable(
        ISSUERS,
        summary="Whose tokens are accepted: one issuer, or one for each of AUTH_JWKS_URLS in their order.",
    )

    auth_audience = Variable(
        AUDIENCES,
        summary="Whom tokens must be for: one of these.",
    )

    auth_algorithms = Variable(
        ALGORITHM_LIST,
        default="RS256,PS256,ES256,EdDSA",
        summary="How tokens may be signed; symmetric algorithms never.",
    )

    auth_clock_skew_seconds = Variable(
        whole_number(0, 300),
        default="30",
        summary="How far an issuer's clock may be from ours.",
    )

    auth_jwks_cache_seconds = Variable(
        whole_number(60, 86_400),
        default="3600",
        summary="How long keys are fresh; they are fetched again before that is over.",
    )

    auth_jwks_stale_seconds = Variable(
        whole_number(0, 2_592_000),
        default="86400",
        summary="How much longer keys are used when their issuer does not answer.",
    )

    auth_require_scopes = Variable(
        BOOLEAN,
        default="true",
        summary="Whether a token must grant the scope that a request needs.",
    )

    auth_read_scope = Variable(
        SCOPE,
        default="{resource}:read",
        summary="The scope for GET, HEAD and QUERY; {resource} stands for the resource's name.",
    )

    auth_write_scope = Variable(
        SCOPE,
        default="{resource}:write",
        summary="The scope for everything else.",
    )

    auth_owner_claim = Variable(
        CLAIM,
        summary="The claim that says whose records a request sees and makes (sub, or a tenant's); "
        "unset, everybody sees all.",
    )

    auth_roles_claim = Variable(
        CLAIM_PATH,
        summary="The claim with the roles of a token's bearer: a text or a list, or the path to one in an "
        "object (realm_access.roles); unset, tokens give no roles.",
    )

    auth_failure_limit = Variable(
        whole_number(0, 1_000_000),
        default="100",
        summary="How many bad tokens a client may send each replica in a minute; then 429. 0: no limit.",
    )
