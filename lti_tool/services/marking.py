"""Many contributions marked by one act, and such an act undone: only what changes is noted, as facts.

An act is known by who did it and when, which every fact of it carries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Select, func, insert, select

from lti_tool.extensions import db
from lti_tool.grading.facts import Act as FactAct
from lti_tool.grading.facts import Kind
from lti_tool.models import Comment, ContributionFact, Post
from lti_tool.permissions import Act
from lti_tool.services import assessment, audit, cells, graded
from lti_tool.services.acting import ActingMember
from lti_tool.services.facts import subject_of

# Contributions that one act may mark.
MOST_AT_ONCE = 1000
CONTRIBUTED = [kind.value for kind in Kind if kind.is_contribution]
_TOLD = [act.value for act in (FactAct.WRITTEN, FactAct.MARKED, FactAct.HIDDEN, FactAct.RESTORED)]


@dataclass(frozen=True)
class Choice:
    """A contribution that was chosen, with the mark (None: none) that stood beside it on the page."""

    subject: str
    shown: Fraction | None


@dataclass(frozen=True)
class Outcome:
    """What an act did, in contributions: `kept` were marked otherwise meanwhile and stay as they are.

    `gone` were removed meanwhile, or their authors are no longer graded.
    """

    changed: int
    kept: int
    gone: int


@dataclass
class _Standing:
    """A contribution as its facts tell it, in their order."""

    written: ContributionFact | None = None
    marks: list[ContributionFact] = field(default_factory=list)
    is_there: bool = True
    hidden: bool = False

    @property
    def quality(self) -> str | None:
        return self.marks[-1].quality if self.marks else None

    def before(self, mark: ContributionFact) -> tuple[str | None, str | None]:
        """Return mark and reason that stood before this one."""
        earlier = self.marks[: self.marks.index(mark)]
        return (earlier[-1].quality, earlier[-1].reason) if earlier else (None, None)


def mark_several(
    member: ActingMember,
    choices: Sequence[Choice],
    quality: Fraction | None,
    reason: str | None,
    now: datetime,
) -> Outcome:
    """Give the chosen contributions one mark, None takes their marks back; a bounded number of statements.

    What has that mark already keeps its reason. What somebody marked otherwise since the page was shown is
    left to them.

    :raises NotFound: grading is off. :raises InputRefused: the rules in force know no such mark, or the
        reason is too long.
    """
    member.must(Act.MANAGE_GRADES)
    assessment.check_mark(member, quality)
    told = None if quality is None else str(quality)
    reason = None if quality is None else graded.optional_reason(reason)
    shown = {choice.subject: choice.shown for choice in choices}
    standing = _standing_and_locked(member, shown, now)
    wanted: dict[str, tuple[str | None, str | None]] = {}
    kept = 0
    for subject, one in standing.items():
        if one.quality == told:
            continue
        if one.quality != (None if shown[subject] is None else str(shown[subject])):
            kept += 1
        else:
            wanted[subject] = (told, reason)
    _note(member, "grade.marked-several", standing, wanted, now)
    return Outcome(len(wanted), kept, len(shown) - len(standing))


def undo(member: ActingMember, at: datetime, now: datetime) -> Outcome:
    """Put back what stood before the acting member marked at this moment, where nobody marked it since.

    A bounded number of statements. Nothing happens when they did nothing then.
    """
    member.must(Act.MANAGE_GRADES)
    done = {subject_of(fact): fact for fact in db.session.scalars(_done(member, at))}
    standing = _standing_and_locked(member, done, now)
    wanted = {
        subject: one.before(done[subject])
        for subject, one in standing.items()
        if one.marks[-1].id == done[subject].id
    }
    _note(member, "grade.marking-undone", standing, wanted, now)
    return Outcome(len(wanted), len(standing) - len(wanted), len(done) - len(standing))


def count_marked(member: ActingMember, at: datetime) -> int:
    """Return how many contributions the acting member marked at this moment; one statement."""
    member.must(Act.MANAGE_GRADES)
    return db.session.scalar(select(func.count()).select_from(_done(member, at).subquery()))


def _done(member: ActingMember, at: datetime) -> Select:
    return select(ContributionFact).where(
        ContributionFact.community_id == member.community.id,
        ContributionFact.actor_id == member.id,
        ContributionFact.act == FactAct.MARKED.value,
        ContributionFact.at == at,
    )


def _standing_and_locked(
    member: ActingMember, subjects: Iterable[str], now: datetime
) -> dict[str, _Standing]:
    """Return how these contributions stand, of those that are there and whose authors are graded.

    Their authors are locked before marks are read, as by whoever marks a single one. Three statements.
    """
    named = _named(member, subjects)
    authors = set(db.session.scalars(named.with_only_columns(ContributionFact.member_id).distinct()))
    scored = {one.id for one in graded.graded_among(member, authors, now)} if authors else set()
    found: dict[str, _Standing] = {}
    for fact, post_gone, comment_gone in db.session.execute(named.order_by(ContributionFact.id)):
        one = found.setdefault(subject_of(fact), _Standing())
        one.is_there = (comment_gone if fact.comment_id else post_gone) is None
        _take_in(one, fact)
    return {
        subject: one
        for subject, one in found.items()
        if one.written is not None and one.is_there and not one.hidden and one.written.member_id in scored
    }


def _take_in(one: _Standing, fact: ContributionFact) -> None:
    if fact.act == FactAct.MARKED.value:
        one.marks.append(fact)
    elif fact.act == FactAct.WRITTEN.value:
        one.written = one.written or fact
    else:
        one.hidden = fact.act == FactAct.HIDDEN.value


def _named(member: ActingMember, subjects: Iterable[str]) -> Select:
    """Return what became of these contributions, with what was deleted of them."""
    named = [one for one in map(assessment.subject_named, subjects) if one is not None]
    return (
        select(ContributionFact, Post.deleted_at, Comment.deleted_at)
        .join(Post, Post.id == ContributionFact.post_id)
        .outerjoin(Comment, Comment.id == ContributionFact.comment_id)
        .where(
            ContributionFact.community_id == member.community.id,
            ContributionFact.act.in_(_TOLD),
            ContributionFact.kind.in_(CONTRIBUTED),
            assessment.about(named),
        )
    )


def _note(
    member: ActingMember,
    act: str,
    standing: Mapping[str, _Standing],
    wanted: Mapping[str, tuple[str | None, str | None]],
    now: datetime,
) -> None:
    """Note these marks with their reasons, and that the scores behind them are out of date."""
    if not wanted:
        return
    facts = [
        assessment.mark_of(member, standing[subject].written, quality, reason, now)
        for subject, (quality, reason) in wanted.items()
    ]
    db.session.execute(insert(ContributionFact), facts)
    told = [
        [subject, standing[subject].written.member_id, standing[subject].quality, quality, reason]
        for subject, (quality, reason) in wanted.items()
    ]
    audit.record(member, act, f"community:{member.community.id}", now, marks=told)
    db.session.flush()
    cells.mark_all_ready(
        member.community.id, {standing[subject].written.member_id for subject in wanted}, now
    )
