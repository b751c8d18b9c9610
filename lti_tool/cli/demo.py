"""`lti-tool demo`: tool, worker, a living course and a small LMS on one machine, with nothing to set up."""

import json
import logging
import os
import shutil
import signal
import socket
from datetime import timedelta
from functools import partial
from pathlib import Path

import click
from flask import Flask

from demo_lms import COURSES, PEOPLE, LmsSettings, Quirks, create_lms
from demo_lms.claims import container_address
from demo_lms.server import LOOPBACK, ServerHandle
from demo_lms.server import serve as serve_on_loopback
from demo_lms.settings import AUTHORIZATION_PATH, KEY_SET_PATH, TOKEN_PATH
from lti_tool import clock, create_app, jobs, logs, settings
from lti_tool.cli import application, secrets
from lti_tool.errors import UnsafeSettings
from lti_tool.services import administrators, invitations, platforms, sample_course, sign_in, signing
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction

PORT, LMS_PORT = 8080, 8081
CLIENT_ID = "community-value-demo"
DEPLOYMENT_ID = "1"
TOOLS_PAGE = "/admin/tools"
OPERATOR = "operator@demo.invalid"
ENDINGS = frozenset({signal.SIGINT, signal.SIGTERM})
"""Ctrl+C, and the polite end by the system."""
INVITED_AS = "Demo LMS, connected by its address"


@click.command(help="Try everything on this machine: tool, worker, a living course and a small LMS.")
@click.option("--port", default=PORT, show_default=True, type=int, help="Port of the tool.")
@click.option("--lms-port", default=LMS_PORT, show_default=True, type=int, help="Port of the small LMS.")
@click.option("--fresh", is_flag=True, help="Start over: forget what was written in the demo.")
def demo(port: int, lms_port: int, fresh: bool) -> None:
    """Run the demo in the foreground until it is interrupted."""
    folder = _folder(port, lms_port)
    _refuse_taken_ports(port, lms_port)
    if fresh and folder.exists():
        shutil.rmtree(folder)
    # Before anything answers or is announced: whoever sees the demo may already press Ctrl+C.
    keep_for_later(ENDINGS)
    click.echo(f"Community Value demo. Its files are in {folder}")
    tool_url, lms_url = f"http://127.0.0.1:{port}", f"http://localhost:{lms_port}"
    app = _prepared_tool(folder, tool_url, lms_url)
    servers = _started(app, folder, port, lms_port, tool_url, lms_url)
    worker = jobs.start_embedded(app)
    click.echo(f"\n  Open {lms_url}/ in your browser.\n")
    click.echo(f"  To try how an LMS is connected, paste this into {lms_url}{TOOLS_PAGE}\n  (once, today):")
    click.echo(f"  {_invitation(app, tool_url)}\n")
    click.echo(
        f"  The console for administrators (this link signs you in once, today):\n  {_sign_in(app, tool_url)}"
    )
    click.echo("\n  Ctrl+C stops the demo; what was written is kept.")
    signal.sigwait(ENDINGS)
    click.echo("\nStopping…")
    for server in servers:
        server.close()
    worker.stop()


def _folder(port: int, lms_port: int) -> Path:
    """Return the demo's folder: one for each pair of ports, since an LMS is known by its address.

    Two demos then never share, or start over, each other's files.
    """
    usual = (port, lms_port) == (PORT, LMS_PORT)
    name = "demo" if usual else f"demo-{port}-{lms_port}"
    return Path(os.environ.get("LTI_TOOL_VAR_DIR", "var")).resolve() / name


def _refuse_taken_ports(*ports: int) -> None:
    for port in ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise click.ClickException(
                    f"Port {port} is taken, perhaps by another demo. Stop it, or choose others: "
                    f"lti-tool demo --port {port + 10} --lms-port {port + 11}"
                )


def _prepared_tool(folder: Path, tool_url: str, lms_url: str) -> Flask:
    folder.mkdir(parents=True, exist_ok=True)
    app = create_app("demo", {"VAR_DIR": str(folder), "BASE_URL": tool_url, **_secrets_of(folder)})
    # The terminal is for the address to open and for trouble, not for every request.
    logs.install(app.extensions["settings"].log_format, logging.WARNING)
    application.upgraded(app)
    now = clock.now()
    with app.app_context():
        with transaction():
            signing.make_first_key(now)
        with transaction():
            _connect(lms_url, tool_url, now)
    return app


def _secrets_of(folder: Path) -> dict[str, str]:
    """Return the demo's secrets, made once; only this account may read the file."""
    file = folder / "secrets.json"
    if not file.exists():
        draft = folder / f"secrets.{os.getpid()}.tmp"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(secrets.made()), encoding="utf-8")
        draft.replace(file)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise UnsafeSettings(sentence=f"{file} cannot be read; start over with --fresh.") from None


def _connect(lms_url: str, tool_url: str, now) -> None:
    """Register the small LMS and fill its courses with life, unless an earlier start of the demo did."""
    if platforms.registered(lms_url, CLIENT_ID) is not None:
        return
    platform = platforms.add(
        Registration(
            name="Demo LMS",
            issuer=lms_url,
            client_id=CLIENT_ID,
            auth_url=lms_url + AUTHORIZATION_PATH,
            token_url=lms_url + TOKEN_PATH,
            jwks_url=lms_url + KEY_SET_PATH,
            deployment_ids=(DEPLOYMENT_ID,),
        ),
        None,
        tool_url,
        now,
    )
    columns_url = partial(container_address, LmsSettings(issuer=lms_url, deployment_id=DEPLOYMENT_ID))
    zone = settings.current().time_zone
    sample_course.fill(platform, DEPLOYMENT_ID, COURSES, PEOPLE, zone, now, columns_url)


def _started(
    app: Flask, folder: Path, port: int, lms_port: int, tool_url: str, lms_url: str
) -> list[ServerHandle]:
    lms = create_lms(
        LmsSettings(
            issuer=lms_url,
            tool_url=tool_url,
            client_id=CLIENT_ID,
            deployment_id=DEPLOYMENT_ID,
            state_file=folder / "lms.json",
            quirks=Quirks(notices_in_launch=True),
        )
    )
    return [serve_on_loopback(app, LOOPBACK, port), serve_on_loopback(lms, LOOPBACK, lms_port)]


def _invitation(app: Flask, tool_url: str) -> str:
    """Make a one-use address by which the small LMS may register the tool once more."""
    with app.app_context(), transaction():
        lifetime = timedelta(days=1)
        return invitations.invite(INVITED_AS, None, tool_url, clock.now(), lifetime).address


def _sign_in(app: Flask, tool_url: str) -> str:
    """Make a one-use link by which whoever tries the demo enters its console."""
    with app.app_context(), transaction():
        now = clock.now()
        account = administrators.add(OPERATOR, None, True, tool_url, now)
        return sign_in.link_for(account.id, tool_url, now, sign_in.LINK_FROM_COMMAND_LINE)


def keep_for_later(endings: frozenset[signal.Signals]) -> None:
    """Let signals wait, in this thread and in those it starts, until `signal.sigwait` asks for them.

    A handler could not say it safely: one that runs while the main thread is about to sleep is not
    heard before something else wakes it, and `threading.Event.set` in it may wait for a lock of that thread.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, endings)
