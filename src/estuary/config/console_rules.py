"""Rules on the console's variables: where it is, and whom it sends people to."""

from collections.abc import Iterator

from estuary.config.effective import Configured
from estuary.config.settings import Settings
from estuary.config.urls import is_https, is_web_address
from estuary.config.variables.pages import CONSOLE_OFF, CONSOLE_ON_ADMIN, CONSOLE_ON_API


def console_has_its_port(given: Configured) -> Iterator[str]:
    """A message where it is to be on a port that there is not."""
    if given.settings.console == CONSOLE_ON_ADMIN and given.settings.admin_port is None:
        yield (
            f"CONSOLE is {CONSOLE_ON_ADMIN} ({given.source(Settings.console)}): ADMIN_PORT must say on "
            f"which port; CONSOLE={CONSOLE_ON_API} is on PORT"
        )


def people_can_be_sent_to_the_issuer(given: Configured) -> Iterator[str]:
    """A message where they are to sign in, and there is no address for that."""
    settings = given.settings
    if settings.console_oidc_client_id is None:
        return
    issuer = settings.auth_issuer[0] if settings.auth_issuer else ""
    if not settings.auth_enabled:
        yield "CONSOLE_OIDC_CLIENT_ID is set, but AUTH_ENABLED is false: nobody has to sign in"
    elif not is_web_address(issuer):
        yield (
            "CONSOLE_OIDC_CLIENT_ID is set: AUTH_ISSUER must be the URL of the issuer where people sign in"
        )
    elif settings.production and not is_https(issuer):
        yield f"AUTH_ISSUER has {issuer}: for people to sign in there in production it must be https"


def there_is_a_console_to_sign_in_to(given: Configured) -> Iterator[str]:
    """A message where there is none."""
    if given.settings.console_oidc_client_id is not None and given.settings.console == CONSOLE_OFF:
        yield f"CONSOLE_OIDC_CLIENT_ID is set, but CONSOLE is {CONSOLE_OFF}: there is nowhere to sign in"
