"""Erasing a person: threads stay readable, scores of others stay as they are, nothing says who it was.

In three steps, so that whatever dies between two of them leaves what can be ended by doing it again: the
journal in the storage folder, the end of every session, then all the rest in one transaction. A journal that
says more than the database is brought to its end by `replay`, also after an older database was restored.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from lti_tool import settings
from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Platform, User
from lti_tool.services import audit, erasure_journal, erasure_traces, lms_pictures, personal_copies, storage
from lti_tool.services.line_items import Pause, Transaction, no_pause

# For so long is looked for what a request under way in the moment of an erasure wrote after it.
LATE_TRACES = timedelta(minutes=10)
# A score on its way is waited for, so that nothing is sent when the erasure is done: so often, in seconds. An
# LMS that takes longer is not: what it stores then was true when it was sent.
LOOKS, BETWEEN_LOOKS = 100, 0.1
# Of the `sub` of somebody who was erased; what follows is made up.
ERASED = "erased:"


Wait = Callable[[float], None]


@dataclass(frozen=True)
class Returned:
    """Somebody whom the journal names and the database has (again): it is older, or a step was not done."""

    user_id: int
    hashes: tuple[str, ...]
    erased_at: datetime


def erase(
    user_id: int,
    now: datetime,
    transaction: Transaction,
    pause: Pause = no_pause,
    wait: Wait = time.sleep,
    *,
    administrator_id: int | None = None,
) -> bool:
    """Erase an account for good; False when it was erased already.

    The account launches again as somebody new, of whom nothing is known; a roster never brings it back.

    :param administrator_id: who does it in the console; None: an operator, from the command line.

    :raises NotFound: no such person.
    :raises JournalUnusable: see `erasure_journal`. :raises OSError: the journal cannot be written. Nothing
        was erased then.
    """
    with transaction():
        user = _person(user_id)
        if user.erased_at is not None:
            return False
        journal = erasure_journal.opened()
        hashes = tuple(journal.hashes_of(erasure_journal.identities_of(user), user.sub))
        since = user.created_at
    pause("journal-opened")
    erased_at = erasure_journal.write(hashes, since, now)
    pause("journal-written")
    one = Returned(user_id, hashes, erased_at)
    return _carry_out(one, now, transaction, pause, wait, administrator_id=administrator_id)


def replay(now: datetime, transaction: Transaction) -> int:
    """Erase whom the journal names and the database has again, and give each the lines that it lacks.

    Returns how many were erased. After a restored copy, and after an erasure that did not come to its end.

    :raises JournalUnusable: see `erasure_journal`. :raises OSError: the folder cannot be read or written.
    """
    with transaction():
        if erasure_journal.looked_into() is None:
            return 0
        journal = erasure_journal.opened()
        back = list(returned(journal, erasure_journal.bring_together()))
    return sum(_carry_out(one, now, transaction, no_pause, time.sleep, replayed=True) for one in back)


def returned(journal: erasure_journal.Journal, lines: dict[str, datetime]) -> Iterator[Returned]:
    """Return whom these lines name among the accounts. One made after its line came by a launch: it stays."""
    if not lines:
        return
    for user_id, sub, created_at, identities in erasure_journal.accounts_and_identities():
        hashes = journal.hashes_of(identities, sub)
        erased_at = max((lines[person] for person in hashes if person in lines), default=None)
        if erased_at is not None and created_at <= erased_at:
            yield Returned(user_id, tuple(hashes), erased_at)


def sweep(now: datetime) -> None:
    """Delete evidence whose time is over, and what was still written in the moment of an erasure."""
    over = select(User.id).where(User.evidence_until <= now)
    if db.session.scalar(over.limit(1)) is not None:
        erasure_traces.delete_evidence(over)
        _run(update(User).where(User.evidence_until <= now).values(evidence_until=None))
    late = select(User.id).where(User.erased_at > now - LATE_TRACES)
    for user_id in db.session.scalars(late).all():
        erasure_traces.sign_out(user_id, now)
        _remove_traces(_person(user_id))


def _carry_out(
    one: Returned,
    now: datetime,
    transaction: Transaction,
    pause: Pause,
    wait: Wait,
    *,
    replayed: bool = False,
    administrator_id: int | None = None,
) -> bool:
    with transaction():
        erasure_traces.sign_out(one.user_id, now)
        erasure_traces.stop_sending(one.user_id)
    pause("signed-out")
    _let_what_is_being_sent_arrive(one.user_id, now, transaction, wait)
    with transaction():
        erasure_journal.lock(to_erase=True)
        members = erasure_traces.lock_members(one.user_id)
        user = _person(one.user_id)
        if user.erased_at is not None:
            return False
        erasure_journal.note(one.hashes, one.erased_at)
        copies = personal_copies.forget(user.id)
        _end_account(user, one.erased_at, now)
        _record(user, members, now, administrator_id, replayed=replayed)
        pause("about-to-commit")
    # A process that dies here leaves bytes that no row names: the nightly look takes them.
    storage.drop(copies)
    pause("erased")
    return True


def _let_what_is_being_sent_arrive(user_id: int, now: datetime, transaction: Transaction, wait: Wait) -> None:
    for _ in range(LOOKS):
        with transaction():
            under_way = erasure_traces.is_being_sent(user_id, now)
        if not under_way:
            return
        wait(BETWEEN_LOOKS)


def _end_account(user: User, erased_at: datetime, now: datetime) -> None:
    platforms = erasure_journal.related_platforms(user.platform_id)
    erasure_traces.forget_lines_about(user.sub, platforms)
    user.erased_at = erased_at
    has_evidence = _remove_traces(user)
    erasure_traces.sign_out(user.id, now)  # they may have launched in between
    # Last: changing the key of the row waits for launches that name it, and must not hold them up.
    user.sub = f"{ERASED}{secrets.token_hex(16)}"
    lms_pictures.forget(user)
    user.picture_taken = user.picture_key = user.picture_due_at = None
    user.name = user.given_name = user.family_name = user.email = user.picture = user.locale = None
    evidence_days = timedelta(days=settings.current().grade_evidence_days)
    user.evidence_until = erased_at + evidence_days if has_evidence else None
    db.session.flush()


def _remove_traces(user: User) -> bool:
    """Remove what the account has left; may be done again. Tell whether evidence of sent scores stays."""
    members = erasure_traces.lock_members(user.id)
    erasure_traces.leave(user.id, members, user.erased_at)
    erasure_traces.withdraw_scores(members)
    has_evidence = erasure_traces.leave_evidence_without_names(members)
    erasure_traces.forget_words(user.id, members)
    erasure_traces.forget_moderation(members)
    erasure_traces.forget_what_was_followed(members, user.erased_at)
    erasure_traces.keep_present_wording(members)
    erasure_traces.clean_audit(members)
    return has_evidence


def _record(
    user: User, members: list[int], now: datetime, administrator_id: int | None, *, replayed: bool
) -> None:
    organisation = db.session.scalar(select(Platform.organisation_id).where(Platform.id == user.platform_id))
    told = {"memberships": members} | ({"replayed": True} if replayed else {})
    subject = f"user:{user.id}"
    audit.record_administration(administrator_id, "person.erased", subject, now, organisation, **told)
    db.session.flush()


def _person(user_id: int) -> User:
    found = db.session.scalars(
        select(User).where(User.id == user_id).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("no-such-person", id=user_id)
    return found


def _run(statement) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
