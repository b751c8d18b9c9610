"""Emptying a community whose time is over: in small steps, any of which may be the last before a worker dies.

Every step takes away some rows and says how many; done again it finds none. What stays: the community and its
courses, so that a launch is told what happened; the audit log, by numbers; and the evidence of scores that
were sent, without names and words, until its date. Then that goes, too.
"""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, null, or_, select, tuple_, update

from lti_tool import settings
from lti_tool.extensions import Base, db
from lti_tool.models import (
    AssessmentFact,
    Attachment,
    CalendarFeed,
    Change,
    Charter,
    CharterAcceptance,
    Comment,
    Community,
    CommunityState,
    ContributionFact,
    ContributionReport,
    Course,
    CourseGroup,
    CourseGroupMember,
    Draft,
    Enrolment,
    ErasureRequest,
    Feedback,
    GradeColumn,
    GuestInvitation,
    InboundMail,
    KeptText,
    MailChoice,
    MemberMeasure,
    Membership,
    Mention,
    Message,
    ModerationCase,
    ModerationStep,
    Notification,
    Poll,
    PollBallot,
    PollChoice,
    PollOption,
    Post,
    PostTag,
    Prompt,
    PushDevice,
    Reaction,
    Revision,
    Roster,
    RosterGroup,
    RosterLine,
    RunningScore,
    ScoreQuestion,
    ScoreStatement,
    SearchDocument,
    Subgroup,
    SubgroupMember,
    Tag,
    ThreadReader,
    Topic,
    TopicStanding,
    User,
)
from lti_tool.services import (
    audit,
    erasure_traces,
    file_sweep,
    guest_records,
    lms_pictures,
    personal_copies,
    search_index,
    storage,
)
from lti_tool.services.erasure import ERASED
from lti_tool.services.line_items import Clock, Pause, Transaction, no_pause

ROWS, PEOPLE = 500, 50  # in one transaction
EMPTIED = (CommunityState.PURGING, CommunityState.PURGED)

Step = Callable[[int, datetime], int]


def purge_what_is_due(now: Clock, transaction: Transaction, pause: Pause = no_pause) -> int:
    """Empty the communities whose time has come, and delete evidence whose date is over.

    A worker that dies is followed by another that begins again; of two at once each takes a step in its turn.
    Returns how many communities were brought to their end. Raises OSError: the storage of files is away.
    """
    due = select(Community.id, Community.state).where(Community.due_at <= now(), Community.state.in_(EMPTIED))
    with transaction():
        waiting = db.session.execute(due.order_by(Community.due_at)).all()
    count = 0
    for community_id, state in waiting:
        is_first = state is CommunityState.PURGING
        steps = _everything() if is_first else _evidence()
        if _done(community_id, steps, now, transaction, pause):
            with transaction():
                count += _end(community_id, is_first, now())
    return count


def _done(
    community_id: int, steps: Iterator[tuple[Step, int]], now: Clock, transaction: Transaction, pause: Pause
) -> bool:
    """Take every step until nothing is left for it; False when another worker has the community."""
    for step, most in steps:
        if step is _files:
            with transaction():
                _files(community_id, now())
            file_sweep.sweep(now, transaction)
            pause("files")
            continue
        done = most
        while done >= most:
            with transaction():
                if _locked(community_id, now()) is None:
                    return False
                done = step(community_id, now())
            pause(getattr(step, "__name__", "rows"))
    return True


def _locked(community_id: int, now: datetime) -> Community | None:
    wanted = select(Community).where(
        Community.id == community_id, Community.due_at <= now, Community.state.in_(EMPTIED)
    )
    locked = wanted.with_for_update(skip_locked=True, key_share=True)
    return db.session.scalars(locked.execution_options(populate_existing=True)).one_or_none()


def _end(community_id: int, is_first: bool, now: datetime) -> bool:
    """Say that a community is emptied, and until when evidence stays; or that it is gone as well."""
    community = _locked(community_id, now)
    if community is None:
        return False
    community.due_at = None
    if is_first:
        community.state, community.state_since = CommunityState.PURGED, now
        if _has_evidence(community_id):
            community.due_at = now + timedelta(days=settings.current().grade_evidence_days)
        until = community.due_at.isoformat() if community.due_at else None
        audit.record_by_clock(community, "community.purged", now, evidence_until=until)
    else:
        audit.record_by_clock(community, "community.evidence-deleted", now)
    db.session.flush()
    return True


def _has_evidence(community_id: int) -> bool:
    sent = select(ScoreStatement.id).where(ScoreStatement.member_id.in_(_members(community_id)))
    return db.session.scalar(sent.limit(1)) is not None


def _everything() -> Iterator[tuple[Step, int]]:
    """Go through the steps in an order in which no row is left behind that another one needs."""
    yield _files, 1
    yield _search, ROWS
    yield _invitations, guest_records.MOST_FORGOTTEN
    for table, which in _TABLES:
        yield _rows_of(table, which), ROWS
    yield from _people_in_turn()
    yield _words_of_nobody, ROWS
    yield _blank(Comment, _NO_REPLY), ROWS
    yield _rows_of(Comment, lambda here: and_(Comment.community_id == here, ~_fact_of(Comment))), ROWS
    yield _blank(Post, _NO_POST), ROWS
    yield from _what_threads_stood_on()


def _evidence() -> Iterator[tuple[Step, int]]:
    """Go through what was kept until its date."""
    yield _sent_scores, 1
    yield _rows_of(AssessmentFact, lambda here: AssessmentFact.community_id == here), ROWS
    yield _rows_of(Comment, lambda here: and_(Comment.community_id == here, ~_fact_of(Comment))), ROWS
    yield from _what_threads_stood_on()


def _what_threads_stood_on() -> Iterator[tuple[Step, int]]:
    has_reply = exists().where(Comment.post_id == Post.id)
    yield (
        _rows_of(Post, lambda here: and_(Post.community_id == here, ~_fact_of(Post), ~has_reply)),
        ROWS,
    )
    yield _rows_of(Prompt, lambda here: and_(Prompt.community_id == here, ~_needed(Prompt))), ROWS
    for table in (Topic, Tag, Subgroup, Charter):
        yield _rows_of(table, lambda here, table=table: table.community_id == here), ROWS
    yield _rows_of(CourseGroup, lambda here: CourseGroup.course_id.in_(_courses(here))), ROWS


def _members(community_id: int) -> Select:
    return select(Membership.id).where(Membership.community_id == community_id)


def _posts(community_id: int) -> Select:
    return select(Post.id).where(Post.community_id == community_id)


def _courses(community_id: int) -> Select:
    return select(Course.id).where(Course.community_id == community_id)


def _ballots(community_id: int) -> Select:
    return select(PollBallot.id).where(PollBallot.post_id.in_(_posts(community_id)))


def _charters(community_id: int) -> Select:
    return select(Charter.id).where(Charter.community_id == community_id)


def _groups(community_id: int) -> Select:
    return select(CourseGroup.id).where(CourseGroup.course_id.in_(_courses(community_id)))


def _fact_of(table: type[Post] | type[Comment]) -> ColumnElement[bool]:
    """Whether a fact that is evidence is about it."""
    column = ContributionFact.post_id if table is Post else ContributionFact.comment_id
    return exists().where(column == table.id)


def _needed(table: type[Prompt]) -> ColumnElement[bool]:
    users = (Post.prompt_id, ContributionFact.prompt_id, AssessmentFact.prompt_id, GradeColumn.prompt_id)
    return or_(*(exists().where(column == table.id) for column in users))


Which = Callable[[int], ColumnElement[bool]]
# What hangs on contributions and people, before these go.
_TABLES: tuple[tuple[type[Base], Which], ...] = (
    *(
        (table, lambda here, table=table: table.community_id == here)
        for table in (
            *(Notification, Change, Mention, Revision, Reaction, Draft, KeptText, ScoreQuestion),
            *(ModerationStep, ContributionReport, ModerationCase, MemberMeasure),
        )
    ),
    *(
        (table, lambda here, table=table: table.member_id.in_(_members(here)))
        for table in (
            *(ThreadReader, TopicStanding, SubgroupMember, RunningScore, Feedback),
            *(CalendarFeed, MailChoice, Message, InboundMail, PushDevice),
        )
    ),
    (CharterAcceptance, lambda here: CharterAcceptance.charter_id.in_(_charters(here))),
    (PollChoice, lambda here: PollChoice.ballot_id.in_(_ballots(here))),
    *(
        (table, lambda here, table=table: table.post_id.in_(_posts(here)))
        for table in (PollBallot, PollOption, Poll, PostTag)
    ),
    (CourseGroupMember, lambda here: CourseGroupMember.course_group_id.in_(_groups(here))),
    *(
        (table, lambda here, table=table: table.course_id.in_(_courses(here)))
        for table in (RosterLine, RosterGroup, Roster)
    ),
)


def _rows_of(table: type[Base], which: Which) -> Step:
    """Return the step that deletes some rows of a table."""

    def rows(community_id: int, _now: datetime) -> int:
        key = list(table.__table__.primary_key.columns)
        some = select(*key).where(which(community_id)).limit(ROWS)
        of_some = key[0].in_(some) if len(key) == 1 else tuple_(*key).in_(some)
        return _run(delete(table).where(of_some))

    rows.__name__ = table.__tablename__
    return rows


def _files(community_id: int, now: datetime) -> int:
    """Give every file up as if it had been deleted long ago: the sweep takes rows and bytes."""
    at = now - file_sweep.DELETED_FOR
    here = Attachment.community_id == community_id
    late = or_(Attachment.deleted_at.is_(None), Attachment.deleted_at > at)
    return _run(update(Attachment).where(here, late).values(deleted_at=at))


def _search(community_id: int, _now: datetime) -> int:
    wanted = select(SearchDocument.id).where(SearchDocument.community_id == community_id).limit(ROWS)
    numbers = list(db.session.scalars(wanted))
    if numbers:
        search_index.forget(numbers)
        _run(delete(SearchDocument).where(SearchDocument.id.in_(numbers)))
    return len(numbers)


def _invitations(community_id: int, _now: datetime) -> int:
    return guest_records.forget(GuestInvitation.community_id == community_id)


def _people_in_turn() -> Iterator[tuple[Step, int]]:
    """Go through the members, some at a time, in the order of their numbers."""
    last = {"number": 0}

    def people(community_id: int, now: datetime) -> int:
        wanted = _members(community_id).where(Membership.id > last["number"])
        numbers = list(db.session.scalars(wanted.order_by(Membership.id).limit(PEOPLE)))
        if numbers:
            _make_nameless(community_id, numbers, now)
            last["number"] = numbers[-1]
        return len(numbers)

    yield people, PEOPLE


def _make_nameless(community_id: int, numbers: list[int], now: datetime) -> None:
    """Leave of these members what is evidence, without a name; end the accounts that live nowhere else."""
    erasure_traces.withdraw_scores(numbers)
    erasure_traces.leave_evidence_without_names(numbers)
    erasure_traces.clean_audit(numbers)
    erasure_traces.forget_choices(numbers)
    users = select(Membership.user_id).where(Membership.id.in_(numbers))
    theirs = (Enrolment.user_id.in_(users), Enrolment.course_id.in_(_courses(community_id)))
    erasure_traces.end_enrolments(and_(*theirs), now)
    for user in db.session.scalars(select(User).where(User.id.in_(users), User.erased_at.is_(None))).all():
        if not _lives_elsewhere(user.id, community_id):
            _end_account(user, now)


def _lives_elsewhere(user_id: int, community_id: int) -> bool:
    """Tell whether somebody is in a community that is not emptied, beside this one."""
    elsewhere = (
        select(Membership.id)
        .join(Community, Community.id == Membership.community_id)
        .where(Membership.user_id == user_id, Community.id != community_id, Community.state.not_in(EMPTIED))
    )
    return db.session.scalar(elsewhere.limit(1)) is not None


def _end_account(user: User, now: datetime) -> None:
    """Take the name off an account. No journal keeps them out: they may come again, as somebody new."""
    erasure_traces.sign_out(user.id, now)
    erasure_traces.forget_launches(user.id)
    storage.drop(personal_copies.forget(user.id))
    _run(delete(ErasureRequest).where(ErasureRequest.user_id == user.id))
    lms_pictures.forget(user)
    user.sub, user.erased_at = f"{ERASED}{secrets.token_hex(16)}", now
    user.picture_taken = user.picture_key = user.picture_due_at = None
    user.name = user.given_name = user.family_name = user.email = user.picture = user.locale = None
    db.session.flush()


def _words_of_nobody(community_id: int, _now: datetime) -> int:
    """Take off reasons of facts about everybody, and words that staff watch; nothing is sent by itself."""
    _run(update(Community).where(Community.id == community_id).values(watched_words=None))
    _run(
        update(GradeColumn)
        .where(GradeColumn.community_id == community_id, GradeColumn.automatic_at.is_not(None))
        .values(automatic_at=None)
    )
    everybody = (AssessmentFact.community_id == community_id, AssessmentFact.member_id.is_(None))
    _run(update(AssessmentFact).where(*everybody, AssessmentFact.reason.is_not(None)).values(reason=None))
    return 0


def _sent_scores(community_id: int, _now: datetime) -> int:
    erasure_traces.delete_evidence_about(_members(community_id))
    return 0


_OTHERS_OF_REPLY = ("parent_id", "solves_id", "accepted_by_id", "became_post_id", "made_of_post_id")
_NO_REPLY = {"body": "", **dict.fromkeys(_OTHERS_OF_REPLY)}
_OTHERS_OF_POST = ("topic_id", "subgroup_id", "idea_reason", "link_url", "link_wanted_at", "waits_since")
_NO_POST = {
    **{"title": "", "body": "", "parts": null(), "link_preview": null(), "pinned_until": None},
    **dict.fromkeys(_OTHERS_OF_POST),
}


def _blank(table: type[Post] | type[Comment], values: dict[str, object]) -> Step:
    """Return the step that takes the words off some contributions: the numbers are evidence's."""

    def blank(community_id: int, now: datetime) -> int:
        written = or_(table.body != "", table.deleted_at.is_(None), *_still_there(table, values))
        some = select(table.id).where(table.community_id == community_id, written).limit(ROWS)
        deleted = func.coalesce(table.deleted_at, now)
        return _run(update(table).where(table.id.in_(some)).values(**values, deleted_at=deleted))

    return blank


def _still_there(table: type[Post] | type[Comment], values: dict[str, object]) -> list[ColumnElement[bool]]:
    return [getattr(table, name).is_not(None) for name, value in values.items() if value is None]


def _run(statement) -> int:
    return db.session.execute(statement.execution_options(synchronize_session=False)).rowcount
