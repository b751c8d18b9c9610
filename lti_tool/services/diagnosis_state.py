"""What can be said of an installation by looking into its database: schema, keys, workers, work undone."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import func, or_, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.models import (
    Course,
    DeliveryState,
    Deployment,
    DeploymentState,
    LineItem,
    LineItemState,
    Platform,
    PlatformState,
    Roster,
    RosterState,
    ScoreDelivery,
    Succession,
    ToolKey,
)
from lti_tool.release import release
from lti_tool.services import diagnosis_erasures, diagnosis_inbox, heartbeats, schema_version
from lti_tool.services.findings import Finding, note, warning, well, wrong
from lti_tool.services.problems import Problem
from lti_tool.settings import Settings

MOST_CLOCK_SECONDS = 5.0
# What is due is done within a minute or two, a retry later aside.
STUCK_AFTER = timedelta(minutes=15)
TOO_LONG = timedelta(days=1)


def missing_database(settings: Settings) -> list[Finding]:
    """Say whether there is a database to look into at all, without making one by looking."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return []
    file = Path(url.database)
    if not file.is_file():
        return [wrong("database", f"There is no database at {file}.", "Run: lti-tool db upgrade")]
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return [
            wrong("database", f"{file} cannot be written.", "Give it and its folder to the tool's account.")
        ]
    return []


def unreachable_database(settings: Settings) -> list[Finding]:
    """Say that the database did not answer."""
    url = make_url(settings.database_url)
    where = url.database if url.get_backend_name() == "sqlite" else f"{url.host or 'this machine'}:{url.port}"
    return [
        wrong(
            "database",
            f"The database at {where} does not answer. What stands in it could not be looked at.",
            "Start it; check LTI_TOOL_DATABASE_URL (host, port, name, user, password) and the firewall.",
        )
    ]


def state(settings: Settings, now: datetime) -> list[Finding]:
    """Look at everything that the database tells. Read-only; a constant number of statements.

    :raises sqlalchemy.exc.SQLAlchemyError: the database does not answer.
    """
    found = [_database()]
    there = schema_version.there_on(db.session.connection())
    if there != schema_version.known():
        return [*found, _schema(there)]
    found.append(well("schema", f"The schema is {there}, as this release wants it."))
    return [
        *found,
        *_workers(now),
        *_keys(settings, now),
        *_platforms(now),
        *_work(now),
        *diagnosis_erasures.erasures(),
        *diagnosis_inbox.reading(settings, now),
    ]


def _database() -> Finding:
    if db.engine.dialect.name == "sqlite":
        mode = db.session.scalar(text("PRAGMA journal_mode"))
        if mode != "wal":
            return wrong(
                "database",
                f"SQLite works in mode {mode}, not WAL: readers and writers wait for each other.",
                "Keep the database on a local disk; network file systems cannot do it.",
            )
        return well("database", "SQLite, writable, in WAL mode.")
    # `transaction_read_only` is our own doing here.
    locked = db.session.scalar(text("SHOW default_transaction_read_only")) == "on"
    if db.session.scalar(text("SELECT pg_is_in_recovery()")) or locked:
        return wrong(
            "database",
            "PostgreSQL takes no writes: a replica, or set to read-only.",
            "Let LTI_TOOL_DATABASE_URL name the primary server.",
        )
    version = str(db.session.scalar(text("SHOW server_version"))).partition(" ")[0]
    return well("database", f"PostgreSQL {version}, takes writes.")


def _schema(there: str | None) -> Finding:
    known = schema_version.known()
    if there is None:
        return wrong("schema", "The database is empty.", "Run: lti-tool db upgrade")
    if schema_version.usable(there):
        return warning(
            "schema",
            f"The schema is {there}, of the next release; this one wants {known}.",
            "Finish the upgrade.",
        )
    return wrong(
        "schema",
        f"The database has schema {there}, this release wants {known}.",
        "Run: lti-tool db upgrade (or install the release that the database was made with).",
    )


def _workers(now: datetime) -> list[Finding]:
    alive = heartbeats.workers(now).alive
    if not alive:
        last = heartbeats.last_sign(now)
        when = "None is remembered" if last is None else f"The last one was seen {_words(last)} ago"
        return [
            wrong(
                "worker",
                f"No worker is running: no score is sent, no roster is read. {when}.",
                "Start `lti-tool worker`, and have it started with the machine.",
            )
        ]
    others = [version for version in heartbeats.versions(now) if version != release()]
    if others:
        sentence = f"Workers of another release run: {', '.join(others)}; this is {release()}."
        return [warning("worker", sentence, "Restart the workers to finish the upgrade.")]
    return [well("worker", f"Workers running: {alive}.")]


def _keys(settings: Settings, now: datetime) -> list[Finding]:
    keys = list(db.session.scalars(select(ToolKey).where(ToolKey.withdrawn_at.is_(None))))
    if not any(key.signing for key in keys):
        return [
            wrong(
                "keys",
                "There is no signing key.",
                "Start `lti-tool serve` once, or run: lti-tool keys rotate",
            )
        ]
    cipher = MultiFernet([Fernet(key) for key in settings.key_encryption_keys])
    closed = [key for key in keys if not _opens(cipher, key.private_pem_encrypted)]
    if closed and not any(key.signing for key in closed):
        sentence = f"Keys in their grace time that cannot be opened any more: {len(closed)}."
        return [note("keys", sentence, "Nothing is to be done: they are only published, and one key signs.")]
    if closed:
        return [
            wrong(
                "keys",
                f"LTI_TOOL_KEY_ENCRYPTION_KEY does not open {len(closed)} of our {len(keys)} keys.",
                "Add the key they were made with behind a comma. If it is lost: lti-tool keys rotate",
            )
        ]
    late = [key for key in keys if key.withdraw_at is not None and key.withdraw_at < now - TOO_LONG]
    if late:
        sentence = "A key whose grace time is over is still published."
        return [warning("keys", sentence, "The worker withdraws it: see that one runs.")]
    resting = f"; {len(keys) - 1} more in their grace time" if len(keys) > 1 else ""
    return [well("keys", f"One key signs{resting}. All can be opened.")]


def _opens(cipher: MultiFernet, encrypted: str) -> bool:
    try:
        cipher.decrypt(encrypted.encode("ascii"))
    except InvalidToken:
        return False
    return True


_REPLACED = select(Succession.old_platform_id).where(Succession.reverted_at.is_(None))


def _platforms(now: datetime) -> list[Finding]:
    platforms = list(db.session.scalars(select(Platform).order_by(Platform.id)))
    if not platforms:
        remedy = "Run: lti-tool platforms invite --name …"
        return [note("platforms", "No LMS is registered yet.", remedy)]
    replaced = set(db.session.scalars(_REPLACED))
    found = [
        finding
        for platform in platforms
        for finding in (_replaced(platform) if platform.id in replaced else _platform(platform))
    ]
    waiting = _count(Deployment, Deployment.state == DeploymentState.WAITING)
    if waiting:
        sentence = f"Deployments that wait to be let in: {waiting}."
        found.append(warning("platforms", sentence, "Look at `lti-tool platforms list`, then approve them."))
    if not any(platform.state is PlatformState.ACTIVE for platform in platforms):
        sentence = "No connection takes launches: nobody can come in."
        found.append(warning("platforms", sentence, "Look at `lti-tool platforms list`."))
    found += _sharing(platforms)
    return found or [well("platforms", _all_well(platforms, now))]


def _sharing(platforms: list[Platform]) -> list[Finding]:
    """Name connections of one LMS that share communities: whoever comes by both is there twice."""
    one, other = aliased(Platform), aliased(Platform)
    of_one, of_other = aliased(Deployment), aliased(Deployment)
    course, again = aliased(Course), aliased(Course)
    found = db.session.execute(
        select(one.id, other.id, func.count(course.community_id.distinct()))
        .join(of_one, of_one.platform_id == one.id)
        .join(course, course.deployment_id == of_one.id)
        .join(again, again.community_id == course.community_id)
        .join(of_other, of_other.id == again.deployment_id)
        .join(other, other.id == of_other.platform_id)
        .where(one.issuer == other.issuer, one.id < other.id)
        .where(one.id.not_in(_REPLACED), other.id.not_in(_REPLACED))
        .group_by(one.id, other.id)
        .order_by(one.id, other.id)
    )
    names = {platform.id: _name(platform) for platform in platforms}
    return [
        warning(
            "platforms",
            f"{names[old]} and {names[new]} are the same LMS and share communities: {shared}. Whoever came by"
            " both is a member twice, and graded twice.",
            f"If {names[new]} takes the other's place: lti-tool platforms succeed {old} {new}",
        )
        for old, new, shared in found
    ]


def _all_well(platforms: list[Platform], now: datetime) -> str:
    fetched = [platform.key_set_fetched_at for platform in platforms if platform.key_set_fetched_at]
    sentence = f"Registered LMSs: {len(platforms)}; none asks for attention."
    return sentence + (f" Oldest key set: {(now - min(fetched)).days} days old." if fetched else "")


def _replaced(platform: Platform) -> list[Finding]:
    sentence = f"{_name(platform)} was replaced by another registration."
    return [note("platforms", sentence, "Nothing is to be done; `lti-tool platforms list` says by which.")]


def _name(platform: Platform) -> str:
    return f"{platform.name} (platform {platform.id})"


def _platform(platform: Platform) -> list[Finding]:
    name, found = _name(platform), []
    if platform.state is PlatformState.SUSPENDED:
        remedy = f"To end that: lti-tool platforms suspend {platform.id} --resume"
        found.append(note("platforms", f"{name} is suspended.", remedy))
    failed = [str(one.get("code")) for one in platform.check_report or [] if not one.get("ok", True)]
    if failed and platform.state is PlatformState.ACTIVE:
        sentence = f"The last check of {name} found: {', '.join(failed)}."
        found.append(warning("platforms", sentence, f"lti-tool platforms check {platform.id}"))
    if abs(platform.clock_offset) > MOST_CLOCK_SECONDS:
        sentence = f"The clock of {name} and ours are {abs(platform.clock_offset):.0f} seconds apart."
        found.append(warning("clock", sentence, "Let NTP set ours; if theirs is wrong, tell its operators."))
    return found


def _work(now: datetime) -> list[Finding]:
    """Say what waits longer than it should, and what the LMSs refused."""
    found = [
        warning("work", f"There are {what}: {number}.", remedy)
        for what, number, remedy in (*_scores(now), *_columns_and_rosters(now))
        if number
    ]
    return found or [well("work", "No score, column or roster waits longer than it should.")]


def _scores(now: datetime) -> Iterator[tuple[str, int, str]]:
    """What there is of scores, how many, and what helps."""
    sending = ScoreDelivery.state.in_((DeliveryState.DUE, DeliveryState.SENDING))
    yield (
        "scores that have been due for more than a quarter of an hour",
        _count(ScoreDelivery, sending, ScoreDelivery.due_at < now - STUCK_AFTER),
        "See that a worker runs; its log says what the LMS answers.",
    )
    held = ScoreDelivery.state == DeliveryState.HELD
    yield (
        "scores held for more than a day, because the LMS has another value",
        _count(ScoreDelivery, held, ScoreDelivery.theirs_seen_at < now - TOO_LONG),
        "A trainer decides on the grading page of the community.",
    )
    yield (
        "scores that an LMS refused",
        _count(ScoreDelivery, ScoreDelivery.state == DeliveryState.REFUSED),
        "The grading page of the community says why.",
    )


# Columns that are not in their LMS (any more), or that nothing is sent to, and nobody has to mend that.
_AS_STAFF_WANTED = (Problem.BEING_REMOVED.value, Problem.REMOVED.value, Problem.COURSE_ELSEWHERE.value)


def _columns_and_rosters(now: datetime) -> Iterator[tuple[str, int, str]]:
    """The same; those of connections that were replaced are nobody's business any more."""
    left = (
        select(Course.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id.in_(_REPLACED))
    )
    yield (
        "grade columns that an LMS refused to make",
        _count(
            LineItem,
            LineItem.state == LineItemState.REFUSED,
            or_(LineItem.problem.is_(None), LineItem.problem.not_in(_AS_STAFF_WANTED)),
            LineItem.course_id.not_in(left),
        ),
        "The grading page of the community says why.",
    )
    yield (
        "grade columns that an LMS shows and stores nothing in",
        _count(LineItem, LineItem.problem == Problem.NOT_STORED.value, LineItem.course_id.not_in(left)),
        "In Moodle a locked column does this: it is unlocked in the gradebook there.",
    )
    here = Roster.course_id.not_in(left)
    yield (
        "rosters that an LMS refused",
        _count(Roster, Roster.state == RosterState.REFUSED, here),
        "The members page of the community says why.",
    )
    yield (
        "rosters held for more than a day, because many people would leave",
        _count(Roster, Roster.state == RosterState.HELD, Roster.held_at < now - TOO_LONG, here),
        "Staff decide on the members page of the community.",
    )


def _count(table, *conditions) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions))


def _words(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
