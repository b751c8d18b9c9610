"""The only SQL of this package. Reads and flushes; whoever called commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, inspect, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.extensions import Base, db
from lti_tool.models import Deployment, Platform, ToolKey, UsedNonce


@dataclass(frozen=True)
class KeySet:
    """A platform's public keys as we last fetched them, and when a fetch was last begun."""

    platform_id: int
    url: str
    keys: dict | None
    fetched_at: datetime | None
    refetch_at: datetime | None


@dataclass(frozen=True)
class LaunchingPlatform:
    """What one launch needs of the database: its platform, its deployment if known, whether others exist."""

    platform: Platform
    deployment: Deployment | None
    has_deployments: bool


def platforms_of(issuer: str, client_id: str | None) -> Sequence[Platform]:
    """The registrations of an issuer (exact string), of one client id when it is given; in their order."""
    found = select(Platform).where(Platform.issuer == issuer).order_by(Platform.id)
    if client_id is not None:
        found = found.where(Platform.client_id == client_id)
    return db.session.scalars(found).all()


def platforms_with_deployment(platform_ids: Iterable[int], deployment_id: str) -> set[int]:
    """Which of these platforms know this deployment id."""
    found = select(Deployment.platform_id).where(
        Deployment.platform_id.in_(list(platform_ids)), Deployment.deployment_id == deployment_id
    )
    return set(db.session.scalars(found))


def launching_platform(platform_id: int, deployment_id: str | None) -> LaunchingPlatform | None:
    """Platform and deployment of a launch in one SELECT. None when the platform is gone."""
    any_deployment = exists().where(Deployment.platform_id == Platform.id).correlate(Platform)
    this_deployment = and_(Deployment.platform_id == Platform.id, Deployment.deployment_id == deployment_id)
    found = (
        select(Platform, Deployment, any_deployment)
        .outerjoin(Deployment, this_deployment)
        .where(Platform.id == platform_id)
        # A row read earlier in this session may be older than what another process has committed since.
        .execution_options(populate_existing=True)
    )
    row = db.session.execute(found).one_or_none()
    return None if row is None else LaunchingPlatform(*row)


def use_nonce(nonce: str, expires_at: datetime) -> bool:
    """Insert a nonce as used; False when it was there already. Unique by its primary key, whoever races."""
    return _insert_new(UsedNonce, nonce=nonce, expires_at=expires_at)


def forget_nonces(before: datetime) -> int:
    """Delete the used nonces that expired before this moment: their states are too old to be let in again."""
    return db.session.execute(delete(UsedNonce).where(UsedNonce.expires_at < before)).rowcount


def key_set_of(platform_id: int) -> KeySet | None:
    """The platform's keys as stored now, or None when the platform is gone."""
    found = select(
        Platform.id,
        Platform.jwks_url,
        Platform.key_set,
        Platform.key_set_fetched_at,
        Platform.key_set_refetch_at,
    ).where(Platform.id == platform_id)
    row = db.session.execute(found).one_or_none()
    return None if row is None else KeySet(*row)


def claim_key_fetch(platform_id: int, now: datetime, interval: timedelta) -> bool:
    """Whether the caller is the one to fetch: at most one claim per interval, whatever the processes."""
    claim = (
        update(Platform)
        .where(
            Platform.id == platform_id,
            or_(Platform.key_set_refetch_at.is_(None), Platform.key_set_refetch_at <= now - interval),
        )
        .values(key_set_refetch_at=now)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(claim).rowcount == 1


def keep_key_set(platform_id: int, keys: dict, fetched_at: datetime) -> None:
    """Store freshly fetched public keys."""
    db.session.execute(
        update(Platform)
        .where(Platform.id == platform_id)
        .values(key_set=keys, key_set_fetched_at=fetched_at)
        .execution_options(synchronize_session=False)
    )


def signing_key() -> ToolKey | None:
    """The one key of ours that signs."""
    return db.session.scalars(select(ToolKey).where(ToolKey.signing == 1)).one_or_none()


def add_signing_key(kid: str, public_jwk: dict, private_pem_encrypted: str, now: datetime) -> bool:
    """Insert the signing key; False when another process was quicker."""
    return _insert_new(
        ToolKey,
        kid=kid,
        signing=1,
        public_jwk=public_jwk,
        private_pem_encrypted=private_pem_encrypted,
        created_at=now,
    )


def published_keys() -> Sequence[dict]:
    """The public keys that are not withdrawn, oldest first."""
    found = select(ToolKey.public_jwk).where(ToolKey.withdrawn_at.is_(None)).order_by(ToolKey.id)
    return db.session.scalars(found).all()


def _insert_new(table: type[Base], **values: object) -> bool:
    """Insert unless a unique value is taken: the database decides, never a look before the insert.

    Told by the row that comes back: the row count of an ORM insert is not known on PostgreSQL.
    """
    dialects = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    insert = dialects[db.session.get_bind().dialect.name]
    key = inspect(table).primary_key
    inserted = insert(table).values(**values).on_conflict_do_nothing().returning(*key)
    return db.session.execute(inserted).first() is not None
