"""Who chose what in a poll that is not anonymous."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, joinedload

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Membership, PollBallot, PollChoice
from lti_tool.permissions import Act
from lti_tool.services import people, polls, posts
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard
from lti_tool.services.people import Person
from lti_tool.services.polls import PollView

# Of each answer; the count beside it says how many there are.
SHOWN = 200


@dataclass(frozen=True)
class Voters:
    """A poll with the people behind each answer, by its number."""

    post: PostCard
    poll: PollView
    chose: dict[int, list[Person]]


def who_chose_what(member: ActingMember, post_id: int, now: datetime) -> Voters:
    """Return a poll and who chose which of its answers, the first of each.

    :raises NotFound: there is none here, it is anonymous, or this member is not shown its results yet.
    """
    member.must(Act.READ)
    post = posts.card(member, post_id, now)
    poll = polls.shown(member, [post.id], now).get(post.id)
    if poll is None or poll.anonymous or not poll.shows_results:
        raise NotFound()
    numbered = (
        select(
            PollChoice.option_id,
            PollBallot.member_id,
            func.row_number().over(partition_by=PollChoice.option_id, order_by=PollBallot.id).label("place"),
        )
        .join(PollBallot, PollBallot.id == PollChoice.ballot_id)
        .where(PollChoice.option_id.in_([option.id for option in poll.options]))
        .subquery()
    )
    voter = aliased(Membership)
    wanted = (
        select(numbered.c.option_id, voter)
        .join(voter, voter.id == numbered.c.member_id)
        .where(numbered.c.place <= SHOWN)
        .options(joinedload(voter.user))
        .order_by(numbered.c.option_id, numbered.c.place)
    )
    rows = db.session.execute(wanted).all()
    persons = people.described([row[1] for row in rows], now)
    chose: dict[int, list[Person]] = {}
    for option_id, membership in rows:
        chose.setdefault(option_id, []).append(persons[membership.id])
    return Voters(post, poll, chose)
