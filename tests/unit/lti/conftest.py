"""An application with nothing in it but the database and the settings that the adapter reads."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import create_engine

from lti_tool.extensions import db
from lti_tool.lti import keys, names, store
from lti_tool.lti.launches import LaunchState
from lti_tool.lti.scores import GradebookConnection, access_to
from lti_tool.models import (
    Deployment,
    DeploymentPolicy,
    DeploymentState,
    Organisation,
    Platform,
    PlatformState,
)
from lti_tool.transactions import own_transactions, transaction
from tests.unit.lti.gradebook import Clock, Gradebook
from tests.unit.lti.simulator import PLATFORM_KEY, TOOL, LocalServer, Reply, public


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def tables(databases):
    """A database with every table and no row, to be copied: making the tables takes longer than a test."""
    address = databases.create("tables")
    engine = create_engine(address)
    db.metadata.create_all(engine)
    engine.dispose()
    yield address
    databases.drop(address)


@pytest.fixture
def database_url(databases, tables):
    """A database of its own for each test: some of them fill it from many threads."""
    address = databases.copy(tables, "lti")
    yield address
    databases.drop(address)


@pytest.fixture(scope="session")
def key_encryption_key():
    return Fernet.generate_key().decode()


@pytest.fixture
def app(database_url, key_encryption_key):
    app = Flask("adapter")
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    app.extensions["settings"] = SimpleNamespace(
        base_url=TOOL,
        secret_key="a secret of the tests, long enough to sign with",
        key_encryption_keys=(key_encryption_key,),
        outbound_allow=("127.0.0.1",),
        outbound_proxy=None,
        outbound_per_host=4,
    )
    db.init_app(app)
    with app.app_context():
        own_transactions(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def add_platform(app, now):
    """Store a platform; with deployment ids, those are accepted."""

    def add(
        issuer="https://moodle.example.edu",
        client_id="Xf3kQ9aPz7LmN2c",
        *,
        deployments=(),
        waiting=(),
        policy=DeploymentPolicy.AUTOMATIC,
        state=PlatformState.ACTIVE,
        jwks_url="https://moodle.example.edu/mod/lti/certs.php",
        key_set=...,
        auth_url=None,
        fetched_at=now,
    ) -> int:
        with transaction():
            organisation = Organisation(name=f"{issuer} {client_id}", created_at=now)
            db.session.add(organisation)
            db.session.flush()
            platform = Platform(
                organisation_id=organisation.id,
                name="An LMS",
                issuer=issuer,
                client_id=client_id,
                auth_url=auth_url or f"{issuer}/mod/lti/auth.php",
                token_url=f"{issuer}/mod/lti/token.php",
                jwks_url=jwks_url,
                deployment_policy=policy,
                state=state,
                key_set=public(PLATFORM_KEY) if key_set is ... else key_set,
                key_set_fetched_at=fetched_at,
                created_at=now,
            )
            db.session.add(platform)
            db.session.flush()
            for deployment_id in (*deployments, *waiting):
                db.session.add(
                    Deployment(
                        platform_id=platform.id,
                        organisation_id=organisation.id,
                        deployment_id=deployment_id,
                        state=DeploymentState.WAITING
                        if deployment_id in waiting
                        else DeploymentState.ACCEPTED,
                        created_at=now,
                    )
                )
            return platform.id

    return add


@pytest.fixture
def server():
    """A server on loopback; a test sets `answer`."""
    with LocalServer(lambda received: Reply(404)).running() as running:
        yield running


@pytest.fixture
def gradebook(server):
    return Gradebook(server)


@pytest.fixture
def clock(now):
    return Clock(now)


@pytest.fixture(scope="session")
def made_keys():
    """The signing key that the first test made, for those after it: making one takes its time."""
    return []


@pytest.fixture
def signing_key(app, made_keys, now):
    """A key to sign calls with is there."""
    with transaction():
        for kid, public_jwk, encrypted in made_keys:
            store.add_signing_key(kid, public_jwk, encrypted, now)
        keys.ensure_signing_key(now)
        (stored,) = keys.all_keys()
        made_keys[:] = [(stored.kid, stored.public_jwk, stored.private_pem_encrypted)]


@pytest.fixture
def access(signing_key, add_platform, server):
    platform_id = add_platform()
    with transaction():
        platform = db.session.get(Platform, platform_id)
        platform.token_url = f"{server.url}/token"
        db.session.flush()
        return access_to(platform)


@pytest.fixture
def connection(access, clock):
    with GradebookConnection(access, names.AGS_SCOPES, clock, transaction) as made:
        yield made


@pytest.fixture
def state(now):
    return LaunchState(1, "a-nonce-of-forty-three-characters-or-so", f"{TOOL}/lti/launch", now)


@pytest.fixture
def moodle(add_platform):
    return add_platform(deployments=("5",), policy=DeploymentPolicy.STRICT)
