"""The only SQL of this package. Reads and flushes; whoever called commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, inspect, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.extensions import Base, db
from lti_tool.lti import frames
from lti_tool.models import (
    AccessTokenRow,
    Deployment,
    DeploymentPolicy,
    DeploymentState,
    HostSlot,
    Platform,
    PlatformOrigin,
    PlatformState,
    ToolKey,
    UsedNonce,
)

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class KeySet:
    """A platform's public keys as we last fetched them, and when a fetch was last begun."""

    platform_id: int
    url: str
    keys: dict | None
    fetched_at: datetime | None
    refetch_at: datetime | None


@dataclass(frozen=True)
class AskingPlatform:
    """What a login needs of the platform that begins it."""

    id: int
    issuer: str
    client_id: str
    auth_url: str
    state: PlatformState


@dataclass(frozen=True)
class LaunchingPlatform:
    """What one launch needs of the database: its platform, the deployment it names, if others exist.

    Plain values, read once: nothing of it is asked of the database a second time.
    """

    id: int
    issuer: str
    client_id: str
    auth_url: str
    state: PlatformState
    deployment_policy: DeploymentPolicy
    key_set: dict | None
    key_set_fetched_at: datetime | None
    deployment_key: int | None  # our Deployment's id; None when the deployment is not known
    deployment_state: DeploymentState | None
    has_deployments: bool
    deployment_refused: bool = False  # an administrator answered with no
    role_rules: list | None = None  # of the deployment, as its row keeps them (role_rules.rules_of)
    role_parameters: list | None = None
    origins: str | None = None  # what administrators and launches said of origins (frames.decided)


# Statements of every login and launch are written once: putting one together costs several times what the
# database takes for it.
_PLATFORMS_OF_ISSUER = (
    select(Platform.id, Platform.issuer, Platform.client_id, Platform.auth_url, Platform.state)
    .where(Platform.issuer == bindparam("issuer"))
    .order_by(Platform.id)
)
_PLATFORMS_OF_CLIENT = _PLATFORMS_OF_ISSUER.where(Platform.client_id == bindparam("client"))


def platforms_of(issuer: str, client_id: str | None) -> Sequence[AskingPlatform]:
    """The registrations of an issuer (exact string), of one client id when it is given; in their order."""
    found = _PLATFORMS_OF_ISSUER if client_id is None else _PLATFORMS_OF_CLIENT
    asked = {"issuer": issuer} | ({} if client_id is None else {"client": client_id})
    return [AskingPlatform(*row) for row in db.session.connection().execute(found, asked)]


def platforms_with_deployment(platform_ids: Iterable[int], deployment_id: str) -> set[int]:
    """Which of these platforms know this deployment id."""
    found = select(Deployment.platform_id).where(
        Deployment.platform_id.in_(list(platform_ids)), Deployment.deployment_id == deployment_id
    )
    return set(db.session.scalars(found))


_LAUNCHING_PLATFORM = (
    select(
        Platform.id,
        Platform.issuer,
        Platform.client_id,
        Platform.auth_url,
        Platform.state,
        Platform.deployment_policy,
        Platform.key_set,
        Platform.key_set_fetched_at,
        Deployment.id,
        Deployment.state,
        exists().where(Deployment.platform_id == Platform.id).correlate(Platform),
        Deployment.refused_at.is_not(None),
        Deployment.role_rules,
        Deployment.role_parameters,
        select(func.aggregate_strings(frames.written(PlatformOrigin.origin, PlatformOrigin.allowed), " "))
        .where(PlatformOrigin.platform_id == Platform.id)
        .correlate(Platform)
        .scalar_subquery(),
    )
    .outerjoin(
        Deployment,
        and_(Deployment.platform_id == Platform.id, Deployment.deployment_id == bindparam("named")),
    )
    .where(Platform.id == bindparam("platform"))
)


def launching_platform(platform_id: int, deployment_id: str | None) -> LaunchingPlatform | None:
    """Platform and deployment of a launch in one SELECT. None when the platform is gone."""
    asked = {"platform": platform_id, "named": deployment_id}
    row = db.session.connection().execute(_LAUNCHING_PLATFORM, asked).one_or_none()
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


def tool_keys(for_update: bool = False) -> Sequence[ToolKey]:
    """Every key of ours, oldest first; locked until the transaction ends when they are to be changed."""
    found = select(ToolKey).order_by(ToolKey.id).execution_options(populate_existing=True)
    return db.session.scalars(found.with_for_update() if for_update else found).all()


def retire_signing_key(withdraw_at: datetime) -> None:
    """Have the key that signs sign no more, and be withdrawn at that moment."""
    db.session.execute(
        update(ToolKey)
        .where(ToolKey.signing == 1)
        .values(signing=None, withdraw_at=withdraw_at)
        .execution_options(synchronize_session=False)
    )


def withdraw_keys(now: datetime) -> None:
    """Withdraw what has served its time and erase its private half."""
    db.session.execute(
        update(ToolKey)
        .where(ToolKey.signing.is_(None), ToolKey.withdrawn_at.is_(None), ToolKey.withdraw_at <= now)
        .values(withdrawn_at=now, private_pem_encrypted="")
        .execution_options(synchronize_session=False)
    )


def kept_token(platform_id: int, scope_key: str, now: datetime) -> AccessTokenRow | None:
    """The token that some process got for these scopes, unless its time is over."""
    found = (
        select(AccessTokenRow)
        .where(
            AccessTokenRow.platform_id == platform_id,
            AccessTokenRow.scope_key == scope_key,
            AccessTokenRow.good_until > now,
        )
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(found).one_or_none()


def keep_token(
    platform_id: int, scope_key: str, encrypted: str, granted: Sequence[str], good_until: datetime
) -> None:
    """Store a token for every process. Of two that were got at once the last one stays; both are valid."""
    values = {
        "granted_scopes": list(granted),
        "token_encrypted": encrypted,
        "good_until": good_until,
    }
    insert = _insert_of_this_database()(AccessTokenRow)
    insert = insert.values(platform_id=platform_id, scope_key=scope_key, **values)
    changes = {name: insert.excluded[name] for name in values}
    db.session.execute(
        insert.on_conflict_do_update(index_elements=["platform_id", "scope_key"], set_=changes)
    )


def forget_all_tokens() -> None:
    """Delete every token: each is asked for again when needed."""
    db.session.execute(delete(AccessTokenRow).execution_options(synchronize_session=False))


def forget_token(platform_id: int, scope_key: str, encrypted: str) -> None:
    """Delete a token that was refused, unless another process has put a newer one in its place."""
    db.session.execute(
        delete(AccessTokenRow)
        .where(
            AccessTokenRow.platform_id == platform_id,
            AccessTokenRow.scope_key == scope_key,
            AccessTokenRow.token_encrypted == encrypted,
        )
        .execution_options(synchronize_session=False)
    )


def take_slot(host: str, limit: int, lease: str, now: datetime, until: datetime) -> bool:
    """Take one of the first `limit` places at a host that is free, or whose holder's time is over."""
    free = (
        select(HostSlot.id)
        .where(
            HostSlot.host == host,
            HostSlot.number < limit,
            or_(HostSlot.lease_until.is_(None), HostSlot.lease_until <= now),
        )
        .order_by(HostSlot.number)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    return _change_slots(HostSlot.id.in_(select(free.c.id)), lease, until)


def add_slots(host: str, limit: int) -> None:
    """Make the places of a host that are not there yet."""
    places = [{"host": host, "number": number} for number in range(limit)]
    db.session.execute(_insert_of_this_database()(HostSlot).values(places).on_conflict_do_nothing())


def renew_slot(host: str, lease: str, until: datetime) -> bool:
    """Keep a place for longer, also one whose time is over if nobody took it; False when somebody did."""
    return _change_slots(and_(HostSlot.host == host, HostSlot.lease == lease), lease, until)


def free_slot(host: str, lease: str) -> None:
    """Give a place back, unless it is somebody else's by now."""
    _change_slots(and_(HostSlot.host == host, HostSlot.lease == lease), None, None)


def pause_host(host: str, lease: str, until: datetime) -> None:
    """Take every place of a host until then, also those that somebody holds, who finds out when renewing."""
    is_earlier = or_(HostSlot.lease_until.is_(None), HostSlot.lease_until < until)
    _change_slots(and_(HostSlot.host == host, is_earlier), lease, until)


def paused_until(host: str, limit: int, lease: str) -> datetime | None:
    """When the first of a host's places is free again, if all of them are taken under this lease."""
    places = (HostSlot.host == host, HostSlot.number < limit)
    held_otherwise = exists().where(*places, or_(HostSlot.lease.is_(None), HostSlot.lease != lease))
    found = select(func.min(HostSlot.lease_until)).where(*places, ~held_otherwise)
    return db.session.scalars(found).one()


def _change_slots(which: ColumnElement[bool], lease: str | None, until: datetime | None) -> bool:
    """Whether there was one to change: told by what comes back, SQLite's driver counts no rows after WITH."""
    changed = (
        update(HostSlot)
        .where(which)
        .values(lease=lease, lease_until=until)
        .returning(HostSlot.id)
        .execution_options(synchronize_session=False)
    )
    return bool(db.session.scalars(changed).all())


def _insert_of_this_database():
    """The insert that knows what to do about a row that is there."""
    return _INSERTS[db.session.connection().dialect.name]


def _insert_new(table: type[Base], **values: object) -> bool:
    """Insert unless a unique value is taken: the database decides, never a look before the insert."""
    connection = db.session.connection()
    insert = _insert_unless_taken(table, connection.dialect.name, tuple(values))
    return connection.execute(insert, values).first() is not None


@cache
def _insert_unless_taken(table: type[Base], dialect: str, columns: tuple[str, ...]):
    """Told by the row that comes back: the row count of an insert is not known on PostgreSQL."""
    insert = _INSERTS[dialect]
    values = {name: bindparam(name) for name in columns}
    key = inspect(table).primary_key
    return insert(table.__table__).values(values).on_conflict_do_nothing().returning(*key)
