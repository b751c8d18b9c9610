"""`lti-tool platforms check`: the health check of a connection, a sentence and a remedy for each finding.

The sentences are those of the console (`templates/components/platform_checks.html`), in English; below them
stands the command where there is one.
"""

import html

import click
from flask import Flask
from flask_babel import force_locale

from lti_tool import clock
from lti_tool.cli import application
from lti_tool.errors import NotFound
from lti_tool.services import platform_checks as service
from lti_tool.services import platform_health
from lti_tool.services.platform_checks import Finding, Level
from lti_tool.transactions import reading, transaction

# What the operator can type, by the code of a finding or by what lies behind it.
COMMANDS = {
    "suspended": "`lti-tool platforms suspend {id} --resume` ends the pause.",
    "deployments-waiting": (
        "`lti-tool platforms list` shows them, `lti-tool platforms approve {id} DEPLOYMENT` lets one in."
    ),
    "deployments-none": "`lti-tool platforms approve {id} DEPLOYMENT` names one before its first launch.",
    "deployment-waiting": "`lti-tool platforms approve {id} DEPLOYMENT` lets it in.",
    "deployment-unknown": "`lti-tool platforms approve {id} DEPLOYMENT` lets it in.",
}
WORDS = {Level.WELL: "ok", Level.LOOK: "LOOK", Level.BROKEN: "PROBLEM"}


@click.command(help="Try a connection out: key set, token, grades, roster, clock, deployments.")
@click.argument("platform_id", metavar="ID", type=int)
def check(platform_id: int) -> None:
    """Check a platform; exit code 1 when something is wrong."""
    app = application.made_and_ready()
    with app.app_context():
        try:
            with reading():
                product = platform_health.product_of(platform_id)
            findings = service.check(platform_id, clock.now(), transaction)
        except NotFound:
            raise click.ClickException(f"There is no platform {platform_id}.") from None
        for finding in findings:
            for line in lines_of(app, finding, platform_id, product):
                click.echo(line)
    wrong = sum(not finding.ok for finding in findings)
    if wrong:
        raise click.ClickException(f"Findings that need a remedy: {wrong}.")


def lines_of(app: Flask, finding: Finding, platform_id: int, product: str) -> list[str]:
    """Say a finding in words: the sentence, and below it what to change and what to type, if there is any."""
    with force_locale("en"):
        said = app.jinja_env.get_template("components/platform_checks.html").module
        sentence, remedy = said.finding_sentence(finding), said.finding_remedy(finding, product)
    command = COMMANDS.get(finding.code) or COMMANDS.get(finding.cause or "")
    below = [html.unescape(str(remedy)).strip(), command.format(id=platform_id) if command else ""]
    return [
        f"{WORDS[finding.level]:<8} {html.unescape(str(sentence)).strip()}",
        *(f"{'':<8} {words}" for words in below if words),
    ]
