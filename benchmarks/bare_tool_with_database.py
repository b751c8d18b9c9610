"""A tool with PyLTI1p3 and a database behind it: what `bare_tool.py` becomes when it goes into production.

Written as the documentation of PyLTI1p3, Flask-SQLAlchemy and SQLAlchemy show it, for several processes:

- Registration and deployment come from the database at every login and launch; so do nonces, launch data and
  the key set, in a launch data storage with an expiry. The state is where the library has it: in a cookie,
  and in the storage once its launch was let in.
- It refuses what `bare_tool.py` does not: a token without `exp` or `iat`, a foreign `azp` or audience, an
  `iat` of more than an hour ago, a nonce spent before (deleted, and committed before anything else is
  looked at, so that a refused launch has spent it too), a target that is not its own, an unknown deployment,
  somebody who was removed.
- A launch brings user, course, resource link and enrolment into line (look for it, make it or change what
  changed), makes a session with its cookie and a row of the launch log; refused ones are logged as well.
  Every request has a line in the process's log.

It has fewer tables than ours (no organisation, community or membership of its own; no seats beside sessions),
keeps no claims in its launch log, tolerates no difference of clocks, does not bind the nonce to the state
(both belong to the same browser), and counts no metrics. Expired rows are somebody else's work, as with ours.
"""

import hashlib
import json
import logging
import os
import secrets
import time
from datetime import UTC, datetime, timedelta

from flask import Flask, g, redirect, request
from pylti1p3.contrib.flask import FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest, FlaskSessionService
from pylti1p3.deployment import Deployment as LibraryDeployment
from pylti1p3.exception import LtiException, OIDCException
from pylti1p3.launch_data_storage.base import LaunchDataStorage
from pylti1p3.registration import Registration as LibraryRegistration
from pylti1p3.tool_config import ToolConfAbstract
from sqlalchemy import delete, event, select
from sqlalchemy.exc import IntegrityError
from werkzeug.middleware.proxy_fix import ProxyFix

from benchmarks.bare_tool import LAUNCH, PLATFORM
from benchmarks.bare_tool_tables import (
    Course,
    Deployment,
    Enrolment,
    LaunchRecord,
    LoginSession,
    Registration,
    ResourceLink,
    StoredValue,
    User,
    db,
)

# What the benchmark tells the process beside the platform: the address of the database.
DATABASE = "BENCHMARK_DATABASE"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
LINE_ITEMS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
# `verify_aud` is off in the library too, which compares the audience itself.
VERIFIED = {"verify_aud": False, "require": ["iss", "aud", "sub", "exp", "iat", "nonce"]}
OLDEST, SESSION = timedelta(hours=1), timedelta(hours=12)
SESSION_COOKIE = "__Host-session"
SQLITE_PRAGMAS = ("foreign_keys=ON", "synchronous=NORMAL", "busy_timeout=30000", "journal_mode=WAL")

log = logging.getLogger(__name__)


class DatabaseConfiguration(ToolConfAbstract):
    """Registrations and deployments from the tables, for one request, which keeps the rows it found."""

    registration: Registration | None = None
    deployment: Deployment | None = None

    def check_iss_has_one_client(self, iss: str) -> bool:
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:
        return True

    def find_registration_by_params(self, iss, client_id, *args, **kwargs) -> LibraryRegistration | None:
        wanted = select(Registration).filter_by(issuer=iss, active=True)
        if client_id:
            wanted = wanted.filter_by(client_id=client_id)
        found = db.session.scalars(wanted.limit(2)).all()
        if len(found) != 1:
            return None
        row = self.registration = found[0]
        return (
            LibraryRegistration()
            .set_issuer(row.issuer)
            .set_client_id(row.client_id)
            .set_auth_login_url(row.auth_login_url)
            .set_auth_token_url(row.auth_token_url)
            .set_key_set_url(row.key_set_url)
        )

    def find_deployment_by_params(self, iss, deployment_id, client_id, *args, **kwargs):
        wanted = select(Deployment).filter_by(
            registration_id=self.registration.id, deployment_id=deployment_id
        )
        self.deployment = db.session.scalars(wanted).one_or_none()
        return LibraryDeployment().set_deployment_id(deployment_id) if self.deployment else None


class DatabaseStorage(LaunchDataStorage):
    """The library's storage in a table that all processes share; the caller commits."""

    def can_set_keys_expiration(self) -> bool:
        return True

    def get_value(self, key: str):
        live = select(StoredValue.value).where(
            StoredValue.key == self._prepare_key(key), StoredValue.expires_at > _now()
        )
        return db.session.scalars(live).one_or_none()

    def set_value(self, key: str, value, exp: int | None = None) -> None:
        expires_at = _now() + timedelta(seconds=exp or 86400)
        db.session.merge(StoredValue(key=self._prepare_key(key), value=value, expires_at=expires_at))

    def check_value(self, key: str) -> bool:
        return self.get_value(key) is not None

    def take(self, key: str) -> bool:
        """Delete a value; of several who ask for it at once, one is told that it was there."""
        this_one = (StoredValue.key == self._prepare_key(key), StoredValue.expires_at > _now())
        return db.session.execute(delete(StoredValue).where(*this_one)).rowcount == 1


class SpendingSessionService(FlaskSessionService):
    """A nonce is good for one launch, whatever becomes of it."""

    def check_nonce(self, nonce: str) -> bool:
        spent = self.data_storage.take(self._get_key("nonce", nonce))
        db.session.commit()
        return spent


def made() -> Flask:
    """Make the application for the platform and the database that the environment names."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = _connected(os.environ[DATABASE])
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)
    tool = json.loads(os.environ[PLATFORM])["tool"]

    @app.post("/lti/login")
    def login():
        _check_target(request.form.get("target_link_uri"), tool)
        begun = FlaskOIDCLogin(FlaskRequest(), DatabaseConfiguration(), launch_data_storage=DatabaseStorage())
        response = begun.redirect(tool + LAUNCH)
        db.session.commit()
        return response

    @app.post(LAUNCH)
    def launch():
        asked, known, storage = FlaskRequest(), DatabaseConfiguration(), DatabaseStorage()
        sent = FlaskMessageLaunch(
            asked, known, session_service=SpendingSessionService(asked), launch_data_storage=storage
        )
        sent.set_public_key_caching(storage, cache_lifetime=7200)
        sent.set_jwt_verify_options(VERIFIED)
        claims = sent.get_launch_data()
        _check_more(claims, known.registration.client_id, tool)
        enrolment = _enrolled(claims, known)
        page, secret = f"/course/{enrolment.course_id}", _session(enrolment, sent.get_launch_id())
        db.session.commit()
        response = redirect(page, 303)
        response.set_cookie(SESSION_COOKIE, secret, secure=True, httponly=True, samesite="None")
        return response

    app.before_request(_begin)
    app.after_request(_log_request)
    app.register_error_handler(LtiException, _refused)
    app.register_error_handler(OIDCException, _refused)
    return app


def lay_out(address: str, told: dict[str, str]) -> None:
    """Make the tables of an empty database and register the LMS, as an administrator would have done."""
    with _connected(address).app_context():
        db.create_all()
        registration = Registration(
            issuer=told["issuer"],
            client_id=told["client_id"],
            auth_login_url=told["auth_url"],
            auth_token_url=told["token_url"],
            key_set_url=told["jwks_url"],
        )
        db.session.add(registration)
        db.session.flush()
        db.session.add(Deployment(registration_id=registration.id, deployment_id=told["deployment_id"]))
        db.session.commit()
        db.engine.dispose()


def _connected(address: str) -> Flask:
    app = Flask(__name__)
    app.secret_key = "a-secret-of-the-benchmark-that-protects-nothing"
    app.config["SQLALCHEMY_DATABASE_URI"] = address
    is_sqlite = address.startswith("sqlite")
    # A server may close a connection that lies idle; a file does not.
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_pre_ping": not is_sqlite}
    db.init_app(app)
    if is_sqlite:
        with app.app_context():
            event.listen(db.engine, "connect", _prepare_sqlite)
    return app


def _prepare_sqlite(connection, record) -> None:
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _now() -> datetime:
    return datetime.now(UTC)


def _check_target(target: str | None, tool: str) -> None:
    if target != tool and not (target or "").startswith(tool + "/"):
        raise LtiException("The target is not of this tool")


def _check_more(claims: dict, client_id: str, tool: str) -> None:
    """Check what the library leaves to the tool; signature, `exp` and the first audience are its own."""
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if any(audience != client_id for audience in audiences):
        raise LtiException("The token is for others as well")
    if claims.get("azp", client_id) != client_id:
        raise LtiException("The token was issued to somebody else")
    if claims["iat"] < (_now() - OLDEST).timestamp():
        raise LtiException("The token was issued too long ago")
    if claims[CLAIM + "message_type"] != "LtiResourceLinkRequest":
        raise LtiException("Only activities of a course are answered")
    if not (claims.get(CLAIM + "context") or {}).get("id"):
        raise LtiException("The launch names no course")
    _check_target(claims.get(CLAIM + "target_link_uri"), tool)


def _enrolled(claims: dict, known: DatabaseConfiguration) -> Enrolment:
    """Bring the tables into line with what a verified launch says."""
    context, link = claims[CLAIM + "context"], claims[CLAIM + "resource_link"]
    services, roster = claims.get(LINE_ITEMS) or {}, claims.get(ROSTER) or {}
    user = _found_or_made(User, registration_id=known.registration.id, sub=claims["sub"])
    user.name, user.email = claims.get("name"), claims.get("email")
    user.given_name, user.family_name = claims.get("given_name"), claims.get("family_name")
    course = _found_or_made(Course, deployment_id=known.deployment.id, context_id=context["id"])
    course.title, course.label = context.get("title"), context.get("label")
    course.line_items_url = services.get("lineitems")
    course.roster_url = roster.get("context_memberships_url")
    activity = _found_or_made(ResourceLink, course_id=course.id, resource_link_id=link["id"])
    activity.title, activity.line_item_url = link.get("title"), services.get("lineitem")
    enrolment = _found_or_made(Enrolment, user_id=user.id, course_id=course.id)
    if enrolment.removed:
        raise LtiException("This person was removed from the course")
    enrolment.roles, enrolment.last_seen_at = claims[CLAIM + "roles"], _now()
    db.session.add(
        LaunchRecord(
            at=_now(),
            outcome="admitted",
            registration_id=known.registration.id,
            user_id=user.id,
            course_id=course.id,
        )
    )
    return enrolment


def _found_or_made(table, **key):
    """Return the row with this key; of two who make it at once, the second takes the first one's."""
    wanted = select(table).filter_by(**key)
    row = db.session.scalars(wanted).one_or_none()
    if row is not None:
        return row
    try:
        with db.session.begin_nested():
            row = table(**key, created_at=_now())
            db.session.add(row)
        return row
    except IntegrityError:
        return db.session.scalars(wanted).one()


def _session(enrolment: Enrolment, launch_id: str) -> str:
    """Begin a session; return the secret for its cookie."""
    secret, now = secrets.token_urlsafe(32), _now()
    db.session.add(
        LoginSession(
            token_hash=hashlib.sha256(secret.encode()).hexdigest(),
            enrolment_id=enrolment.id,
            launch_id=launch_id,
            created_at=now,
            expires_at=now + SESSION,
        )
    )
    return secret


def _refused(error: Exception):
    """Log a login or launch that was refused, and say no more than that it was."""
    db.session.rollback()
    log.warning("refused: %s", error)
    db.session.add(LaunchRecord(at=_now(), outcome="refused", words=str(error)[:2000]))
    db.session.commit()
    return "This launch could not be accepted.", 403


def _begin() -> None:
    g.began = time.perf_counter()


def _log_request(response):
    took = 1000 * (time.perf_counter() - g.began)
    log.info("%s %s %d %.1f ms", request.method, request.path, response.status_code, took)
    return response
