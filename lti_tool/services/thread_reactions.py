"""What the page of a thread shows of thanks and recognition under each contribution."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.models import Membership, Reaction, ReactionKind, Topic
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person

# So many lines of thanks, and so many recognitions, stand under one contribution: the newest.
SHOWN = 3


@dataclass(frozen=True)
class Line:
    """What somebody said of a contribution: what they did with it, or on which topic it helped."""

    by: Person
    note: str | None
    topic: str | None
    at: datetime
    mine: bool


@dataclass(frozen=True)
class Reactions:
    """What was said to one contribution, as this reader sees it."""

    helped_by_me: bool = False
    my_note: str | None = None
    met_by_me: bool = False
    endorsed_by_me: bool = False
    thanks: tuple[Line, ...] = ()
    endorsements: tuple[Line, ...] = ()


NOTHING = Reactions()


@dataclass
class Found:
    """The rows of a page: what the reader said, and what is shown of everybody."""

    mine: list[Reaction] = field(default_factory=list)
    shown: list[Row] = field(default_factory=list)

    @property
    def givers(self) -> list[Membership]:
        """Those who are named, with their users."""
        return [row.Membership for row in self.shown]

    def by_contribution(
        self, member: ActingMember, persons: Mapping[int, Person]
    ) -> dict[int | None, Reactions]:
        """Return what was said, by the number of the comment; None: to the post itself."""
        numbers = {one.comment_id for one in self.mine} | {row.Reaction.comment_id for row in self.shown}
        return {number: self._of(number, member, persons) for number in numbers}

    def _of(self, number: int | None, member: ActingMember, persons: Mapping[int, Person]) -> Reactions:
        mine = {one.kind: one for one in self.mine if one.comment_id == number}
        said = [row for row in self.shown if row.Reaction.comment_id == number]
        helped = mine.get(ReactionKind.HELPED)
        return Reactions(
            helped_by_me=helped is not None,
            my_note=helped.note if helped else None,
            met_by_me=ReactionKind.MET in mine,
            endorsed_by_me=ReactionKind.ENDORSED in mine,
            thanks=_lines(said, ReactionKind.HELPED, member, persons),
            endorsements=_lines(said, ReactionKind.ENDORSED, member, persons),
        )


def find(member: ActingMember, post_id: int, comment_ids: Collection[int]) -> Found:
    """Return what was said to a post and to these replies of it. Two statements."""
    mine = select(Reaction).where(Reaction.post_id == post_id, Reaction.giver_id == member.id)
    return Found(list(db.session.scalars(mine)), _shown(post_id, comment_ids))


def _shown(post_id: int, comment_ids: Iterable[int]) -> list[Row]:
    """Return the newest lines of thanks and recognitions of each contribution, with giver and topic."""
    newest = func.row_number().over(
        partition_by=(Reaction.comment_id, Reaction.kind), order_by=Reaction.id.desc()
    )
    with_words = or_(
        Reaction.kind == ReactionKind.ENDORSED,
        and_(Reaction.kind == ReactionKind.HELPED, Reaction.note.is_not(None)),
    )
    ranked = (
        select(Reaction.id, newest.label("place"))
        .where(
            Reaction.post_id == post_id,
            or_(Reaction.comment_id.is_(None), Reaction.comment_id.in_(set(comment_ids))),
            with_words,
        )
        .subquery()
    )
    wanted = (
        select(Reaction, Membership, Topic.name.label("topic"))
        .join(ranked, ranked.c.id == Reaction.id)
        .join(Membership, Membership.id == Reaction.giver_id)
        .outerjoin(Topic, Topic.id == Reaction.topic_id)
        .where(ranked.c.place <= SHOWN)
        .order_by(Reaction.id)
        .options(joinedload(Membership.user))
    )
    return list(db.session.execute(wanted))


def _lines(
    rows: Iterable[Row], kind: ReactionKind, member: ActingMember, persons: Mapping[int, Person]
) -> tuple[Line, ...]:
    return tuple(
        Line(
            by=persons[row.Reaction.giver_id],
            note=row.Reaction.note,
            topic=row.topic,
            at=row.Reaction.at,
            mine=row.Reaction.giver_id == member.id,
        )
        for row in rows
        if row.Reaction.kind is kind
    )
