"""`lti-tool search …`: the full-text index."""

import click

from lti_tool import clock
from lti_tool.cli import application
from lti_tool.services import search_filling
from lti_tool.transactions import transaction


@click.group(help="The full-text index.")
def search() -> None:
    """Hold the commands of the index together."""


@search.command(help="Make the index anew, from what stands in the database. People may go on searching.")
def rebuild() -> None:
    """Rebuild the index."""
    app = application.made_and_ready()
    done = total = 0
    with app.app_context():
        for done, total in search_filling.rebuild(clock.now, transaction):
            click.echo(f"\r{done:,} of {total:,}", nl=False, err=True)
    click.echo("", err=True)
    click.echo(f"The index holds {done:,} contributions.")
