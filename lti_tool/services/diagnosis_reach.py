"""What can be said of an installation by looking around: its public address, files, mail."""

import json
import os
import shutil
import smtplib
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.lti.connections import default_tls
from lti_tool.lti.http import Answer, OutboundClient
from lti_tool.services import readiness
from lti_tool.services.findings import Finding, note, warning, well, wrong
from lti_tool.services.mail_server import MailServer, PasswordInTheOpen
from lti_tool.services.storage_bucket import PROBE, BucketStore
from lti_tool.settings import Settings, directory

MOST_CLOCK_SECONDS = 5.0
LITTLE_SPACE, VERY_LITTLE_SPACE = 2_000_000_000, 200_000_000
COOKIES = (
    "Over https browsers keep the session cookie (Secure, SameSite=None, Partitioned) in an LMS's frame. "
    "Where a browser refuses it all the same, people are offered a tab of its own."
)


def address(settings: Settings, tls: ssl.SSLContext | None = None) -> list[Finding]:
    """Ask our own public address who answers there; compare clocks, and what proxies tell of the request.

    :param tls: the certificate authorities to believe, those of the system when None.
    """
    host = urlsplit(settings.base_url).hostname or ""
    try:
        with OutboundClient([host], connect_timeout=5, read_timeout=10, total_timeout=15, tls=tls) as client:
            answer = client.request("GET", f"{settings.base_url}/healthz")
    except PlatformUnavailable as problem:
        return [_unreachable(settings.base_url, problem)]
    except ServiceRefused as refusal:
        sentence = f"{settings.base_url} cannot be called: {refusal.words}."
        return [wrong("address", sentence, "Check LTI_TOOL_BASE_URL.")]
    said = _said(answer)
    if said is None:
        return [
            wrong(
                "address",
                f"Something else answers at {settings.base_url} (status {answer.status}).",
                "Let this host name, and the proxy behind it, lead to `lti-tool serve`.",
            )
        ]
    if said["installation"] != readiness.installation(settings.secret_key):
        return [
            wrong(
                "address",
                f"Another installation answers at {settings.base_url}, or one with another SECRET_KEY.",
                "Give every process the same settings, and let the address lead to them.",
            )
        ]
    reached = well("address", f"{settings.base_url} leads to this installation.")
    return [reached, *_cookies(settings, said), *_clock(answer)]


def _unreachable(base_url: str, problem: PlatformUnavailable) -> Finding:
    if problem.code == "tls":
        return wrong(
            "address",
            f"The certificate at {base_url} is not good: {problem.words}.",
            "Install a certificate for this very host name, with its intermediate certificates, that has not "
            "expired. LMSs and browsers refuse anything else.",
        )
    why = {"timeout": "it does not answer in time", "connection": f"no connection: {problem.words}"}
    return wrong(
        "address",
        f"{base_url} cannot be reached from here: {why.get(problem.code, problem.code)}.",
        "Start `lti-tool serve`; check the proxy, the host name and the firewall. Where only this machine "
        "cannot reach its own public address, enter it in /etc/hosts.",
    )


def _said(answer: Answer) -> dict | None:
    """Return what our /healthz says, None when it was not ours."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return None
    ours = answer.status == 200 and isinstance(said, dict) and {"installation", "scheme", "host"} <= set(said)
    return said if ours else None


def _cookies(settings: Settings, said: dict) -> list[Finding]:
    """Compare the address that browsers see with the one that reached the process."""
    if settings.loopback_http:
        return [
            note(
                "cookies",
                "Plain http on this machine: cookies work in a tab, not in the frame of an LMS elsewhere.",
                "For anything but trying, use https.",
            )
        ]
    seen = f"{said['scheme']}://{said['host']}"
    if seen == settings.base_url:
        return [well("cookies", COOKIES)]
    remedy = "Let the proxy set X-Forwarded-Proto and X-Forwarded-Host, whatever the browser sent."
    if settings.trusted_proxies == 0:
        remedy = "Set LTI_TOOL_TRUSTED_PROXIES to the number of proxies. " + remedy
    return [warning("cookies", f"Browsers ask for {settings.base_url}, the tool sees {seen}.", remedy)]


def _clock(answer: Answer) -> list[Finding]:
    if answer.date is None:
        return [
            note("clock", "The answer carried no date to compare our clock with.", "Let time be set by NTP.")
        ]
    apart = abs((answer.date - answer.at).total_seconds())
    if apart > MOST_CLOCK_SECONDS:
        return [
            wrong(
                "clock",
                f"The clocks of this machine and of the web server are {apart:.0f} seconds apart.",
                "Let NTP set both (systemd-timesyncd, chrony): launches and tokens are dated.",
            )
        ]
    return [well("clock", "The clocks of this machine and of the web server agree.")]


def files(settings: Settings) -> list[Finding]:
    """Say whether our folders can be written, lie outside the web, and have room."""
    found = [_folder("files", settings.var_dir), _storage(settings)]
    for web in (directory("static"), directory("templates")):
        if settings.storage_dir is not None and settings.storage_dir.is_relative_to(web):
            found[1] = wrong(
                "storage",
                f"{settings.storage_dir} lies among the files that anybody can fetch.",
                "Set LTI_TOOL_STORAGE_URL to a folder of its own.",
            )
    return [*found, _space(settings.var_dir)]


def _storage(settings: Settings) -> Finding:
    if settings.storage_bucket is None:
        return _folder("storage", settings.storage_dir)
    store = BucketStore(settings.storage_bucket)
    try:
        store.read(PROBE)
    except OSError as problem:
        return wrong(
            "storage",
            f"The bucket {store.where('')} cannot be used: {problem.strerror}.",
            "Check LTI_TOOL_STORAGE_URL: host, port, bucket, region, key and secret, https=yes or no.",
        )
    return well("storage", f"The bucket {store.where('')} answers.")


def _folder(subject: str, folder: Path) -> Finding:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return wrong(
            subject,
            f"{folder} cannot be written by this account.",
            f"Give {there} to the account that runs the tool (chown, chmod u+rwx).",
        )
    later = "" if there == folder else " (made when it is first needed)"
    return well(subject, f"{folder} can be written{later}.")


def queue_file(settings: Settings) -> list[Finding]:
    """Say what is to be said of a queue in a file before it is opened: that would make it, as our account's.

    Nothing is said when the file is there and can be written, or when the queue is no file.
    """
    kind, _, path = settings.queue_url.partition(":///")
    if kind != "sqlite":
        return []
    file = Path(path)
    place = file if file.exists() else file.parent
    if not (place.exists() and os.access(place, os.W_OK)):
        return [
            wrong(
                "queue",
                f"The queue {file} cannot be written by this account: the workers are not woken.",
                f"Make {file.parent} and give it, with what is in it, to the account that runs the tool.",
            )
        ]
    return [] if file.exists() else [well("queue", f"The queue will be made at {file} by the first process.")]


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
    sentence = f"{free / 1e9:.1f} GB are free where {folder} is."
    if free > LITTLE_SPACE:
        return well("disk", sentence)
    remedy = "Make room, or let LTI_TOOL_VAR_DIR be on a larger disk: nothing can be written to a full one."
    return (wrong if free < VERY_LITTLE_SPACE else warning)("disk", sentence, remedy)


def mail(settings: Settings, tls: ssl.SSLContext | None = None) -> list[Finding]:
    """Knock at the mail server, sign in where that is asked for, and leave; nothing is sent."""
    if settings.mail_url is None:
        return [
            note("mail", "No mail server is configured: no mail is sent.", "Set LTI_TOOL_MAIL_URL to send.")
        ]
    server = MailServer.at(settings.mail_url)
    where = f"{server.host}:{server.port}"
    check = "Check LTI_TOOL_MAIL_URL: host, port, smtp or smtps, name and password."
    try:
        return [_knocked(server, where, tls or default_tls())]
    except ssl.SSLError as problem:
        return [wrong("mail", f"The certificate of {where} is not good: {problem.reason}.", check)]
    except smtplib.SMTPAuthenticationError as refusal:
        return [wrong("mail", f"{where} refuses name or password (code {refusal.smtp_code}).", check)]
    except (OSError, smtplib.SMTPException) as problem:
        return [wrong("mail", f"{where} cannot be used: {type(problem).__name__}.", check)]


def _knocked(server: MailServer, where: str, tls: ssl.SSLContext) -> Finding:
    try:
        with server.conversation(tls) as (_session, encrypted):
            how = ("encrypted" if encrypted else "not encrypted") + (", signed in" if server.name else "")
    except PasswordInTheOpen:
        return wrong(
            "mail",
            f"{where} offers no encryption: the password would be readable on the way.",
            "Use smtps://, or a server with STARTTLS.",
        )
    return well("mail", f"{where} takes mail ({how}); nothing was sent.")
