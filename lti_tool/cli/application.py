"""The application as commands need it: made from the environment, its schema checked."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import click
from flask import Flask
from flask_migrate import upgrade

from lti_tool import clock, create_app, transactions
from lti_tool.services import erasure, schema_version, signing, storage_bucket
from lti_tool.services.erasure_journal import JournalUnusable
from lti_tool.settings import Bucket


def made(**overrides) -> Flask:
    """Make the application of this machine; LTI_TOOL_ENVIRONMENT names the file in configs/."""
    return create_app(os.environ.get("LTI_TOOL_ENVIRONMENT", "production"), overrides)


def made_and_ready(**overrides) -> Flask:
    """Make the application and refuse to go on when its schema is not the one this release knows."""
    app = made(**overrides)
    _must_reach_the_bucket(app.extensions["settings"].storage_bucket)
    with app.app_context():
        problem = schema_version.problem()
        if problem:
            raise click.ClickException(problem)
        with transactions.transaction():
            signing.make_first_key(clock.now())
    return app


def _must_reach_the_bucket(bucket: Bucket | None) -> None:
    """Refuse to go on when nothing can be kept in the bucket of STORAGE_URL.

    Tried in a process of its own: what the library has opened must not be carried over a fork of ours.
    """
    if bucket is None:
        return
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        problem = apart.submit(storage_bucket.trouble_with, bucket).result()
    if problem:
        raise click.ClickException(f"LTI_TOOL_STORAGE_URL: {problem}")


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
