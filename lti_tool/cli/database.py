"""`lti-tool db …`: the schema."""

import click
from flask_migrate import downgrade

from lti_tool.cli import application


@click.group(help="The database's schema.")
def db() -> None:
    """Hold the commands of the schema together."""


@db.command(help="Bring the schema up to date; data is kept. Safe to run again.")
def upgrade() -> None:
    """Run the migrations that are missing."""
    app = application.made()
    application.upgraded(app)
    click.echo("The schema is up to date.")


@db.command(help="Take the last migration back, to return to the release before.")
@click.confirmation_option(prompt="Take the last migration back?")
def back() -> None:
    """Undo one migration."""
    app = application.made()
    with app.app_context():
        downgrade()
    click.echo("The last migration was taken back.")
