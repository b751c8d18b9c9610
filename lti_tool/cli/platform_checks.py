"""`lti-tool platforms check`: the health check of a connection, a sentence and a remedy for each finding."""

import click

from lti_tool import clock
from lti_tool.cli import application
from lti_tool.errors import NotFound
from lti_tool.services import platform_checks as service
from lti_tool.services.platform_checks import Finding
from lti_tool.transactions import transaction

# What was found, and what to do about it where something is to be done; {detail} is what was seen.
SENTENCES: dict[str, tuple[str, str | None]] = {
    "active": ("The connection is switched on.", None),
    "suspended": (
        "The connection is paused: launches are refused, nothing is sent or read.",
        "`lti-tool platforms suspend ID --resume` ends the pause.",
    ),
    "addresses-safe": ("Its addresses use https, or their hosts are allowed by OUTBOUND_ALLOW.", None),
    "address-unsafe": (
        "Some of its addresses are not https: {detail}.",
        "Correct them in the LMS and register it anew, or name the host in LTI_TOOL_OUTBOUND_ALLOW "
        "if the LMS is in your own network.",
    ),
    "keys-found": ("Its key set can be read; usable RSA keys: {detail}.", None),
    "keys-unusable": (
        "Its key set holds no RSA key of 2048 bits or more with a key id. {detail}",
        "Compare the key set address with the one that the LMS shows; it should end in a list of keys.",
    ),
    "keys-unreachable": (
        "Its key set cannot be read: {detail}.",
        "Without it nobody gets in. Open the key set address from this server; if the LMS is in your own "
        "network, name its host in LTI_TOOL_OUTBOUND_ALLOW.",
    ),
    "token-granted": ("It gives us an access token for: {detail}.", None),
    "token-partial": (
        "It gives us an access token, but not for: {detail}.",
        "Where grades or rosters are wanted, switch these services on for the tool in the LMS.",
    ),
    "token-refused": (
        "It refuses us an access token: {detail}.",
        "Activate the tool in the LMS, check that it reads our key set (Public keyset URL), and that the "
        "services for grades and members are switched on there.",
    ),
    "token-unreachable": (
        "Its access token address did not answer usefully: {detail}.",
        "Grades and rosters wait until it does. Check the address, and whether this server may call it.",
    ),
    "clock-agrees": ("Its clock and ours agree.", None),
    "clock-differs": (
        "Its clock and ours are {detail} apart (hours:minutes:seconds).",
        "Set both by NTP: launches are refused from a minute on.",
    ),
    "clock-unknown": ("Its clock is not known: no usable Date came with its key set.", None),
    "deployments-known": ("Accepted deployments: {detail}.", None),
    "deployments-none": (
        "No deployment is known yet.",
        "The first launch brings it, or `lti-tool platforms approve ID DEPLOYMENT` names it beforehand.",
    ),
    "deployments-waiting": (
        "Deployments that wait for approval: {detail}.",
        "`lti-tool platforms list` shows them, `lti-tool platforms approve ID DEPLOYMENT` lets one in.",
    ),
    "launched": ("The last launch was let in at {detail}.", None),
    "never-launched": ("No launch was let in yet.", "Open the tool from a course of the LMS."),
}


@click.command(help="Try a connection out: key set, access token, clock, deployments.")
@click.argument("platform_id", metavar="ID", type=int)
def check(platform_id: int) -> None:
    """Check a platform; exit code 1 when something is wrong."""
    app = application.made_and_ready()
    with app.app_context():
        try:
            findings = service.check(platform_id, clock.now(), transaction)
        except NotFound:
            raise click.ClickException(f"There is no platform {platform_id}.") from None
    for finding in findings:
        for line in lines_of(finding, platform_id):
            click.echo(line)
    wrong = sum(not finding.ok for finding in findings)
    if wrong:
        raise click.ClickException(f"Findings that need a remedy: {wrong}.")


def lines_of(finding: Finding, platform_id: int) -> list[str]:
    """Say a finding in words: the sentence, and below it the remedy if there is one."""
    sentence, remedy = SENTENCES[finding.code]
    lines = [f"{'ok' if finding.ok else 'PROBLEM':<8} {sentence.format(detail=finding.detail or '').strip()}"]
    if remedy:
        lines.append(f"{'':<8} {remedy.replace(' ID', f' {platform_id}')}")
    return lines
