"""What a trainer judges: marks on contributions, the rubric, and the periods in which nothing is asked."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from fractions import Fraction

from sqlalchemy import ColumnElement, and_, case, or_, select

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.grading.facts import Act as FactAct
from lti_tool.grading.facts import Kind
from lti_tool.grading.rubric import RUBRIC, LevelsInvalid
from lti_tool.models import AssessmentFact, Comment, ContributionFact, Post
from lti_tool.permissions import Act
from lti_tool.services import audit, cells, graded, rules
from lti_tool.services.acting import ActingMember
from lti_tool.services.graded import InputRefused

_CONTRIBUTED = [kind.value for kind in Kind if kind.is_contribution]
_SUBJECT = re.compile(r"(?P<table>post|comment):(?P<number>[1-9][0-9]{0,8})", re.ASCII)


def mark(
    member: ActingMember, subject: str, quality: Fraction | None, reason: str | None, now: datetime
) -> int:
    """Mark a learner's contribution by one of the policy's marks, None takes the mark back.

    `subject` is that of its facts: "post:12", "comment:5". Returns the author's number. Nothing is noted
    when the same mark stands already for the same reason.

    :raises NotFound: grading is off, or no contribution of somebody graded stands there.
    :raises InputRefused: the rules in force know no such mark, or the reason is too long.
    """
    member.must(Act.MANAGE_GRADES)
    written = _written(member, subject)
    graded.graded_here(member, [written.member_id], now)
    check_mark(member, quality)
    reason = None if quality is None else graded.optional_reason(reason)
    told = None if quality is None else str(quality)
    if _mark_in_force(written) == (told, reason):
        return written.member_id
    db.session.add(ContributionFact(**mark_of(member, written, told, reason, now)))
    audit.record(member, "grade.marked", subject, now, of=written.member_id, mark=told, reason=reason)
    _what_the_lms_has_is_old(member, [written.member_id], now)
    return written.member_id


def mark_of(
    member: ActingMember, written: ContributionFact, quality: str | None, reason: str | None, now: datetime
) -> dict[str, object]:
    """Return the values of the fact that the acting member marks a contribution.

    `written` is the fact that it was written.
    """
    return {
        "community_id": member.community.id,
        "member_id": written.member_id,
        "actor_id": member.id,
        "act": FactAct.MARKED.value,
        "kind": written.kind,
        "post_id": written.post_id,
        "comment_id": written.comment_id,
        "subject": written.subject,
        "quality": quality,
        "reason": reason,
        "at": now,
    }


def _written(member: ActingMember, subject: str) -> ContributionFact:
    """Return the fact that a contribution was written, of one that still stands. One statement."""
    named = subject_named(subject)
    if named is None:
        raise NotFound()
    of_reply = ContributionFact.comment_id.is_not(None)
    stands = case((of_reply, Comment.deleted_at), else_=Post.deleted_at).is_(None)
    wanted = (
        select(ContributionFact)
        .join(Post, Post.id == ContributionFact.post_id)
        .outerjoin(Comment, Comment.id == ContributionFact.comment_id)
        .where(
            ContributionFact.community_id == member.community.id,
            ContributionFact.act == FactAct.WRITTEN.value,
            ContributionFact.kind.in_(_CONTRIBUTED),
            about([named]),
            stands,
        )
        .order_by(ContributionFact.id)
        .limit(1)
    )
    written = db.session.scalars(wanted).one_or_none()
    if written is None:
        raise NotFound()
    return written


def about(named: Iterable[tuple[str, int]]) -> ColumnElement[bool]:
    """Return the condition on facts that they are about these contributions, by table and number.

    What staff moved elsewhere is named as it was first: `facts.subject_of`.
    """
    wanted = list(named)
    posts = {number for table, number in wanted if table == "post"}
    replies = {number for table, number in wanted if table == "comment"}
    here = (
        and_(ContributionFact.post_id.in_(posts), ContributionFact.comment_id.is_(None)),
        ContributionFact.comment_id.in_(replies),
    )
    first_names = [f"{table}:{number}" for table, number in wanted]
    return or_(
        *(and_(place, ContributionFact.subject.is_(None)) for place in here),
        ContributionFact.subject.in_(first_names),
    )


def subject_named(subject: str) -> tuple[str, int] | None:
    """Return table and number of a contribution as facts name it ("post:12"), None for anything else."""
    named = _SUBJECT.fullmatch(subject)
    return None if named is None else (named["table"], int(named["number"]))


def check_mark(member: ActingMember, quality: Fraction | None) -> None:
    """Refuse a mark that the rules in force do not know: InputRefused; NotFound while grading is off."""
    by = rules.in_force(member.community.id)
    if by is None:
        raise NotFound("grading-off")
    if quality is not None and quality not in by.policy.marks:
        raise InputRefused("mark", "unknown")


def _mark_in_force(written: ContributionFact) -> tuple[str | None, str | None]:
    wanted = (
        select(ContributionFact.quality, ContributionFact.reason)
        .where(
            ContributionFact.community_id == written.community_id,
            ContributionFact.member_id == written.member_id,
            ContributionFact.act == FactAct.MARKED.value,
            ContributionFact.post_id == written.post_id,
            ContributionFact.comment_id.is_not_distinct_from(written.comment_id),
        )
        .order_by(ContributionFact.id.desc())
        .limit(1)
    )
    found = db.session.execute(wanted).one_or_none()
    return (None, None) if found is None else (found.quality, found.reason)


def assess(member: ActingMember, member_id: int, levels: Mapping[str, int] | None, now: datetime) -> None:
    """Judge a learner by the rubric: a level for each criterion; None takes the assessment back.

    :raises NotFound: grading is off, or nobody with this number is graded here.
    :raises InputRefused: a criterion has no level, or one that there is not.
    """
    member.must(Act.MANAGE_GRADES)
    graded.graded_here(member, [member_id], now)
    if rules.in_force(member.community.id) is None:
        raise NotFound("grading-off")
    share = _share_of(levels)
    stands = _latest(member, [member_id], [FactAct.RUBRIC]).get((member_id, None))
    wanted = (levels, None if share is None else str(share))
    # What came from a file has no levels: to take it back or to judge anew is a change all the same.
    if ((stands.levels, stands.rubric) if stands else (None, None)) == wanted:
        return
    db.session.add(
        AssessmentFact(
            community_id=member.community.id,
            member_id=member_id,
            actor_id=member.id,
            act=FactAct.RUBRIC.value,
            rubric=None if share is None else str(share),
            levels=None if levels is None else dict(levels),
            at=now,
        )
    )
    audit.record(member, "grade.assessed", f"membership:{member_id}", now, levels=levels and dict(levels))
    _what_the_lms_has_is_old(member, [member_id], now)


def _share_of(levels: Mapping[str, int] | None) -> Fraction | None:
    try:
        return None if levels is None else RUBRIC.share(levels)
    except LevelsInvalid as problem:
        raise InputRefused("levels", "unknown") from problem


def excuse(
    member: ActingMember,
    member_ids: Collection[int],
    period_numbers: Collection[int],
    reason: str,
    now: datetime,
) -> None:
    """Ask nothing of these learners in these periods, and measure nothing there.

    :raises NotFound: grading is off, a period does not exist, or somebody is not graded here.
    :raises InputRefused: no reason is given, or it is too long.
    """
    member.must(Act.MANAGE_GRADES)
    _set(member, member_ids, period_numbers, FactAct.EXCUSED, graded.given_reason(reason), now)


def expect(
    member: ActingMember, member_ids: Collection[int], period_numbers: Collection[int], now: datetime
) -> None:
    """Ask again for what `excuse` let go. Raises NotFound as it does."""
    member.must(Act.MANAGE_GRADES)
    _set(member, member_ids, period_numbers, FactAct.EXPECTED, None, now)


def _set(
    member: ActingMember,
    member_ids: Collection[int],
    period_numbers: Collection[int],
    act: FactAct,
    reason: str | None,
    now: datetime,
) -> None:
    learners = [one.id for one in graded.graded_here(member, member_ids, now)]
    _check_periods(member, period_numbers)
    standing = _latest(member, learners, [FactAct.EXCUSED, FactAct.EXPECTED])
    changed: dict[int, list[int]] = {}
    for learner in learners:
        for number in sorted(set(period_numbers)):
            last = standing.get((learner, number))
            if (last.act if last else FactAct.EXPECTED.value) != act.value:
                changed.setdefault(learner, []).append(number)
    for learner, numbers in changed.items():
        db.session.add_all(_about_period(member, learner, number, act, reason, now) for number in numbers)
        audit.record(
            member, f"grade.{act.value}", f"membership:{learner}", now, periods=numbers, reason=reason
        )
    _what_the_lms_has_is_old(member, changed, now)


def _check_periods(member: ActingMember, numbers: Collection[int]) -> None:
    by = rules.in_force(member.community.id)
    if by is None:
        raise NotFound("grading-off")
    if not numbers or not set(numbers) <= {period.number for period in by.periods}:
        raise NotFound()


def _about_period(
    member: ActingMember, learner: int, number: int, act: FactAct, reason: str | None, now: datetime
) -> AssessmentFact:
    return AssessmentFact(
        community_id=member.community.id,
        member_id=learner,
        actor_id=member.id,
        act=act.value,
        period=number,
        reason=reason,
        at=now,
    )


def _latest(
    member: ActingMember, member_ids: Iterable[int], acts: Collection[FactAct]
) -> dict[tuple[int, int | None], AssessmentFact]:
    """Return the latest fact of these acts by member and period. One statement."""
    wanted = (
        select(AssessmentFact)
        .where(
            AssessmentFact.community_id == member.community.id,
            AssessmentFact.member_id.in_(set(member_ids)),
            AssessmentFact.act.in_([act.value for act in acts]),
        )
        .order_by(AssessmentFact.at, AssessmentFact.id)
    )
    return {(fact.member_id, fact.period): fact for fact in db.session.scalars(wanted)}


def _what_the_lms_has_is_old(member: ActingMember, member_ids: Iterable[int], now: datetime) -> None:
    db.session.flush()
    cells.mark_all_ready(member.community.id, member_ids, now)
