"""The append-only facts that grading reads: noted when something happens, never changed.

Where staff move what was written, its facts follow (`relocating`): where it can be read changes, what they
say of it does not, and later ones say it in the words of the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import ColumnElement, Select, case, exists, or_, select, union_all

from lti_tool.extensions import db
from lti_tool.grading.facts import Act, Fact, Kind, Praise
from lti_tool.grading.words import counted_words, largest_overlap
from lti_tool.models import AssessmentFact, Comment, ContributionFact, Post, Prompt, Reaction
from lti_tool.services import cells, subgroups
from lti_tool.services.acting import ActingMember
from lti_tool.services.rules import KIND_OF_COMMENT, KIND_OF_POST, prompt_subject

# How many of one's own contributions a new one is compared with, the latest first.
COMPARED = 50
COMPARED_LETTERS = 60_000
# More parameters than this are more than some databases take at once.
MOST_NAMED = 500
_CONTRIBUTED = tuple(kind.value for kind in Kind if kind.is_contribution)


@dataclass(frozen=True)
class Place:
    """Where the thing that a fact is about can be read."""

    post_id: int
    comment_id: int | None


def record(member: ActingMember, act: Act, post: Post, comment: Comment | None, now: datetime) -> None:
    """Note that a member wrote, edited or deleted a contribution of their own: `comment`, else `post`.

    Words and overlap are measured here, once, from the text as it stands; the rows must have been
    flushed. For somebody who is graded, what the LMS has is then no longer up to date. Of what can bring
    no points nothing is noted.
    """
    if not can_bring_points(post, comment):
        return
    measured = act in (Act.WRITTEN, Act.EDITED)
    text = (comment or post).body
    db.session.add(
        ContributionFact(
            community_id=member.community.id,
            member_id=member.id,
            actor_id=member.id,
            act=act.value,
            post_id=post.id,
            comment_id=comment.id if comment else None,
            words=counted_words(text) if measured else None,
            copied=str(_largest_overlap(member, text, post, comment)) if measured else None,
            at=now,
            **_as_first_noted(post, comment),
        )
    )
    db.session.flush()
    if member.scored:
        cells.mark_ready(member.community.id, member.id, now)


def record_of_staff(
    member: ActingMember, act: Act, post: Post, comment: Comment | None, now: datetime
) -> None:
    """Note that staff hid `comment`, else `post`, or brought it back: its author's score follows."""
    if not can_bring_points(post, comment):
        return
    author_id = (comment or post).author_id
    db.session.add(
        ContributionFact(
            community_id=member.community.id,
            member_id=author_id,
            actor_id=member.id,
            act=act.value,
            post_id=post.id,
            comment_id=comment.id if comment else None,
            at=now,
            **_as_first_noted(post, comment),
        )
    )
    db.session.flush()
    cells.mark_ready(member.community.id, author_id, now)


def _as_first_noted(post: Post, comment: Comment | None) -> dict[str, object]:
    """Return what every fact about a contribution says of it: what it is, whom it helps, what it answers.

    What staff moved stays what it was. One statement at most.
    """
    first = _first_of(post, comment)
    if first is not None:
        told = ("subject", "kind", "helped_id", "prompt_id")
        return {name: getattr(first, name) for name in told}
    return {
        "kind": (KIND_OF_COMMENT if comment else KIND_OF_POST[post.kind]).value,
        "helped_id": post.author_id if comment else None,
        "prompt_id": post.prompt_id,
    }


def _first_of(post: Post, comment: Comment | None) -> ContributionFact | None:
    """Return the first fact about a contribution that staff moved. One statement, none for all others."""
    if (comment or post).moved_at is None:
        return None
    of_comment = ContributionFact.comment_id
    wanted = select(ContributionFact).where(
        ContributionFact.post_id == post.id,
        of_comment.is_(None) if comment is None else of_comment == comment.id,
        ContributionFact.kind.in_(_CONTRIBUTED),
    )
    return db.session.scalars(wanted.order_by(ContributionFact.id).limit(1)).one_or_none()


def can_bring_points(post: Post, comment: Comment | None) -> bool:
    """Tell whether anything about `comment`, else `post`, counts: polls and announcements do not."""
    return comment is not None or post.kind in KIND_OF_POST


@dataclass(frozen=True)
class Received:
    """What a member has from another: `number` tells it from others of its kind, for ever.

    `returns_at`: when the receiver had last recognised something of the giver's.
    """

    kind: Kind
    number: int
    receiver_id: int
    giver_id: int
    by_staff: bool = False
    returns_at: datetime | None = None


def record_received(post: Post, comment: Comment | None, received: Received, now: datetime) -> None:
    """Note that somebody was recognised, or their reply accepted, for `comment`, else `post`.

    What was taken back and is given once more counts from its first day on.
    """
    given_before = select(ContributionFact.id).where(
        ContributionFact.community_id == post.community_id,
        ContributionFact.member_id == received.receiver_id,
        ContributionFact.kind == received.kind.value,
        ContributionFact.received_id == received.number,
    )
    again = db.session.scalars(given_before.limit(1)).first() is not None
    _add_received(Act.RESTORED if again else Act.WRITTEN, post, comment, received, now)


def number_given_before(post: Post, comment: Comment | None, giver_id: int) -> int | None:
    """Return the number of a recognition of `comment`, else `post`, that its giver took back, if they did."""
    of_comment = ContributionFact.comment_id
    wanted = select(ContributionFact.received_id).where(
        ContributionFact.post_id == post.id,
        of_comment.is_(None) if comment is None else of_comment == comment.id,
        ContributionFact.actor_id == giver_id,
        ContributionFact.kind == Kind.RECOGNITION.value,
        ~exists().where(Reaction.id == ContributionFact.received_id),
    )
    return db.session.scalars(wanted.order_by(ContributionFact.id).limit(1)).one_or_none()


def record_taken_back(post: Post, comment: Comment | None, received: Received, now: datetime) -> None:
    """Note that a recognition or an acceptance is no longer."""
    _add_received(Act.DELETED, post, comment, received, now)


def _add_received(act: Act, post: Post, comment: Comment | None, received: Received, now: datetime) -> None:
    first = _first_of(post, comment)
    db.session.add(
        ContributionFact(
            community_id=post.community_id,
            member_id=received.receiver_id,
            actor_id=received.giver_id,
            act=act.value,
            kind=received.kind.value,
            post_id=post.id,
            comment_id=comment.id if comment else None,
            subject=first.subject if first is not None else None,
            received_id=received.number,
            by_staff=received.by_staff,
            returns_at=received.returns_at,
            at=now,
        )
    )
    db.session.flush()
    cells.mark_ready(post.community_id, received.receiver_id, now)


def facts_of(community_id: int, member_ids: Iterable[int] | None = None) -> dict[int, list[Fact]]:
    """Return the facts of these members (None: of everybody) by member id; two statements.

    What concerns everybody, as the deadline of a prompt, stands among the facts of each of them; a member
    without any of their own is given it, too, when named. A prompt that was withdrawn before it opened
    never concerned anybody.
    """
    found, shared = facts_and_shared(community_id, member_ids)
    for theirs in found.values():
        theirs.extend(shared)
    return found


def facts_and_shared(
    community_id: int, member_ids: Iterable[int] | None = None
) -> tuple[dict[int, list[Fact]], list[Fact]]:
    """Return what `facts_of` does with what concerns everybody apart; two statements."""
    named = None if member_ids is None else set(member_ids)
    found: dict[int, list[Fact]] = {member_id: [] for member_id in named or ()}
    for row, title in db.session.execute(_contributions(community_id, named)):
        if named is None or row.member_id in named:
            found.setdefault(row.member_id, []).append(_as_fact(row, title))
    shared = []
    for row, opens_at in db.session.execute(_assessments(community_id, named)):
        if row.member_id is None:
            shared.append(_around(row, opens_at))
        elif named is None or row.member_id in named:
            found.setdefault(row.member_id, []).append(_around(row, opens_at))
    return found, shared


def _contributions(community_id: int, named: set[int] | None) -> Select:
    wanted = (
        select(ContributionFact, _title_for_its_member())
        .join(Post, Post.id == ContributionFact.post_id)
        .where(ContributionFact.community_id == community_id)
        .order_by(ContributionFact.id)
    )
    return wanted if _are_many(named) else wanted.where(ContributionFact.member_id.in_(named))


def _title_for_its_member() -> ColumnElement[str]:
    """Return the title of a fact's thread as the member whom it concerns may know it.

    Whoever replied in a thread that is for a sub-group without them by now keeps their points, and learns
    nothing of what its author calls it since; a title of one's own stays.
    """
    is_theirs = Post.author_id == ContributionFact.member_id
    is_in = subgroups.has_member(Post.subgroup_id, ContributionFact.member_id)
    return case((or_(Post.subgroup_id.is_(None), is_theirs), Post.title), (is_in, Post.title), else_="")


def _assessments(community_id: int, named: set[int] | None) -> Select:
    wanted = (
        select(AssessmentFact, Prompt.opens_at)
        .outerjoin(Prompt, Prompt.id == AssessmentFact.prompt_id)
        .where(
            AssessmentFact.community_id == community_id,
            or_(
                AssessmentFact.prompt_id.is_(None),
                Prompt.withdrawn_at.is_(None),
                Prompt.withdrawn_at >= Prompt.opens_at,
            ),
        )
        .order_by(AssessmentFact.id)
    )
    if _are_many(named):
        return wanted
    return wanted.where(or_(AssessmentFact.member_id.is_(None), AssessmentFact.member_id.in_(named)))


def _are_many(named: set[int] | None) -> bool:
    """Tell whether all of a community is read rather than so many members by name."""
    return named is None or len(named) > MOST_NAMED


def places_of(community_id: int, member_id: int) -> dict[str, Place]:
    """Return where each of a member's contributions can be read, by the subject of its facts.

    Of what they received: where the contribution is that it was for.
    """
    wanted = (
        select(
            ContributionFact.kind,
            ContributionFact.post_id,
            ContributionFact.comment_id,
            ContributionFact.subject,
            ContributionFact.received_id,
        )
        .where(ContributionFact.community_id == community_id, ContributionFact.member_id == member_id)
        .distinct()
    )
    return {_subject_of(row): Place(row.post_id, row.comment_id) for row in db.session.execute(wanted)}


def _as_fact(row: ContributionFact, title: str) -> Fact:
    kind = Kind(row.kind)
    return Fact(
        id=row.id,
        act=Act(row.act),
        subject=_subject_of(row),
        kind=kind,
        at=row.at,
        words=row.words,
        copied=_number(row.copied),
        answers_self=row.helped_id == row.member_id,
        helped=None if row.helped_id == row.member_id else row.helped_id,
        quality=_number(row.quality),
        lateness=Fraction(1) if row.lateness is None else Fraction(row.lateness),
        title=title,
        prompt=None if row.prompt_id is None else prompt_subject(row.prompt_id),
        praise=None if kind.is_contribution else _praise(row),
    )


def _subject_of(row) -> str:
    """Return what the facts of a row are about: a contribution, or one thing received for it."""
    kind = Kind(row.kind)
    return subject_of(row) if kind.is_contribution else f"{kind.value}:{row.received_id}"


def _praise(row: ContributionFact) -> Praise:
    return Praise(
        giver=row.actor_id, about=subject_of(row), by_staff=bool(row.by_staff), returns=row.returns_at
    )


def _around(row: AssessmentFact, opens_at: datetime | None) -> Fact:
    """Return a fact around contributions; its number is of another table, its act tells them apart."""
    return Fact(
        id=row.id,
        act=Act(row.act),
        subject=f"member:{row.member_id}" if row.prompt_id is None else prompt_subject(row.prompt_id),
        kind=None,
        at=row.at,
        deadline=row.deadline,
        period=row.period,
        rubric=_number(row.rubric),
        opens=opens_at,
    )


def _number(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def subject_of(row) -> str:
    """Return the name of the contribution that a fact is about, or that something was received for."""
    if row.subject is not None:
        return row.subject
    return f"post:{row.post_id}" if row.comment_id is None else f"comment:{row.comment_id}"


def _largest_overlap(member: ActingMember, text: str, post: Post, comment: Comment | None) -> Fraction:
    """Compare a text with the post and the reply it answers and with what the member wrote before it.

    Only before: editing an original must not make a copy of it out of the later copy.
    """
    others = _within_reason(_earlier_texts(member, comment or post))
    return largest_overlap(text, [*others, *_answered(post, comment)])


def _answered(post: Post, comment: Comment | None) -> list[str]:
    """Return the texts that a reply answers: the post's, and that of the reply it hangs on."""
    if comment is None:
        return []
    above = comment.parent_id and db.session.get(Comment, comment.parent_id)
    return [post.body, above.body] if above else [post.body]


def _earlier_texts(member: ActingMember, contribution: Post | Comment) -> Sequence[str]:
    """Return the latest of the member's own texts that are older than this one. One statement."""
    posts, comments = (
        select(table.body, table.created_at.label("at")).where(
            table.author_id == member.id,
            table.deleted_at.is_(None),
            table.created_at < contribution.created_at,
        )
        for table in (Post, Comment)
    )
    mine = union_all(posts, comments).subquery()
    return db.session.scalars(select(mine.c.body).order_by(mine.c.at.desc()).limit(COMPARED)).all()


def _within_reason(texts: Sequence[str]) -> list[str]:
    """Take texts until enough letters are there: a comparison must not hold the write lock for long."""
    taken, letters = [], 0
    for text in texts:
        letters += len(text)
        if letters > COMPARED_LETTERS:
            break
        taken.append(text)
    return taken
