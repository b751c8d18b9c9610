"""`lti-tool platforms …`: the LMSs that may launch the tool."""

import json
from urllib.parse import urlsplit

import click

from lti_tool import clock, settings
from lti_tool.cli import application
from lti_tool.errors import NotFound, Stale
from lti_tool.services import platforms as service
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


@platforms.command("list", help="Show the platforms and their deployments.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_them(as_json: bool) -> None:
    """List the platforms."""
    app = application.made_and_ready()
    with app.app_context(), reading():
        rows = [_row(platform) for platform in service.listed()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row['id']:>4}  {row['name']}  ({row['issuer']}, client {row['client_id']}, {row['state']})"
        )
        for deployment in row["deployments"]:
            click.echo(f"      deployment {deployment['deployment_id']}: {deployment['state']}")
    if not rows:
        click.echo("No platform yet. `lti-tool platforms add --help` says how to add one.")


def _row(platform) -> dict:
    return {
        "id": platform.id,
        "name": platform.name,
        "issuer": platform.issuer,
        "client_id": platform.client_id,
        "state": platform.state.value,
        "deployment_policy": platform.deployment_policy.value,
        "deployments": [
            {"deployment_id": one.deployment_id, "state": one.state.value} for one in platform.deployments
        ],
    }


@platforms.command(help="Let a deployment in that waits, or name one before its first launch.")
@click.argument("platform_id", type=int)
@click.argument("deployment_id")
def approve(platform_id: int, deployment_id: str) -> None:
    """Approve a deployment."""
    app = application.made_and_ready()
    with app.app_context():
        try:
            with transaction():
                service.approve(platform_id, deployment_id, clock.now())
        except NotFound:
            raise click.ClickException(f"There is no platform {platform_id}.") from None
    click.echo(f"Deployment {deployment_id} of platform {platform_id} may launch the tool.")
