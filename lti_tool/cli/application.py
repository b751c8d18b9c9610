"""The application as commands need it: made from the environment, its schema checked."""

import os

import click
from flask import Flask
from flask_migrate import upgrade

from lti_tool import clock, create_app, transactions
from lti_tool.services import erasure, schema_version, signing
from lti_tool.services.erasure_journal import JournalUnusable


def made(**overrides) -> Flask:
    """Make the application of this machine; LTI_TOOL_ENVIRONMENT names the file in configs/."""
    return create_app(os.environ.get("LTI_TOOL_ENVIRONMENT", "production"), overrides)


def made_and_ready(**overrides) -> Flask:
    """Make the application and refuse to go on when its schema is not the one this release knows."""
    app = made(**overrides)
    with app.app_context():
        problem = schema_version.problem()
        if problem:
            raise click.ClickException(problem)
        with transactions.transaction():
            signing.make_first_key(clock.now())
    return app


def upgraded(app: Flask) -> int:
    """Bring the schema up to date, and erase again whom an older copy of the database brought back.

    Returns how many people were erased.
    """
    with app.app_context():
        upgrade()
        try:
            return erasure.replay(clock.now(), transactions.transaction)
        except JournalUnusable as problem:
            raise click.ClickException(f"The schema is up to date. {problem.facts['sentence']}") from None
        except OSError as problem:
            raise click.ClickException(
                f"The schema is up to date. The journal of erasures cannot be used: {problem}."
            ) from None
