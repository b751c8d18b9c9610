"""`lti-tool doctor`: says what is wrong with this installation and how to mend it. Changes nothing."""

import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import asdict

import click
from flask import Config, Flask

from lti_tool import clock, jobs, settings
from lti_tool.cli import application, secrets
from lti_tool.errors import UnsafeSettings
from lti_tool.patience import Patience
from lti_tool.services import diagnosis_inbox, diagnosis_reach, diagnosis_settings, diagnosis_state
from lti_tool.services.findings import Finding, Level, well, wrong

SIGNS = {Level.WELL: "✓", Level.NOTE: "·", Level.WARNING: "!", Level.WRONG: "✗"}
DATABASE_PATIENCE = 15.0
# Something to go on with in place of a setting that is refused, so that the next refusal is found as well.
STAND_INS = {
    "BASE_URL": "http://127.0.0.1",
    "DATABASE_URL": "",
    "QUEUE_URL": "",
    "STORAGE_URL": "",
    "FILE_LIMIT": "25000000",
    "STORAGE_LIMIT": "2000000000",
    "TIME_ZONE": "Europe/Paris",
    "OUTBOUND_ALLOW": "",
    "OUTBOUND_PROXY": "",
    "OUTBOUND_PER_HOST": "4",
    "TRUSTED_PROXIES": "0",
    "MAIL_URL": "",
    "MAIL_FROM": "",
    "INBOUND_MAIL_URL": "",
    "REPLY_ADDRESS": "",
    "OIDC_ISSUER": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
    "CONTACT": "",
    "OPERATOR": "",
    "DATA_PROTECTION_CONTACT": "",
    "HOSTED_BY": "",
    "LEGAL_BASIS": "",
    "AUTHORITY": "",
    "LOG_FORMAT": "text",
    "GRADE_EVIDENCE_DAYS": "365",
}


@click.command(help="Say what is wrong with this installation and how to mend it. Changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Look at everything, print what was found; exit code 1 when something is wrong."""
    found: list[Finding] = []
    for finding in _findings():
        found.append(finding)
        if not as_json:
            _print(finding)
    ill = sum(finding.level is Level.WRONG for finding in found)
    if as_json:
        click.echo(json.dumps({"ok": not ill, "findings": [asdict(one) for one in found]}, indent=2))
    else:
        click.echo(f"\n{_summary(ill, sum(one.level is Level.WARNING for one in found))}")
    sys.exit(1 if ill else 0)


def _print(finding: Finding) -> None:
    click.echo(f"{SIGNS[finding.level]} {finding.subject + ':':<11} {finding.sentence}")
    if finding.remedy:
        for line in textwrap.wrap(finding.remedy, 90, break_long_words=False, break_on_hyphens=False):
            click.echo(f"{'':<14}{line}")


def _summary(ill: int, warned: int) -> str:
    if ill:
        return (
            f"{ill} things to mend, {warned} to look at."
            if ill > 1
            else f"1 thing to mend, {warned} to look at."
        )
    return "All is well." if not warned else f"Nothing is broken; {warned} to look at."


def _findings() -> Iterator[Finding]:
    """Look at one thing after the other: what was found is printed while the next one takes its time."""
    strangers = diagnosis_settings.unknown_variables(os.environ, _known_settings())
    refused = _refused_settings()
    yield from [*strangers, *refused]
    if refused:
        return
    if not strangers:
        yield well("settings", "Every LTI_TOOL_ variable is a setting, and every setting can be worked with.")
    app = application.made()
    chosen = app.extensions["settings"]
    checks: tuple[Callable[[], list[Finding]], ...] = (
        lambda: diagnosis_settings.secrets(chosen),
        lambda: diagnosis_settings.proxies(chosen),
        lambda: diagnosis_settings.notice(chosen),
        lambda: diagnosis_settings.outbound(chosen),
        lambda: diagnosis_reach.address(chosen),
        lambda: diagnosis_reach.files(chosen),
        lambda: _database(app),
        lambda: _queue(chosen),
        lambda: diagnosis_reach.mail(chosen),
        lambda: diagnosis_inbox.inbox(chosen),
    )
    for check in checks:
        yield from check()


def _known_settings() -> list[str]:
    """Return the names of all settings: those that configs/default.py explains."""
    explained = Config(str(settings.directory("configs")))
    explained.from_pyfile("default.py")
    return list(explained)


def _refused_settings() -> list[Finding]:
    """Return a finding for every setting that the tool cannot be started with."""
    found: list[Finding] = []
    stand_ins: dict[str, str] = {}
    environment = os.environ.get("LTI_TOOL_ENVIRONMENT", "production")
    while True:
        try:
            settings.load(Flask("doctor"), environment, dict(stand_ins))
            return found
        except UnsafeSettings as refusal:
            found.append(
                wrong("settings", refusal.facts["sentence"], "Mend it, then run `lti-tool doctor` again.")
            )
            name = refusal.facts.get("setting")
            if name is None or name in stand_ins:
                return found
            stand_ins[name] = {**STAND_INS, **secrets.made()}.get(name, "")


def _database(app: Flask) -> list[Finding]:
    chosen = app.extensions["settings"]
    missing = diagnosis_state.missing_database(chosen)
    if missing:
        return missing
    answer = Patience(DATABASE_PATIENCE).ask(app, lambda: diagnosis_state.state(chosen, clock.now()))
    return answer or diagnosis_state.unreachable_database(chosen)


def _queue(chosen: settings.Settings) -> list[Finding]:
    found = diagnosis_reach.queue_file(chosen)
    if found:
        return found
    kind = chosen.queue_url.partition(":")[0]
    try:
        waiting = jobs.queue_for(chosen).pending_count()
    except jobs.QUEUE_DOWN as problem:
        return [
            wrong(
                "queue",
                f"The queue ({kind}) cannot be used ({type(problem).__name__}): the workers are not woken.",
                "Start it; check LTI_TOOL_QUEUE_URL. Nothing is lost; all is done when it is back.",
            )
        ]
    return [well("queue", f"The queue ({kind}) answers; calls waiting in it: {waiting}.")]
