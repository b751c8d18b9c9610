"""`lti-tool admins …`: who may enter the console, and their one-use links."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from lti_tool import clock, settings
from lti_tool.cli import application
from lti_tool.errors import NotFound, Unfit
from lti_tool.services import administrators, second_factor, sign_in
from lti_tool.services.administrators import Listed
from lti_tool.transactions import reading, transaction


def _address(context, parameter, value: str) -> str:
    if not administrators.is_address(value.strip()):
        raise click.BadParameter("this is not a mail address")
    return value.strip()


@click.group(help="Who may enter the console, and their links.")
def admins() -> None:
    """Hold the commands of administrators together."""


@admins.command(help="Print a one-use sign-in link for EMAIL; the account is made when it is new.")
@click.argument("email", callback=_address)
@click.option(
    "--organisation", help="Whose deployments they look after; made when new. Default: the only one."
)
@click.option("--operator", is_flag=True, help="Let them see all organisations and the whole installation.")
@click.option(
    "--hours", default=24, show_default=True, type=click.IntRange(1, 168), help="How long it is good."
)
def add(email: str, organisation: str | None, operator: bool, hours: int) -> None:
    """Make or widen an account and print a link, which is shown this once."""
    if operator and organisation:
        raise click.UsageError("An operator sees every organisation: give one of the two.")
    app = application.made_and_ready()
    with app.app_context():
        base_url, now = settings.current().base_url, clock.now()
        with _which_organisation(), transaction():
            account = administrators.add(email, organisation, operator, base_url, now)
            link = sign_in.link_for(account.id, base_url, now, timedelta(hours=hours))
    click.echo(link)
    click.echo(
        f"It signs {account.email} in once, within {hours} hour{'' if hours == 1 else 's'}; "
        "whoever has it can use it.",
        err=True,
    )


@admins.command("list", help="List administrators.")
def list_them() -> None:
    """List accounts with what they may see."""
    app = application.made_and_ready()
    with app.app_context(), reading():
        rows = administrators.listed()
    for row in rows:
        click.echo(f"{row.email}  {_sees(row)}  {_last(row)}")
    if not rows:
        click.echo("There is none; `lti-tool admins add EMAIL --operator` makes the first.")


@admins.command(help="Let EMAIL in no more; their sessions and links end at once.")
@click.argument("email", callback=_address)
def disable(email: str) -> None:
    """Disable an account; `admins add` lets it in again."""
    app = application.made_and_ready()
    with app.app_context(), _in_words(email), transaction():
        administrators.disable(email, clock.now())
    click.echo(f"{email} is let in no more.")


@admins.command(help="Let EMAIL look after an organisation no more; the account stays.")
@click.argument("email", callback=_address)
@click.option("--organisation", required=True, help="Its name, as `admins list` shows it.")
def withdraw(email: str, organisation: str) -> None:
    """Take an organisation away from an account; it holds for open sessions, too."""
    app = application.made_and_ready()
    with app.app_context(), _in_words(email, organisation), transaction():
        administrators.withdraw(email, organisation, clock.now())
    click.echo(f"{email} looks after {organisation} no more.")


@admins.command(help="Switch the second factor of EMAIL off, where app and recovery codes are lost.")
@click.argument("email", callback=_address)
def reset(email: str) -> None:
    """Take the second factor off; sessions and links end, so that a new link is needed."""
    app = application.made_and_ready()
    with app.app_context(), _in_words(email), transaction():
        second_factor.reset(email, clock.now())
    click.echo(f"{email} has no second factor any more. `lti-tool admins add {email}` prints a link.")


@contextmanager
def _which_organisation() -> Iterator[None]:
    try:
        yield
    except Unfit:
        raise click.ClickException(
            "There are several organisations: say by --organisation whose deployments they look after, "
            "or let them see all by --operator."
        ) from None


@contextmanager
def _in_words(email: str, organisation: str = "") -> Iterator[None]:
    """Turn a refusal into a sentence for whoever typed the command."""
    try:
        yield
    except NotFound as refusal:
        if refusal.code == "not-looked-after":
            raise click.ClickException(
                f"{email} does not look after {organisation}; `lti-tool admins list` shows who does."
            ) from None
        raise click.ClickException(f"There is no administrator {email}.") from None


def _sees(row: Listed) -> str:
    if row.disabled_at is not None:
        return "disabled"
    if row.operator:
        return "operator"
    return ", ".join(one.name for one in row.organisations) or "no organisation"


def _last(row: Listed) -> str:
    return f"last signed in {row.signed_in_at:%Y-%m-%d}" if row.signed_in_at else "never signed in"
