"""Items on operations: store, backups, monitoring, disk, files, libraries."""

from datetime import timedelta

from estuary.config.checklist.encryption import is_local
from estuary.config.checklist.facts import Answer, Facts, NoAnswer, Openness, UnseenDisk
from estuary.config.checklist.finding import Finding, failed, passed, warned
from estuary.config.convex import CONVEX
from estuary.config.database_url import MEMORY
from estuary.config.environment import Loaded

LITTLE_SPACE, NO_SPACE = 0.10, 0.05
"""Fractions of the disk that must be free; below a gigabyte, or a quarter of one, it warns or fails in any
case."""
_GIGABYTE = 1024**3
_OK = 200


def store(loaded: Loaded, facts: Facts) -> Finding:
    """Whether records survive the process."""
    kind = loaded.settings.database.kind
    if kind == MEMORY.kind:
        return failed(
            "DATABASE_TYPE is memory: every record is lost at a restart",
            "set DATABASE_TYPE or DATABASE_URL to a store that lasts",
        )
    if facts.store is not None and not facts.store.answers:
        return failed(f"{kind}: {facts.store.message}", "see that it can be reached from here")
    if kind == CONVEX and loaded.settings.convex_deploy_key is None:
        return warned(
            "CONVEX_DEPLOY_KEY is not set: who knows the deployment can read and write every record",
            "set it, and close the functions: `npx convex env remove ESTUARY_PUBLIC`",
        )
    return passed(f"the store is {kind}")


def schema(loaded: Loaded, facts: Facts) -> Finding:
    """Whether the tables fit the declared resources."""
    if facts.store is None or facts.store.fits is None:
        return warned(
            "the schema was not looked at: the store does not answer", "see the line about the store"
        )
    if not facts.store.fits:
        in_convex = loaded.settings.database.kind == CONVEX
        return failed(
            facts.store.message, "run `npx convex deploy`" if in_convex else "run `estuary migrate`"
        )
    return passed("the schema fits the declared resources")


def backups(loaded: Loaded, facts: Facts) -> Finding:
    """Whether the last successful backup is recent enough."""
    settings = loaded.settings
    if settings.database.kind == MEMORY.kind:
        return warned("there is nothing to back up: DATABASE_TYPE is memory", "name a store that lasts")
    if settings.backup_status is None:
        return warned(
            "BACKUP_STATUS_PATH is not set: whether there are backups is not known",
            "schedule `estuary backup` and set it, or know that your provider makes them and try a restore",
        )
    mend = "schedule `estuary backup` daily, and see why it failed"
    if facts.last_backup is None or facts.now is None:
        return failed(
            f"there was never a backup ({settings.backup_status} has none, or one in the future)",
            mend,
        )
    age = facts.now - facts.last_backup
    reason = f"the last backup is {round(age.total_seconds() / 3600)} hours old"
    if age > timedelta(hours=settings.backup_max_age_hours):
        return failed(f"{reason}, more than {settings.backup_max_age_hours}", mend)
    return passed(reason)


def monitoring(loaded: Loaded, facts: Facts) -> Finding:
    """Whether metrics are available, and only to those who may see them."""
    settings = loaded.settings
    if isinstance(facts.public_metrics, Answer) and facts.public_metrics.status == _OK:
        return failed(
            f"anybody can read {facts.public_metrics.url}",
            "set METRICS_TOKEN, or ADMIN_PORT for metrics alone",
        )
    if facts.own_metrics is None or isinstance(facts.own_metrics, NoAnswer):
        reason = "" if facts.own_metrics is None else f": {facts.own_metrics.reason}"
        return warned(f"the metrics were not seen{reason}", "run this beside the running service")
    if facts.own_metrics.status != _OK:
        return failed(
            f"{facts.own_metrics.url} answers {facts.own_metrics.status}",
            "see the service's log for the reason",
        )
    if settings.metrics_token is None and settings.admin_port is None and facts.public_metrics is None:
        return warned(
            f"{facts.own_metrics.url} answers every caller",
            "set METRICS_TOKEN or ADMIN_PORT, and PUBLIC_URL",
        )
    if (
        settings.metrics_token is None
        and settings.admin_port is not None
        and not is_local(settings.admin_host)
    ):
        return warned(
            f"ADMIN_PORT listens on {settings.admin_host} and answers every caller",
            "see that only Prometheus reaches it, or set METRICS_TOKEN",
        )
    return passed(
        f"{facts.own_metrics.url} answers; see that Prometheus scrapes it and alerts reach somebody"
    )


def disk(_: Loaded, facts: Facts) -> Finding:
    """Whether the data folder has room to grow."""
    if facts.disk is None:
        return passed("no data is kept on this machine's disk")
    if isinstance(facts.disk, UnseenDisk):
        return warned(f"the disk was not seen: {facts.disk.reason}", "see that it answers")
    free, total = facts.disk.free, facts.disk.total
    part = free / total if total else 0.0
    reason = f"{facts.disk.folder}: {free / _GIGABYTE:.1f} of {total / _GIGABYTE:.1f} GiB are free"
    if part < NO_SPACE or free < _GIGABYTE / 4:
        return failed(reason, "make room, or move the data")
    if part < LITTLE_SPACE or free < _GIGABYTE:
        return warned(reason, "make room, or move the data")
    return passed(reason)


def file_permissions(_: Loaded, facts: Facts) -> Finding:
    """Whether other users of the machine can access secrets and records."""
    if facts.files is None:
        return warned("the files were not looked at", "run `estuary check --deploy`")
    writable = [each for each in facts.files if each.writable]
    if writable:
        return failed(f"any user may change {_described(writable)}", "chmod o-w")
    readable = [each for each in facts.files if each.readable]
    if readable:
        return failed(
            f"any user may read {_described(readable)}", "chmod o-rwx, or close the folder to others"
        )
    if not facts.files:
        return passed("there are no files of secrets or records")
    return passed(f"other users cannot get at {_described(facts.files)}")


def _described(files: list[Openness] | tuple[Openness, ...]) -> str:
    return ", ".join(f"{each.path} ({each.what})" for each in files)


def dependencies(_: Loaded, facts: Facts) -> Finding:
    """Whether a library is known to be vulnerable."""
    audit = facts.audit
    if audit is None or audit.failure:
        reason = "it was not asked" if audit is None else audit.failure
        return warned(
            f"not run: {reason}",
            "run pip-audit where it can reach its source, and update in time in any case",
        )
    if audit.vulnerable:
        return failed(f"known vulnerabilities: {', '.join(audit.vulnerable)}", "update these libraries")
    return passed(f"pip-audit knows nothing against {audit.audited} libraries")
