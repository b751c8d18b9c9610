"""Set-ups that are broken, each in one way: *Check now* names what is wrong, and what to change where.

Against real HTTP: the demo LMS has a switch for each, or the registration is changed as somebody mistyped it.
"""

import html
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import trustme
from flask_babel import force_locale

from demo_lms.keys import ToolKeysUnreadable
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Platform
from lti_tool.services import platform_checks, platforms
from lti_tool.services.platform_checks import Finding, Level
from lti_tool.transactions import transaction

pytestmark = pytest.mark.slow_on_postgresql

AGS = ["lineitem", "lineitem.readonly", "result.readonly", "score"]
MOODLE = "moodle"


@dataclass(frozen=True)
class Row:
    """A set-up and what is said of it: code, cause, and words of the sentence and remedy in each language."""

    break_it: Callable
    code: str
    cause: str | None
    english: tuple[str, ...]
    french: tuple[str, ...]
    level: Level = Level.BROKEN
    launched: bool = True
    product: str = MOODLE
    # A second finding that the same mistake must bring, by its code.
    beside: tuple[str, ...] = field(default=())


def platform_with(**values: object) -> Callable:
    """Somebody typed these of the LMS."""

    def change(world) -> None:
        issuer = world.lms.settings.issuer
        with world.app.app_context(), transaction():
            platform = db.session.get(Platform, world.platform_id)
            for name, value in values.items():
                filled = value.replace("{issuer}", issuer) if isinstance(value, str) else value
                setattr(platform, name, filled)

    return change


def quirk(**values: object) -> Callable:
    """The LMS behaves so."""

    def change(world) -> None:
        for name, value in values.items():
            setattr(world.lms.quirks, name, value)

    return change


def clock_ahead_by(**time: float) -> Callable:
    """The LMS's clock is off by this. What is read of it may be a second less: dates have whole ones."""

    def change(world) -> None:
        usual = world.lms.settings.clock
        world.lms.settings.clock = lambda: usual() + timedelta(**time)

    return change


def tool_inactive(world) -> None:
    """Dynamic registration gave us the client id; nobody pressed "Activate"."""
    platform_with(registration={"scope": ""})(world)
    tools = world.lms.tools
    tool = tools.find(world.lms.settings.client_id)
    tools.find = lambda client_id: replace(tool, active=False)


def our_keys_unreadable(world) -> None:
    """The LMS stands behind a firewall through which it does not reach us."""

    def refuse(address: str) -> bytes:
        raise ToolKeysUnreadable(f"{address}: timed out")

    keys = world.lms.keys_of(world.lms.tools.find(world.lms.settings.client_id))
    keys._fetch, keys._known = refuse, None


def another_deployment(world) -> None:
    world.lms.settings.deployment_id = "2"
    browser = world.browser("ines")
    browser.launch(browser.launch_form())


def suspended(world) -> None:
    with world.app.app_context(), transaction():
        platforms.suspend(world.platform_id, clock.now())


ROWS = {
    "wrong client id": Row(
        platform_with(client_id="somebody-else"),
        "token-refused",
        "client",
        ("does not know the client id", "“Pending”"),
        ("ne connaît pas l’identifiant client", "« Pending »"),
    ),
    "registered and never activated": Row(
        tool_inactive,
        "token-refused",
        "inactive",
        ("waits to be switched on", "press “Activate”"),
        ("attend d’y être activé", "pressez « Activate »"),
        launched=False,
    ),
    "wrong token address": Row(
        platform_with(token_url="{issuer}/lti/tokens"),
        "token-refused",
        "not-found",
        ("The token address is wrong", "View configuration details"),
        ("L’adresse des jetons est fausse", "View configuration details"),
    ),
    "a page in the place of tokens": Row(
        quirk(answer_html=True),
        "token-unreachable",
        "page",
        ("The token address is wrong",),
        ("L’adresse des jetons est fausse",),
    ),
    "wrong key set address": Row(
        platform_with(jwks_url="{issuer}/lti/keys"),
        "keys-unreachable",
        "not-found",
        ("cannot be read: 404", "the key set address is wrong"),
        ("illisibles : 404", "l’adresse du jeu de clés est fausse"),
    ),
    "a page in the place of keys": Row(
        quirk(key_set_answers="page"),
        "keys-unusable",
        "no-key-set",
        ("is no key set", "Compare the key set address"),
        ("n’est pas un jeu de clés", "Comparez l’adresse du jeu de clés"),
    ),
    "an empty key set": Row(
        quirk(key_set_answers="empty"),
        "keys-unusable",
        "empty",
        ("key set of the LMS is empty", "RSA key of 2048 bits"),
        ("jeu de clés du LMS est vide", "clé RSA de 2048 bits"),
    ),
    "keys that are too short": Row(
        quirk(key_set_answers="short"),
        "keys-unusable",
        "short",
        ("too short", "RSA key of 2048 bits"),
        ("trop courtes", "clé RSA de 2048 bits"),
    ),
    "a key set that leads to another host": Row(
        quirk(key_set_answers="elsewhere"),
        "keys-unreachable",
        "redirected",
        ("sends us on to another host", "without www or with it"),
        ("renvoie vers un autre hôte", "sans www ou avec"),
    ),
    "the LMS is down": Row(
        quirk(down=True),
        "token-unreachable",
        "down",
        ("fault of its own", "Check again later"),
        ("panne de son côté", "Contrôlez de nouveau plus tard"),
    ),
    "a token without a scope": Row(
        quirk(scopes_not_granted=["score"]),
        "token-partial",
        None,
        ("but not these: score", "IMS LTI Assignment and Grade Services"),
        ("sauf ceux-ci : score", "IMS LTI Assignment and Grade Services"),
        level=Level.LOOK,
    ),
    "the grade service is off": Row(
        quirk(scopes_not_allowed=AGS),
        "grades-off",
        None,
        ("no grade can be sent", "grade sync and column management"),
        ("aucune note ne peut être envoyée", "grade sync and column management"),
        level=Level.LOOK,
    ),
    "columns may not be made": Row(
        quirk(scopes_not_allowed=["lineitem"]),
        "columns-not-managed",
        None,
        ("may not make columns", "grade sync and column management"),
        ("ne peut pas créer de colonnes", "grade sync and column management"),
        level=Level.LOOK,
    ),
    "columns may not be made, in Canvas": Row(
        quirk(scopes_not_allowed=["lineitem"]),
        "columns-not-managed",
        None,
        ("Developer Keys", "Can create and view assignment data"),
        ("Developer Keys", "Can create and view assignment data"),
        level=Level.LOOK,
        product="canvas",
    ),
    "grades are never shown to us": Row(
        quirk(scopes_not_allowed=["result.readonly"]),
        "grades-partly",
        None,
        ("only in part. Missing: result.readonly",),
        ("qu’en partie. Il manque : result.readonly",),
        level=Level.LOOK,
    ),
    "the list of members is off": Row(
        quirk(roster_in_launch=False),
        "roster-off",
        None,
        ("does not offer the list of the course", "IMS LTI Names and Role Provisioning"),
        ("n’offre pas la liste du cours", "IMS LTI Names and Role Provisioning"),
        level=Level.LOOK,
    ),
    "the list of members is refused": Row(
        quirk(roster_scope_refused=401),
        "roster-refused",
        "no-access",
        ("does not give us the list", "IMS LTI Names and Role Provisioning"),
        ("ne nous donne pas la liste", "IMS LTI Names and Role Provisioning"),
    ),
    "a course that is too large": Row(
        quirk(roster_too_large=True),
        "roster-refused",
        "too-large",
        ("a course this large", "On Open edX the operator"),
        ("la liste d’un cours de cette taille", "Sur Open edX, l’exploitant"),
        product="open-edx",
    ),
    "a clock five minutes fast": Row(
        clock_ahead_by(minutes=5, seconds=20),
        "clock-differs",
        "fast",
        ("ahead of ours by 0:05:", "set over the network"),
        ("avance sur la nôtre de 0:05:", "par le réseau"),
    ),
    "a clock two minutes slow": Row(
        clock_ahead_by(minutes=-2, seconds=-20),
        "clock-differs",
        "slow",
        ("behind ours by 0:02:",),
        ("retarde sur la nôtre de 0:02:",),
    ),
    "a private address that nobody allowed": Row(
        platform_with(jwks_url="https://10.9.8.7/keys"),
        "keys-unreachable",
        "private-address",
        ("at a private address", "LTI_TOOL_OUTBOUND_ALLOW"),
        ("a une adresse privée", "LTI_TOOL_OUTBOUND_ALLOW"),
    ),
    "an address by http": Row(
        platform_with(token_url="http://8.8.8.8/token"),
        "token-unreachable",
        "plain-http",
        ("begins with http", "Give the LMS https"),
        ("commence par http", "Donnez au LMS le https"),
        beside=("address-unsafe",),
    ),
    "an issuer by http": Row(
        platform_with(issuer="http://8.8.8.8"),
        "address-unsafe",
        None,
        ("not https: http://8.8.8.8",),
        ("pas en https : http://8.8.8.8",),
        launched=False,
    ),
    "the LMS does not reach our keys": Row(
        our_keys_unreadable,
        "token-refused",
        "our-keys",
        ("cannot check our signature", "Public keyset", "HTTP security"),
        ("ne peut pas vérifier notre signature", "Public keyset", "HTTP security"),
    ),
    "the wrong audience": Row(
        quirk(audience_wanted="https://api.brightspace.com/auth/token"),
        "token-refused",
        "audience",
        ("wrong audience", "https://api.brightspace.com/auth/token"),
        ("une fausse audience", "https://api.brightspace.com/auth/token"),
        product="brightspace",
    ),
    "a deployment that waits": Row(
        another_deployment,
        "deployments-waiting",
        None,
        ("wait for approval: 1",),
        ("en attente d’accord : 1",),
    ),
    "a paused connection": Row(
        suspended,
        "suspended",
        None,
        ("The connection is paused",),
        ("La connexion est en pause",),
    ),
    "names are not shared": Row(
        quirk(send_name=False),
        "names-hidden",
        None,
        ("does not share names", "Share launcher’s name with tool"),
        ("ne communique pas les noms", "Share launcher’s name with tool"),
        level=Level.LOOK,
    ),
    "too many calls": Row(
        quirk(troubles=["too-many"]),
        "columns-refused",
        "rate-limit",
        ("asks for a pause",),
        ("demande une pause",),
    ),
}


def checked(world) -> dict[str, Finding]:
    with world.app.app_context():
        found = platform_checks.check(world.platform_id, clock.now(), transaction)
    return {finding.code: finding for finding in found}


def said(world, finding: Finding, product: str, language: str) -> str:
    """What the console, and the command line in English, say of it; one kind of blank."""
    with world.app.app_context(), force_locale(language):
        macros = world.app.jinja_env.get_template("components/platform_checks.html").module
        words = f"{macros.finding_sentence(finding)} {macros.finding_remedy(finding, product)}"
    return " ".join(html.unescape(words).replace("\u202f", " ").split())


def assert_named(world, row: Row) -> None:
    found = checked(world)
    assert row.code in found, found
    finding = found[row.code]
    assert (finding.cause, finding.level) == (row.cause, row.level), finding
    assert set(row.beside) <= set(found)
    for language, words in (("en", row.english), ("fr", row.french)):
        sentence = said(world, finding, row.product, language)
        missing = [part for part in words if " ".join(part.split()) not in sentence]
        assert not missing, (sentence, missing)


class TestABrokenSetup:
    @pytest.mark.parametrize("name", ROWS)
    def test_is_named_with_what_to_change(self, world, name):
        row = ROWS[name]
        if row.launched and not is_seen_at_launch(row):
            world.enter("ines")
        row.break_it(world)
        if row.launched and is_seen_at_launch(row):
            world.enter("ines")
        assert_named(world, row)

    def test_there_are_twenty_at_least(self):
        assert len(ROWS) >= 20


def is_seen_at_launch(row: Row) -> bool:
    """What a launch offers is told by the launch that comes after the change."""
    return row.level is Level.LOOK and row.code != "token-partial"


class TestTheWayThere:
    def test_a_host_that_no_name_server_knows(self, world, monkeypatch):
        """The one thing that is not real here: the name server, whom no test may ask."""
        usual = socket.getaddrinfo

        def asked(host, *args, **kwargs):
            if host == "lms.invalid":
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return usual(host, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", asked)
        row = Row(
            platform_with(jwks_url="https://lms.invalid/certs"),
            "keys-unreachable",
            "name-unknown",
            ("No name server knows this host",),
            ("Aucun serveur de noms ne connaît cet hôte",),
        )
        row.break_it(world)
        assert_named(world, row)

    def test_nothing_listens_there(self, world, unused_port):
        row = Row(
            platform_with(token_url=f"https://127.0.0.1:{unused_port}/token"),
            "token-unreachable",
            "no-connection",
            ("Nothing answers there", "firewall"),
            ("Rien ne répond à cette adresse", "pare-feu"),
        )
        row.break_it(world)
        assert_named(world, row)

    def test_a_certificate_that_nobody_signed(self, world, self_signed):
        row = Row(
            platform_with(jwks_url=f"{self_signed}/certs"),
            "keys-unreachable",
            "tls",
            ("certificate of the LMS is not good", "signed by itself"),
            ("certificat du LMS n’est pas bon", "signé par lui-même"),
        )
        row.break_it(world)
        assert_named(world, row)


@pytest.fixture
def unused_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def self_signed():
    """A server by https whose certificate is good for its address and signed by an authority of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *failure: None  # whoever hangs up at the certificate is the point
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
