"""`lti-tool db …`: the schema, and copies of a SQLite database."""

from pathlib import Path

import click
from flask_migrate import downgrade

from lti_tool.cli import application
from lti_tool.services import backups


@click.group(help="The database: its schema, and copies of it.")
def db() -> None:
    """Hold the commands of the database together."""


@db.command(help="Bring the schema up to date; data is kept. Safe to run again.")
def upgrade() -> None:
    """Run the migrations that are missing."""
    app = application.made()
    erased = application.upgraded(app)
    click.echo("The schema is up to date.")
    if erased:
        click.echo(f"Erased again, as the journal of erasures says: {erased}.")


@db.command(help="Take the last migration back, to return to the release before.")
@click.confirmation_option(prompt="Take the last migration back?")
def back() -> None:
    """Undo one migration."""
    app = application.made()
    with app.app_context():
        downgrade()
    click.echo("The last migration was taken back.")


@db.command(help="Copy the SQLite database into FILE while everything runs; an older FILE is replaced.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Make a copy of the database."""
    with application.made().app_context():
        try:
            backups.copy_to(file)
        except backups.BackupImpossible as problem:
            raise click.ClickException(str(problem)) from None
    click.echo(f"The database was copied to {file} ({file.stat().st_size:,} bytes).")


@db.command(help="Put the copy in FILE in the place of the SQLite database. Stop all processes first.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="Replace the database by this copy? Every process must be stopped.")
def restore(file: Path) -> None:
    """Put a copy of the database back."""
    with application.made().app_context():
        try:
            backups.restore_from(file)
        except backups.BackupImpossible as problem:
            raise click.ClickException(str(problem)) from None
    click.echo(f"The database is the copy {file} again. Now run: lti-tool db upgrade")
