"""What staff look at, and a contribution with all that was done about it, as staff and its author read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.knowledge.markdown import excerpt
from lti_tool.models import (
    Comment,
    ContributionReport,
    Membership,
    ModerationAct,
    ModerationCase,
    ModerationStep,
    Post,
)
from lti_tool.permissions import Act
from lti_tool.services import (
    attachment_views,
    cases,
    contributions,
    cursors,
    held,
    mentions,
    moderation,
    people,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.attachments import AttachedFile
from lti_tool.services.people import Person

PAGE, MOST_COUNTED = 20, 99
MOST_SHOWN = 100  # reports, and things done, of one contribution
WAITING, ANSWERED, DECIDED = "waiting", "answered", "decided"
# Since when a case stands in a queue; those that wait come in their order, what was decided the latest first.
_SINCE = {
    WAITING: ModerationCase.waits_since,
    ANSWERED: ModerationCase.answered_since,
    DECIDED: ModerationCase.decided_at,
}


@dataclass(frozen=True)
class Line:
    """A contribution in a queue; `reasons` are those of reports that wait, each once."""

    post_id: int
    comment_id: int | None
    title: str
    excerpt: str
    kind: str
    author: Person
    since: datetime
    hidden: bool
    deleted: bool
    reports: int
    reasons: Sequence[str]
    watched: Sequence[str] = ()  # words that staff watch for, where nobody has looked at them yet


@dataclass(frozen=True)
class Queue:
    """A page of a queue; `following` is the cursor of the next. The counts end at MOST_COUNTED."""

    show: str
    lines: list[Line]
    following: str | None
    waiting: int
    answered: int


@dataclass(frozen=True)
class ReportView:
    """What somebody reported. `open`: nobody has looked at it yet."""

    by: Person
    reason: str
    note: str | None
    at: datetime
    open: bool
    withdrawn: bool


@dataclass(frozen=True)
class StepView:
    """Something that was done; `by_author` is whose contribution it is."""

    act: str
    by: Person
    by_author: bool
    at: datetime
    reason: str


@dataclass(frozen=True)
class CaseView:
    """A contribution with what was done about it. Reports are for staff alone.

    `words_gone`: it is hidden, and whoever wrote it was erased. `possible` is what this member may decide.
    """

    post_id: int
    comment_id: int | None
    kind: str
    title: str
    body: str
    author: Person
    created_at: datetime
    hidden: bool
    deleted: bool
    words_gone: bool
    mine: bool
    version: int
    files: Sequence[AttachedFile]
    steps: Sequence[StepView]
    reports: Sequence[ReportView] = ()
    possible: Sequence[str] = ()  # values of ModerationAct
    locked: bool = False
    watched: Sequence[str] = ()  # words that staff watch for and that stood in it
    may_answer: bool = False


def queue(member: ActingMember, show: str, after: str | None, now: datetime) -> Queue:
    """Return a page of what waits to be looked at, of what authors answered, or of what was decided.

    What a member wrote themselves others look at. Six statements at most.
    """
    member.must(Act.MODERATE)
    show = show if show in _SINCE else WAITING
    since = _SINCE[show]
    wanted = _in_queue(member, since)
    if show == DECIDED:
        behind, order = cursors.older, (since.desc(), ModerationCase.id.desc())
    else:
        behind, order = cursors.newer, (since, ModerationCase.id)
    wanted = wanted.where(behind(after, since, ModerationCase.id)).order_by(*order)
    found = db.session.execute(wanted.limit(PAGE + 1)).all()
    shown, following = found[:PAGE], None
    if len(found) > PAGE:
        following = cursors.cursor(shown[-1].since, shown[-1].ModerationCase.id)
    waiting, answered = db.session.execute(
        select(_counted(member, WAITING), _counted(member, ANSWERED))
    ).one()
    return Queue(show, _lines(shown, now), following, waiting, answered)


def counted(member: ActingMember) -> ColumnElement[int]:
    """Return in SQL how much waits for staff, reports and answers: at most MOST_COUNTED of each."""
    return _counted(member, WAITING) + _counted(member, ANSWERED)


def _counted(member: ActingMember, show: str) -> ColumnElement[int]:
    numbers = _in_queue(member, _SINCE[show]).with_only_columns(ModerationCase.id).limit(MOST_COUNTED)
    return select(func.count()).select_from(numbers.subquery()).scalar_subquery()


def _in_queue(member: ActingMember, since: ColumnElement) -> Select:
    return (
        select(ModerationCase, Post, Comment, since.label("since"))
        .join(Post, Post.id == ModerationCase.post_id)
        .outerjoin(Comment, Comment.id == ModerationCase.comment_id)
        .where(
            ModerationCase.community_id == member.community.id,
            since.is_not(None),
            ModerationCase.author_id != member.id,
        )
    )


def _lines(rows: Sequence, now: datetime) -> list[Line]:
    """Describe the rows of a page. Four statements, none for no row."""
    if not rows:
        return []
    authors = select(Membership).where(Membership.id.in_({row.ModerationCase.author_id for row in rows}))
    persons = people.described(db.session.scalars(authors.options(joinedload(Membership.user))), now)
    kept = held.words_of([row.Comment or row.Post for row in rows])
    reasons = _reasons([row.ModerationCase.id for row in rows])
    return [_line(row, persons, kept, reasons.get(row.ModerationCase.id, [])) for row in rows]


def _reasons(numbers: Sequence[int]) -> dict[int, list[str]]:
    """Return the reasons of the reports that wait, by case, in the order in which they came."""
    wanted = (
        select(ContributionReport.case_id, ContributionReport.reason)
        .where(ContributionReport.case_id.in_(numbers), *_OPEN)
        .order_by(ContributionReport.at, ContributionReport.id)
    )
    found: dict[int, list[str]] = {}
    for case_id, reason in db.session.execute(wanted):
        found.setdefault(case_id, []).append(reason.value)
    return found


_OPEN = (ContributionReport.withdrawn_at.is_(None), ContributionReport.settled_at.is_(None))


def _line(row, persons: dict[int, Person], kept: dict, reasons: list[str]) -> Line:
    case, contribution = row.ModerationCase, row.Comment or row.Post
    words = kept.get((type(contribution), contribution.id), contribution)
    title = (words.title if row.Comment is None else None) or row.Post.title
    said = excerpt(words.body)
    mentions.expect(said)
    return Line(
        post_id=case.post_id,
        comment_id=case.comment_id,
        title=title,
        excerpt=said,
        kind=row.Post.kind.value,
        author=persons[case.author_id],
        since=row.since,
        hidden=contribution.hidden_at is not None,
        deleted=contribution.deleted_at is not None and contribution.hidden_at is None,
        reports=len(reasons),
        reasons=tuple(dict.fromkeys(reasons)),
        watched=case.watched or () if case.watched_at is not None else (),
    )


def case_view(member: ActingMember, post_id: int, comment_id: int | None, now: datetime) -> CaseView:
    """Return a contribution with all that was done about it: for its author and for staff.

    A number of statements that does not depend on how much was done.

    :raises NotFound: there is no such contribution here. :raises NotAllowed: for everybody else.
    """
    member.must(Act.READ)
    contributions.post_here(member, post_id, now)  # who has left its sub-group knows of it no longer
    post, comment = cases.place(member, post_id, comment_id)
    contribution = comment or post
    mine = contribution.author_id == member.id
    if not mine:
        member.must(Act.MODERATE)
    case = cases.case_of(post_id, comment_id)
    steps = _steps(case) if case is not None else []
    reports = _reports(case) if case is not None and not mine else []
    author = db.session.get_one(Membership, contribution.author_id, options=[joinedload(Membership.user)])
    others = [*(one.done_by for one in steps), *(one.reported_by for one in reports)]
    persons = people.described([author, *others], now)
    kept = held.words_of([contribution]).get((type(contribution), contribution.id))
    hidden = contribution.hidden_at is not None
    deleted = contribution.deleted_at is not None and not hidden
    words = kept if hidden and kept is not None else contribution
    mentions.expect(words.body)
    files = attachment_views.of_thread(post_id, [comment_id or 0]).get(comment_id, ())
    return CaseView(
        post_id=post_id,
        comment_id=comment_id,
        kind=post.kind.value,
        title=(words.title if comment is None else None) or post.title,
        body=words.body,
        author=persons[author.id],
        created_at=contribution.created_at,
        hidden=hidden,
        deleted=deleted,
        words_gone=hidden and kept is None,
        mine=mine,
        version=case.version if case is not None else 0,
        files=files,
        steps=[_step(one, persons, author.id) for one in steps],
        reports=[_report(one, persons) for one in reports],
        possible=() if hidden and kept is None else moderation.possible(member, post, comment),
        locked=comment is None and post.locked_at is not None,
        watched=case.watched or () if case is not None and not mine else (),
        may_answer=mine and case is not None and case.decided_at is not None,
    )


def _steps(case: ModerationCase) -> list[ModerationStep]:
    wanted = select(ModerationStep).where(ModerationStep.case_id == case.id)
    latest = wanted.order_by(ModerationStep.id.desc()).limit(MOST_SHOWN)
    with_names = joinedload(ModerationStep.done_by).joinedload(Membership.user)
    return list(db.session.scalars(latest.options(with_names)))[::-1]


def _reports(case: ModerationCase) -> list[ContributionReport]:
    wanted = select(ContributionReport).where(ContributionReport.case_id == case.id)
    with_names = joinedload(ContributionReport.reported_by).joinedload(Membership.user)
    latest = wanted.order_by(ContributionReport.at.desc(), ContributionReport.id.desc()).limit(MOST_SHOWN)
    return list(db.session.scalars(latest.options(with_names)))


def _step(one: ModerationStep, persons: dict[int, Person], author_id: int) -> StepView:
    by_author = one.done_by_id == author_id
    return StepView(one.act.value, persons[one.done_by_id], by_author, one.at, one.reason)


def _report(one: ContributionReport, persons: dict[int, Person]) -> ReportView:
    is_open = one.withdrawn_at is None and one.settled_at is None
    return ReportView(
        by=persons[one.reported_by_id],
        reason=one.reason.value,
        note=one.note,
        at=one.at,
        open=is_open,
        withdrawn=one.withdrawn_at is not None,
    )


def why_locked(post: Post) -> str | None:
    """Return the reason for which a thread is locked, as everybody reads it; None where it is not.

    One statement at most.
    """
    if post.locked_at is None:
        return None
    wanted = (
        select(ModerationStep.reason)
        .join(ModerationCase, ModerationCase.id == ModerationStep.case_id)
        .where(
            ModerationCase.about == cases.about(post.id, None),
            ModerationStep.act == ModerationAct.LOCKED,
        )
    )
    return db.session.scalars(wanted.order_by(ModerationStep.id.desc()).limit(1)).one_or_none() or ""
