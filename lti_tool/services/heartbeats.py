"""Signs of life of the workers: each writes one every few seconds, for whoever asks whether one lives."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from lti_tool.extensions import db
from lti_tool.models import WorkerHeartbeat
from lti_tool.services.upserts import upsert

# A worker beats several times in this time: a single beat may come late.
ALIVE_FOR = timedelta(minutes=1)
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Workers:
    """Those that gave a sign of life lately: how many, and how old the oldest of these signs is."""

    alive: int
    oldest_beat: timedelta | None


def beat(name: str, version: str, started_at: datetime, now: datetime) -> None:
    """Say that this worker lives, and forget workers that fell silent a day ago. Two statements.

    :param name: of this worker process, nobody else's; :param version: of its release.
    """
    upsert(
        WorkerHeartbeat,
        {"name": name},
        {"version": version, "started_at": started_at, "beat_at": now},
        update=("beat_at",),
    )
    _delete(WorkerHeartbeat.beat_at <= now - FORGOTTEN_AFTER)


def stop(name: str) -> None:
    """Forget a worker that ends as it was asked to."""
    _delete(WorkerHeartbeat.name == name)


def workers(now: datetime) -> Workers:
    """Return what is known of the workers that live. One statement."""
    count, oldest = db.session.execute(
        select(func.count(), func.min(WorkerHeartbeat.beat_at)).where(
            WorkerHeartbeat.beat_at > now - ALIVE_FOR
        )
    ).one()
    return Workers(count, None if oldest is None else max(now - oldest, timedelta()))


def versions(now: datetime) -> list[str]:
    """Return the releases of the workers that live, each once. One statement."""
    alive = select(WorkerHeartbeat.version).where(WorkerHeartbeat.beat_at > now - ALIVE_FOR)
    return list(db.session.scalars(alive.distinct().order_by(WorkerHeartbeat.version)))


def last_sign(now: datetime) -> timedelta | None:
    """Return how long ago any worker gave a sign of life; None when none is remembered."""
    latest = db.session.scalar(select(func.max(WorkerHeartbeat.beat_at)))
    return None if latest is None else max(now - latest, timedelta())


def _delete(condition) -> None:
    db.session.execute(delete(WorkerHeartbeat).where(condition).execution_options(synchronize_session=False))
