"""`lti-tool platforms invite`: a one-use address by which an LMS registers itself."""

from datetime import timedelta

import click

from lti_tool import clock, settings
from lti_tool.cli import application
from lti_tool.services import invitations
from lti_tool.transactions import transaction

LONGEST_NAME = 200


def _name(context, parameter, value: str | None) -> str | None:
    cleaned = " ".join(value.split()) if value is not None else None
    if cleaned == "" or (cleaned and len(cleaned) > LONGEST_NAME):
        raise click.BadParameter(f"give a name of 1 to {LONGEST_NAME} characters")
    return cleaned


@click.command(
    help="Print a one-use address; pasted into an LMS, it connects that LMS (Dynamic Registration)."
)
@click.option("--name", required=True, callback=_name, help="What you call the LMS.")
@click.option("--organisation", callback=_name, help="Whose it is; made when new. Default: the only one.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 90), help="How long it is good.")
def invite(name: str, organisation: str | None, days: int) -> None:
    """Make an invitation and print its address, which is shown this once."""
    app = application.made_and_ready()
    with app.app_context():
        base_url = settings.current().base_url
        with transaction():
            invited = invitations.invite(name, organisation, base_url, clock.now(), timedelta(days=days))
    click.echo(invited.address)
    until = f"{invited.expires_at:%Y-%m-%d %H:%M} UTC"
    click.echo(
        f"Paste it into the LMS where tools are registered. It works once, until {until}, for "
        f"{invited.organisation}; whoever has it can use it. Opened in a browser it says where to paste it.",
        err=True,
    )
