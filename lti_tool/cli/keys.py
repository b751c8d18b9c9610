"""`lti-tool keys …`: the keys that sign what we ask LMSs for."""

from datetime import timedelta

import click

from lti_tool import clock
from lti_tool.cli import application
from lti_tool.errors import Stale, UnsafeSettings
from lti_tool.services import signing
from lti_tool.services.erasure_journal import JournalUnusable
from lti_tool.transactions import reading, transaction

GRACE_DAYS, MOST_DAYS = 7, 365


@click.group(help="The keys that sign what the tool asks LMSs for.")
def keys() -> None:
    """Hold the commands of keys together."""


@keys.command(help="Have a new key sign; the old one stays published for its grace time.")
@click.option(
    "--grace-days",
    default=GRACE_DAYS,
    show_default=True,
    type=click.IntRange(0, MOST_DAYS),
    help="How long the old key stays in /lti/jwks.json. LMSs may remember the key set for days.",
)
def rotate(grace_days: int) -> None:
    """Rotate the signing key."""
    app = application.made_and_ready()
    now = clock.now()
    grace = timedelta(days=grace_days)
    with app.app_context():
        try:
            with transaction():
                kid = signing.rotate(grace, now)
        except Stale:
            raise click.ClickException("Somebody else is rotating the key at this moment.") from None
    old = f"stays published until {_written(now + grace)}" if grace else "is withdrawn"
    click.echo(f"Key {kid} signs from now on. The old one {old}.")


@keys.command("list", help="Show the keys, their state and dates.")
def list_them() -> None:
    """List the keys."""
    app = application.made_and_ready()
    with app.app_context(), reading():
        rows = signing.listed()
    for key in rows:
        end = ""
        if key.withdrawn_at is not None:
            end = f", withdrawn {_written(key.withdrawn_at)}"
        elif key.withdraw_at is not None:
            end = f", to be withdrawn {_written(key.withdraw_at)}"
        click.echo(f"{key.kid}  {key.state.value:<9}  made {_written(key.created_at)}{end}")


@keys.command(help="Encrypt the private keys with the first KEY_ENCRYPTION_KEY, so that older ones can go.")
def reencrypt() -> None:
    """Encrypt what is kept at rest anew."""
    app = application.made_and_ready()
    with app.app_context():
        try:
            with transaction():
                count = signing.encrypt_anew(clock.now())
        except UnsafeSettings:
            raise click.ClickException(
                "None of the keys in LTI_TOOL_KEY_ENCRYPTION_KEY opens the private keys; nothing was "
                "changed. Put the key that was in force back, behind the new one and a comma."
            ) from None
        except JournalUnusable as problem:
            raise click.ClickException(f"{problem.facts['sentence']} Nothing was changed.") from None
    click.echo(f"{count} keys are encrypted with the first KEY_ENCRYPTION_KEY; the others may be removed.")


def _written(moment) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
