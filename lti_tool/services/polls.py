"""Polls: asked with a post, voted in once, changed as long as that takes nobody's vote away.

Whoever votes or changes a poll locks its row first: counts and ballots then agree, and no answer disappears
between a look and a vote.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select, update

from lti_tool.errors import NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.models import Poll, PollBallot, PollChoice, PollOption, Post, PostKind, ResultsShown, Subgroup
from lti_tool.permissions import Act
from lti_tool.services import contributions, subgroups
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import DOUBLE_CLICK
from lti_tool.services.kind_forms import PollForm
from lti_tool.services.local_times import local_of, moment_of


@dataclass(frozen=True)
class OptionView:
    """An answer as a member sees it; `votes` and `percent` are None while results are not shown to them."""

    id: int
    label: str
    votes: int | None
    percent: int | None
    mine: bool


@dataclass(frozen=True)
class PollView:
    """A poll as a member sees it."""

    post_id: int
    multiple: bool
    anonymous: bool
    results: str
    closes_at: datetime | None
    closed: bool
    ballots: int
    options: tuple[OptionView, ...]
    voted: bool
    may_vote: bool
    shows_results: bool


def must_fit(member: ActingMember, form: PollForm, now: datetime) -> None:
    """Refuse a poll that would close before anybody could vote.

    :raises Unfit: the day is over, or no clock ever shows the time.
    """
    _closing(member, form.closes_at, now)


def ask(member: ActingMember, post: Post, form: PollForm, now: datetime) -> None:
    """Make the poll of a post that was just written."""
    poll = Poll(
        post_id=post.id,
        multiple=bool(form.multiple),
        anonymous=bool(form.anonymous),
        results=ResultsShown(form.results or ResultsShown.VOTED),
        closes_at=_closing(member, form.closes_at, now),
        ballot_count=0,
    )
    db.session.add(poll)
    db.session.flush()
    _offer(post.id, form.options or ())


def rearrange(member: ActingMember, post: Post, form: PollForm, now: datetime) -> None:
    """Change what a poll asks, and until when. Once somebody voted only the day it closes may change.

    :raises Unfit: somebody has voted, it is closed, or the new day is over.
    """
    poll = _locked(post)
    asked = (form.multiple, form.anonymous, form.results)
    stands = (poll.multiple, poll.anonymous, poll.results.value)
    kept = tuple(now_is if new is None else new for new, now_is in zip(asked, stands, strict=True))
    labels = labels_of(post.id)
    reworded = form.options is not None and form.options != labels
    if poll.ballot_count and (reworded or kept != stands):
        raise Unfit({"options": ["poll-voted"]})
    poll.multiple, poll.anonymous, poll.results = kept[0], kept[1], ResultsShown(kept[2])
    if reworded:
        db.session.execute(delete(PollOption).where(PollOption.post_id == post.id))
        _offer(post.id, form.options or ())
    _move_end(member, poll, form.closes_at, now)


def _move_end(member: ActingMember, poll: Poll, local: datetime | None, now: datetime) -> None:
    wanted = _moment(member, local)
    if wanted == poll.closes_at:
        return
    if poll.closes_at is not None and poll.closes_at <= now:
        raise Unfit({"closes_at": ["poll-closed"]})
    poll.closes_at = _closing(member, local, now)


def filled_in(member: ActingMember, post: Post) -> dict[str, str]:
    """Return what the form holds when a poll is edited; `voted_in` says that its answers stay as they are."""
    poll = db.session.scalars(select(Poll).where(Poll.post_id == post.id)).one()
    options = {f"option_{number}": label for number, label in enumerate(labels_of(post.id), start=1)}
    return options | {
        "multiple": "yes" if poll.multiple else "no",
        "anonymous": "yes" if poll.anonymous else "no",
        "results": poll.results.value,
        "closes_at": local_of(poll.closes_at, member.community.time_zone),
        "voted_in": "yes" if poll.ballot_count else "",
    }


def vote(member: ActingMember, post_id: int, chosen: Collection[int], now: datetime) -> None:
    """Cast a member's ballot, or change the one of a poll that is not anonymous.

    :raises Unfit: it is closed, nothing or too much is chosen, or an anonymous vote stands already.
    :raises Stale: its sub-group is closed.
    """
    member.must(Act.REACT)
    post = contributions.post_here(member, post_id, now)
    if post.deleted_at is not None or post.kind is not PostKind.POLL:
        raise NotFound()
    subgroups.must_take_new(post)
    poll = _locked(post)
    ballot = db.session.scalars(
        select(PollBallot).where(PollBallot.post_id == post.id, PollBallot.member_id == member.id)
    ).one_or_none()
    if ballot is not None and poll.anonymous:
        if ballot.at > now - DOUBLE_CLICK:
            return
        raise Unfit({"option": ["already-voted"]})
    if poll.closes_at is not None and poll.closes_at <= now:
        raise Unfit({"option": ["poll-closed"]})
    _must_be_offered(post, poll, chosen)
    if ballot is None:
        ballot = PollBallot(post_id=post.id, member_id=member.id, at=now)
        db.session.add(ballot)
        poll.ballot_count += 1
        db.session.flush()
    _fill_in(poll, ballot, set(chosen))


def _must_be_offered(post: Post, poll: Poll, chosen: Collection[int]) -> None:
    offered = set(db.session.scalars(select(PollOption.id).where(PollOption.post_id == post.id)))
    if not chosen:
        raise Unfit({"option": ["choose-option"]})
    if not offered.issuperset(chosen):
        raise Unfit({"option": ["poll-changed"]})
    if len(set(chosen)) > 1 and not poll.multiple:
        raise Unfit({"option": ["choose-one-option"]})


def _fill_in(poll: Poll, ballot: PollBallot, chosen: set[int]) -> None:
    """Count what was chosen; of an anonymous poll it is kept nowhere else."""
    before: set[int] = set()
    if not poll.anonymous:
        kept = select(PollChoice.option_id).where(PollChoice.ballot_id == ballot.id)
        before = set(db.session.scalars(kept))
        db.session.execute(delete(PollChoice).where(PollChoice.ballot_id == ballot.id))
        db.session.add_all(PollChoice(ballot_id=ballot.id, option_id=one) for one in sorted(chosen))
    for options, by in ((chosen - before, 1), (before - chosen, -1)):
        if options:
            counted = update(PollOption).where(PollOption.id.in_(options))
            db.session.execute(
                counted.values(vote_count=PollOption.vote_count + by).execution_options(
                    synchronize_session=False
                )
            )
    db.session.flush()


def shown(member: ActingMember, post_ids: Collection[int], now: datetime) -> dict[int, PollView]:
    """Return the polls of posts that this member is shown, by post. Three statements, none without posts."""
    if not post_ids:
        return {}
    asked = select(Poll, Subgroup.closed_at).join(Post, Post.id == Poll.post_id)
    asked = asked.outerjoin(Subgroup, Subgroup.id == Post.subgroup_id).where(Poll.post_id.in_(post_ids))
    polls = db.session.execute(asked).all()
    wanted = select(PollOption).where(PollOption.post_id.in_(post_ids))
    options = db.session.scalars(wanted.order_by(PollOption.post_id, PollOption.position)).all()
    cast = (
        select(PollBallot.post_id, PollChoice.option_id)
        .outerjoin(PollChoice, PollChoice.ballot_id == PollBallot.id)
        .where(PollBallot.member_id == member.id, PollBallot.post_id.in_(post_ids))
    )
    rows = db.session.execute(cast).all()
    voted, mine = {row.post_id for row in rows}, {row.option_id for row in rows}
    views = {}
    for poll, group_closed_at in polls:
        offered = [one for one in options if one.post_id == poll.post_id]
        view = _view(member, poll, offered, voted, mine, now)
        views[poll.post_id] = view if group_closed_at is None else replace(view, may_vote=False)
    return views


def _view(
    member: ActingMember,
    poll: Poll,
    options: Sequence[PollOption],
    voted: Collection[int],
    mine: Collection[int | None],
    now: datetime,
) -> PollView:
    closed = poll.closes_at is not None and poll.closes_at <= now
    has_voted = poll.post_id in voted
    shows = (
        closed or poll.results is ResultsShown.ALWAYS or (poll.results is ResultsShown.VOTED and has_voted)
    )
    return PollView(
        post_id=poll.post_id,
        multiple=poll.multiple,
        anonymous=poll.anonymous,
        results=poll.results.value,
        closes_at=poll.closes_at,
        closed=closed,
        ballots=poll.ballot_count,
        options=tuple(_option(one, poll, mine, shows) for one in options),
        voted=has_voted,
        may_vote=member.may(Act.REACT) and not closed and not (has_voted and poll.anonymous),
        shows_results=shows,
    )


def _option(option: PollOption, poll: Poll, mine: Collection[int | None], shows: bool) -> OptionView:
    percent = _percent(option.vote_count, poll.ballot_count)
    return OptionView(
        id=option.id,
        label=option.label,
        votes=option.vote_count if shows else None,
        percent=percent if shows else None,
        mine=option.id in mine,
    )


def _percent(part: int, whole: int) -> int:
    """Round halves up, so that two equal answers show equal figures."""
    return (200 * part + whole) // (2 * whole) if whole else 0


def labels_of(post_id: int) -> tuple[str, ...]:
    """Return the answers of a poll, in their order."""
    wanted = select(PollOption.label).where(PollOption.post_id == post_id).order_by(PollOption.position)
    return tuple(db.session.scalars(wanted))


def _offer(post_id: int, labels: Sequence[str]) -> None:
    db.session.add_all(
        PollOption(post_id=post_id, position=position, label=label, vote_count=0)
        for position, label in enumerate(labels, start=1)
    )
    db.session.flush()


def _locked(post: Post) -> Poll:
    wanted = select(Poll).where(Poll.post_id == post.id).with_for_update()
    poll = db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if poll is None:
        raise NotFound()
    return poll


def _closing(member: ActingMember, local: datetime | None, now: datetime) -> datetime | None:
    moment = _moment(member, local)
    if moment is not None and moment <= now:
        raise Unfit({"closes_at": ["closes-too-early"]})
    return moment


def _moment(member: ActingMember, local: datetime | None) -> datetime | None:
    """Return a time of the community's clock as a moment; of an hour that comes twice the later."""
    if local is None:
        return None
    moment = moment_of(local, member.community.time_zone, later=True)
    if moment is None:
        raise Unfit({"closes_at": ["no-such-time"]})
    return moment
