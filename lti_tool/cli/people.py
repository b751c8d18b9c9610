"""`lti-tool people …`: what the law asks for, export and erasure, and how to find the number of a person."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from lti_tool import clock
from lti_tool.cli import application
from lti_tool.errors import NotFound
from lti_tool.services import accounts, erasure, person_export, storage
from lti_tool.services.accounts import Account
from lti_tool.services.erasure_journal import FOLDER, JournalUnusable
from lti_tool.transactions import reading, transaction


@click.group(help="People: find one, export what is held about them, erase them.")
def people() -> None:
    """Hold the commands of people together."""


@people.command("list", help="Find people by a part of their name, mail address or id in the LMS.")
@click.option("--search", required=True, metavar="TEXT", help="Capitals and accents do not matter.")
def list_them(search: str) -> None:
    """List accounts with their numbers. One person may have several: one for each registration of an LMS."""
    app = application.made_and_ready()
    with app.app_context(), reading():
        rows = accounts.found(search)
    for account in rows:
        courses = ", ".join(account.courses) or "no course"
        click.echo(f"{account.id:>6}  {_called(account)}  {_platform(account)}  {courses}")
    if not rows:
        click.echo("Nobody is called like that.")
    if len(rows) == accounts.MOST_FOUND:
        click.echo(f"These are the first {len(rows)}; say more of the name.")


@people.command(help="Print everything that is held about person ID, as JSON.")
@click.argument("user_id", metavar="ID", type=int)
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Write it into this file.")
def export(user_id: int, to: Path | None) -> None:
    """Export one account."""
    app = application.made_and_ready()
    with app.app_context(), reading(), _known(user_id):
        text = json.dumps(person_export.of_person(user_id, clock.now()), ensure_ascii=False, indent=2)
    if to is None:
        click.echo(text)
        return
    try:
        to.touch(mode=0o600)
        to.chmod(0o600)  # of a file that was there as well
        to.write_text(text + "\n", encoding="utf-8")
    except OSError as problem:
        raise click.ClickException(f"{to} cannot be written: {problem.strerror}.") from None
    click.echo(f"Written to {to}, which your account alone may read. It holds personal data.", err=True)


@people.command(help="Erase person ID for good: what they wrote stays, nothing says who it was.")
@click.argument("user_id", metavar="ID", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(user_id: int, yes: bool) -> None:
    """Say who it is, ask, and erase them."""
    app = application.made_and_ready()
    with app.app_context(), _known(user_id):
        with reading():
            account, written = accounts.one(user_id), accounts.written_by(user_id)
        if account.erased_at is not None:
            click.echo(f"Person {user_id} was erased on {account.erased_at:%Y-%m-%d}. Nothing is to be done.")
            return
        click.echo(f"Person {user_id}: {_called(account)}, {_platform(account)}")
        click.echo(f"Courses: {', '.join(account.courses) or 'none'}")
        click.echo(f"Posts {written.posts}, replies {written.comments}: they stay, by “A former member”.")
        if not yes:
            click.confirm("Erase this person for good? It cannot be undone.", abort=True)
        with _journal_in_words():
            erasure.erase(user_id, clock.now(), transaction)
    click.echo(f"Person {user_id} is erased. Scores in the LMS stay there; nothing more is sent.")


@contextmanager
def _known(user_id: int) -> Iterator[None]:
    try:
        yield
    except NotFound:
        raise click.ClickException(
            f"There is no person {user_id}; `lti-tool people list --search TEXT` finds them."
        ) from None


@contextmanager
def _journal_in_words() -> Iterator[None]:
    try:
        yield
    except JournalUnusable as problem:
        raise click.ClickException(f"{problem.facts['sentence']} Then run it again.") from None
    except OSError as problem:
        raise click.ClickException(
            f"The journal of erasures in {storage.where(FOLDER)} cannot be written ({problem.strerror}). "
            "Mend that and run it again."
        ) from None


def _called(account: Account) -> str:
    named = " / ".join(account.names) or "without a name"
    return f"{named} <{account.email}>" if account.email else named


def _platform(account: Account) -> str:
    return f"{account.platform} (platform {account.platform_id}, {account.sub})"
