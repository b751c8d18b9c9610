"""Our signing key, as the edges ask for it."""

from datetime import datetime

from lti_tool.lti import keys


def make_first_key(now: datetime) -> None:
    """Make the signing key unless there is one: once, whatever the number of processes that start."""
    keys.ensure_signing_key(now)
