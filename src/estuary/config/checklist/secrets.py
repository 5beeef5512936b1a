"""Whether secrets come from where they are safe, and are secrets at all."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from estuary.config.checklist.facts import Facts
from estuary.config.checklist.finding import Finding, failed, passed, warned
from estuary.config.checklist.strength import weakness
from estuary.config.checklist.transport import is_local
from estuary.config.environment import Loaded
from estuary.config.settings import TABLE
from estuary.config.sources import DOTENV, ENVIRONMENT

_SECRETS = frozenset(variable.name for variable in TABLE if variable.secret)


def secrets(loaded: Loaded, _: Facts) -> Finding:
    """A placeholder is no secret; an environment is shown by `ps`, crash reports and inspection."""
    placeholders = [each.name for each in loaded.effective if each.is_placeholder]
    if placeholders:
        return failed(
            f"{', '.join(placeholders)}: as in an example, not a value of your own",
            "set what belongs to this deployment",
        )
    weak = [
        f"{name} can be guessed: {reason}" for name, text in _secrets(loaded) if (reason := weakness(text))
    ]
    if weak:
        return failed("; ".join(weak), "let chance choose it: openssl rand -hex 32")
    redis = loaded.settings.redis_url
    if redis is not None and not redis.password and not is_local(redis.host):
        return warned(
            f"REDIS_URL has no password: any client of {redis.host} may read and change what is there",
            "give Redis a password (an ACL user), and REDIS_URL with it",
        )
    exposed = [
        f"{each.name} ({each.source})"
        for each in loaded.effective
        if each.name in _SECRETS and each.source.startswith((ENVIRONMENT, DOTENV))
    ]
    if exposed:
        return warned(
            f"{', '.join(exposed)}: what the environment or .env holds is easily seen by others",
            "give NAME_FILE the path of a mounted secret, or use a systemd credential",
        )
    given = [each.name for each in loaded.effective if each.name in _SECRETS and each.source != "default"]
    return passed(f"{', '.join(given)}: from a file or credential" if given else "no secret is set")


def _secrets(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """What somebody thought of, by the variable that has it; a deploy key is Convex's own making."""
    settings = loaded.settings
    if settings.metrics_token is not None:
        yield "METRICS_TOKEN", settings.metrics_token
    password = unquote(urlsplit(settings.database.url).password or "")
    if password:
        yield "the password in DATABASE_URL", password
    if settings.redis_url is not None and settings.redis_url.password:
        yield "the password in REDIS_URL", settings.redis_url.password
