"""Whether secrets come from where they are safe, and are secrets at all."""

from estuary.config.checklist.facts import Facts
from estuary.config.checklist.finding import Finding, failed, passed, warned
from estuary.config.environment import Loaded
from estuary.config.settings import TABLE
from estuary.config.sources import DOTENV, ENVIRONMENT

_SECRETS = frozenset(variable.name for variable in TABLE if variable.secret)


def secrets(loaded: Loaded, _: Facts) -> Finding:
    """A placeholder is nobody's secret; an environment is shown by `ps`, crash reports and inspection."""
    placeholders = [each.name for each in loaded.effective if each.is_placeholder]
    if placeholders:
        return failed(
            f"{', '.join(placeholders)}: as in an example, not a value of your own",
            "set what belongs to this deployment",
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
