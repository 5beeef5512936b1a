"""What the declared access rules open to more than the owners of records."""

from collections.abc import Iterator, Sequence

from estuary.app.resources import load_resources
from estuary.config.checklist.facts import AccessRules
from estuary.config.settings import Settings
from estuary.core.access.access import Action, Who, Word
from estuary.core.resource import Resource


def access_rules(settings: Settings) -> AccessRules:
    """The rules of the resources that `settings` name; raises `DeclarationError`."""
    resources = load_resources(settings.resources)
    public = [
        rule
        for rule, action, who in _rules(resources)
        if action is not Action.READ and Word.PUBLIC in who.words
    ]
    owned = settings.auth_owner_claim is not None
    wide = [rule for rule, action, who in _rules(resources) if owned and _means_all(action, who)]
    return AccessRules(tuple(public), tuple(wide))


def _rules(resources: Sequence[Resource]) -> Iterator[tuple[str, Action, Who]]:
    for resource in resources:
        for action, who in ({} if resource.access is None else resource.access.rules).items():
            yield f"{resource.name}: {action.value}={who!r}", action, who


def _means_all(action: Action, who: Who) -> bool:
    """Whether a word of the rule is for the records of all owners; what is created is its creator's."""
    return action is not Action.CREATE and bool(
        who.roles or who.scopes or who.words & {Word.PUBLIC, Word.SIGNED_IN}
    )
