"""`lti-tool platforms …`: the LMSs that may launch the tool."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

import click

from lti_tool import clock, settings
from lti_tool.cli import application
from lti_tool.cli.invitations import invite
from lti_tool.cli.platform_checks import check
from lti_tool.cli.successions import succeed
from lti_tool.errors import NotFound, Stale
from lti_tool.services import platform_list
from lti_tool.services import platforms as service
from lti_tool.services.platform_list import PlatformLine
from lti_tool.services.platforms import Registration
from lti_tool.transactions import reading, transaction


@click.group(help="The LMSs that may launch the tool.")
def platforms() -> None:
    """Hold the commands of platforms together."""


def _address(context, parameter, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.BadParameter("give a whole address, such as https://lms.example.org/mod/lti/auth.php")
    return value


@platforms.command(help="Register an LMS by hand; prints what the LMS asks for in return.")
@click.option("--name", help="What you call it. Default: the host of the issuer.")
@click.option("--issuer", required=True, help="Platform id, exactly as the LMS shows it.")
@click.option("--client-id", required=True, help="Client id that the LMS gave the tool.")
@click.option("--auth-url", required=True, callback=_address, help="Authentication request address.")
@click.option("--token-url", required=True, callback=_address, help="Access token address.")
@click.option("--jwks-url", required=True, callback=_address, help="Public key set of the LMS.")
@click.option("--token-audience", help="Only where it differs from the token address (Brightspace).")
@click.option("--deployment-id", "deployment_ids", multiple=True, help="May be repeated; others are refused.")
@click.option("--accept-deployments", is_flag=True, help="Let every deployment of this client id in.")
@click.option("--organisation", help="Whose it is; made when new. Default: the only one there is.")
def add(name: str | None, organisation: str | None, **given) -> None:
    """Register a platform."""
    app = application.made_and_ready()
    registration = Registration(name=name or urlsplit(given["issuer"]).hostname or given["issuer"], **given)
    with app.app_context():
        base_url = settings.current().base_url
        try:
            with transaction():
                platform = service.add(registration, organisation, base_url, clock.now())
        except Stale:
            raise click.ClickException(
                "This issuer with this client id is registered already; `lti-tool platforms list` shows it."
            ) from None
        click.echo(f"Platform {platform.id} added: {platform.name}")
        for label, value in _ours(base_url):
            click.echo(f"  {label:<22} {value}")


def _ours(base_url: str) -> list[tuple[str, str]]:
    return [
        ("Tool URL", f"{base_url}/lti/launch"),
        ("Initiate login URL", f"{base_url}/lti/login"),
        ("Redirection URI", f"{base_url}/lti/launch"),
        ("Public keyset URL", f"{base_url}/lti/jwks.json"),
    ]


@platforms.command("list", help="Show the platforms: whose they are, how they do, what waits.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_them(as_json: bool) -> None:
    """List the platforms."""
    app = application.made_and_ready()
    with app.app_context(), reading():
        lines = platform_list.overview()
        if as_json:
            click.echo(json.dumps([_record(line) for line in lines], indent=2))
            return
        for words in (words for line in lines for words in _words(line)):
            click.echo(words)
    if not lines:
        click.echo(
            "No platform yet. `lti-tool platforms invite --name …` prints an address that connects one; "
            "`lti-tool platforms add --help` says how to do it by hand."
        )


def _record(line: PlatformLine) -> dict:
    platform = line.platform
    return {
        "id": platform.id,
        "name": platform.name,
        "organisation": line.organisation,
        "product": platform.product,
        "product_version": platform.product_version,
        "issuer": platform.issuer,
        "client_id": platform.client_id,
        "state": platform.state.value,
        "replaced_by": line.replaced_by,
        "deployment_policy": platform.deployment_policy.value,
        "last_launch_at": _moment(line.last_launch),
        "checked_at": _moment(platform.checked_at),
        "well": line.well,
        "deployments": [
            {
                "deployment_id": one.deployment_id,
                "organisation": one.organisation,
                "state": one.state.value,
            }
            for one in line.deployments
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _words(line: PlatformLine) -> list[str]:
    platform = line.platform
    product = " ".join(filter(None, (platform.product, platform.product_version))) or "product not known yet"
    state = "removed" if platform.removed_at else platform.state.value
    state = f"replaced by platform {line.replaced_by}" if line.replaced_by else state
    health = {True: "well", False: "problems found", None: "never"}[line.well]
    checked = f"{health} ({_written(platform.checked_at)})" if platform.checked_at else "never"
    launched = _written(line.last_launch) if line.last_launch else "never"
    return [
        f"{platform.id:>4}  {platform.name}  [{state}]  {line.organisation}, {product}",
        f"      issuer {platform.issuer}, client id {platform.client_id}",
        f"      last launch {launched}, last check {checked}",
        *(
            f"      deployment {one.deployment_id}  {one.organisation}"
            + ("  WAITING: `lti-tool platforms approve` lets it in" if one.waits else "")
            for one in line.deployments
        ),
    ]


@platforms.command(help="Let a deployment in that waits, or name one before its first launch.")
@click.argument("platform_id", metavar="ID", type=int)
@click.argument("deployment_id", metavar="DEPLOYMENT")
@click.option(
    "--organisation",
    help="Whose deployment it is (Blackboard: a tenant of its own); made when new. Default: the platform's.",
)
def approve(platform_id: int, deployment_id: str, organisation: str | None) -> None:
    """Approve a deployment."""
    app = application.made_and_ready()
    with app.app_context(), _in_words(platform_id):
        base_url = settings.current().base_url
        with transaction():
            service.approve(platform_id, deployment_id, clock.now(), organisation, base_url)
    click.echo(f"Deployment {deployment_id} of platform {platform_id} may launch the tool.")


@platforms.command(help="Pause a platform: its launches are refused, nothing is sent to it or read from it.")
@click.argument("platform_id", metavar="ID", type=int)
@click.option("--resume", is_flag=True, help="End the pause.")
def suspend(platform_id: int, resume: bool) -> None:
    """Suspend a platform, or end that."""
    app = application.made_and_ready()
    with app.app_context(), _in_words(platform_id), transaction():
        change = service.resume if resume else service.suspend
        name = change(platform_id, clock.now()).name
    if resume:
        click.echo(f"Platform {platform_id}, {name}, may launch the tool again.")
    else:
        click.echo(f"Platform {platform_id}, {name}, is paused. `--resume` ends that; nothing is lost.")


@contextmanager
def _in_words(platform_id: int) -> Iterator[None]:
    """Turn refusals into sentences for whoever typed the command."""
    try:
        yield
    except NotFound:
        raise click.ClickException(f"There is no platform {platform_id}.") from None
    except Stale as stale:
        raise click.ClickException(REFUSALS[stale.code].format(id=platform_id)) from None


REFUSALS = {
    "platform-replaced": (
        "Platform {id} was replaced by another registration. `lti-tool platforms succeed {id} NEW --undo` "
        "undoes that; resuming it alone would divide its people between the two."
    ),
    "platform-removed": (
        "Platform {id} was removed. Connect the LMS again; `lti-tool platforms succeed {id} NEW` then lets "
        "its communities go on."
    ),
    "deployment-has-communities": (
        "This deployment has communities already, which belong to its present organisation. "
        "Only a deployment without any can be given to another one."
    ),
}

platforms.add_command(check)
platforms.add_command(invite)
platforms.add_command(succeed)
