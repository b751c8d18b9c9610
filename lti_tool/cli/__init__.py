"""The command line, `lti-tool`: every command says what it does, fails loudly and in words."""

import sys

import click

from lti_tool import __version__
from lti_tool.cli import (
    admins,
    database,
    demo,
    doctor,
    keys,
    people,
    platforms,
    search,
    secrets,
    seed,
    server,
)
from lti_tool.errors import ToolError, UnsafeSettings


@click.group(help="Community Value: a learning community inside an LMS course.")
@click.version_option(__version__, prog_name="lti-tool")
def tool() -> None:
    """Hold the commands together."""


for part in (
    demo.demo,
    server.serve,
    server.worker,
    database.db,
    platforms.platforms,
    admins.admins,
    people.people,
    keys.keys,
    secrets.secrets,
    doctor.doctor,
    search.search,
    seed.seed,
):
    tool.add_command(part)


def main() -> None:
    """Run the command line; a refusal is one sentence on standard error and exit code 1."""
    try:
        tool(standalone_mode=True)
    except UnsafeSettings as refusal:
        print(f"lti-tool: {refusal.facts['sentence']}", file=sys.stderr)
        sys.exit(2)
    except ToolError as refusal:
        details = ", ".join(f"{name} {value}" for name, value in refusal.facts.items())
        print(f"lti-tool: {refusal.code} {details}".rstrip(), file=sys.stderr)
        sys.exit(1)
