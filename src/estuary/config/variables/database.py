"""Where records are kept."""

from estuary.config.convex import DEPLOY_KEY, DEPLOYMENT_URL
from estuary.config.database_url import DATABASE_TYPE, DATABASE_URL
from estuary.config.forms import BOOLEAN, choice, whole_number
from estuary.config.variable import Variable


class DatabaseVariables:
    """The section "Database"."""

    __slots__ = ()
    SECTION = "Database"

    database_url = Variable(
        DATABASE_URL,
        secret=True,
        summary="Where records are kept; it wins over DATABASE_TYPE.",
    )

    database_type = Variable(
        DATABASE_TYPE,
        default="sqlite",
        summary="What keeps the records when DATABASE_URL is unset; sqlite is the file data/estuary.db, "
        "memory forgets everything at exit, postgres is where DATABASE_URL says, convex is where "
        "CONVEX_DEPLOYMENT_URL says.",
    )

    convex_deployment_url = Variable(
        DEPLOYMENT_URL,
        secret=True,
        summary="The deployment that DATABASE_TYPE convex means; in production https, but on this machine.",
    )

    convex_deploy_key = Variable(
        DEPLOY_KEY,
        secret=True,
        summary="What lets Estuary call the functions there; without it they must be open to everyone.",
    )

    database_timeout_seconds = Variable(
        whole_number(1, 60),
        default="5",
        summary="How long one operation on the database may take; a slower one is answered 503.",
    )

    database_pool_size = Variable(
        whole_number(1, 500),
        default="8",
        summary="How many connections a worker may have to PostgreSQL, besides one for health probes.",
    )

    query_budget_seconds = Variable(
        whole_number(1, 60),
        default="1",
        summary="How long a list query may take that no declared index serves; a slower one is "
        "answered 422. DATABASE_TIMEOUT_SECONDS bounds it, too.",
    )

    query_require_index = Variable(
        BOOLEAN,
        default="false",
        summary="Whether list queries that no declared index serves are answered 422 at once.",
    )

    database_migrate = Variable(
        choice("auto", "check", "off"),
        default="auto",
        production="check",
        summary="What happens at start-up where tables do not fit the resources: auto migrates them, check "
        "waits, not ready, for `estuary migrate` (but makes a new SQLite file), off does not look.",
    )
