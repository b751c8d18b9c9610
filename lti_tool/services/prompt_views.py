"""Prompts as members see them: their state, what late means, who has answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, distinct, exists, func, or_, select
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.grading.lateness import share_on_time
from lti_tool.grading.rules import DeadlineRule
from lti_tool.models import Membership, Post, Prompt
from lti_tool.permissions import Act
from lti_tool.services import contributions, rules
from lti_tool.services.acting import ActingMember

SHOWN_AT_HOME = 3
COMING, OPEN, REPLIES, LATE, CLOSED, WITHDRAWN = "coming", "open", "replies", "late", "closed", "withdrawn"
# What one can still do something about comes first.
_ORDER = (OPEN, REPLIES, LATE, COMING, CLOSED, WITHDRAWN)


@dataclass(frozen=True)
class PromptView:
    """A prompt with its dates; `rule` says what late means and is None while nothing is graded.

    `days_late` and `percent` (of its points) are of a post that would answer it now. `answers` counts
    people; `answered` says whether the reader is among them.
    """

    id: int
    post_id: int
    title: str
    state: str
    opens_at: datetime
    deadline: datetime | None
    replies_until: datetime | None
    rule: DeadlineRule | None
    days_late: int
    percent: int
    answers: int
    answered: bool

    @property
    def takes_answers(self) -> bool:
        """Whether somebody may answer it now, late or not."""
        return self.state not in (COMING, WITHDRAWN)


@dataclass(frozen=True)
class NextPrompt:
    """An open prompt, as short as the home page tells of it."""

    id: int
    post_id: int
    title: str
    deadline: datetime | None
    answered: bool


def prompts_of(member: ActingMember, now: datetime) -> list[PromptView]:
    """Return the prompts that this member may see, open ones first, the nearest deadline first.

    Three statements.
    """
    member.must(Act.READ)
    shown = [Post.deleted_at.is_(None)]
    if not member.may(Act.SEE_COMING_PROMPTS):
        shown.append(Prompt.opens_at <= now)
    views = _views(member, shown, now)
    return sorted(views, key=lambda view: (_ORDER.index(view.state), *_nearest(view)))


def _nearest(view: PromptView) -> tuple:
    return (view.deadline is None, view.deadline or view.opens_at, view.id)


def one_prompt(member: ActingMember, prompt_id: int, now: datetime) -> PromptView | None:
    """Return a prompt of this community, whoever may see it; three statements at most."""
    return next(iter(_views(member, [Prompt.id == prompt_id], now)), None)


def to_answer(member: ActingMember, prompt_id: int, now: datetime) -> PromptView | None:
    """Return a prompt that takes answers, late ones too, None when there is none with this number."""
    prompt = one_prompt(member, prompt_id, now) if prompt_id else None
    return prompt if prompt is not None and prompt.takes_answers else None


def next_prompts(member: ActingMember, now: datetime) -> list[NextPrompt]:
    """Return the open prompts whose deadlines are nearest. One statement."""
    answered = exists().where(
        Post.prompt_id == Prompt.id,
        Post.author_id == member.id,
        Post.opens_prompt.is_(None),
        Post.deleted_at.is_(None),
    )
    opening = _opening()
    found = db.session.execute(
        select(Prompt.id, opening.c.id, opening.c.title, Prompt.deadline, answered)
        .join(opening, opening.c.prompt_id == Prompt.id)
        .where(
            Prompt.community_id == member.community.id,
            Prompt.withdrawn_at.is_(None),
            Prompt.opens_at <= now,
            or_(Prompt.deadline.is_(None), Prompt.deadline > now),
            opening.c.deleted_at.is_(None),
        )
        .order_by(case((Prompt.deadline.is_(None), 1), else_=0), Prompt.deadline, Prompt.id)
        .limit(SHOWN_AT_HOME)
    )
    return [NextPrompt(*row) for row in found]


def titles_of(community_id: int, now: datetime) -> dict[int, str]:
    """Return the titles of the prompts that have opened, by number, the latest first. One statement."""
    wanted = (
        select(Prompt.id, Post.title)
        .join(Post, and_(Post.prompt_id == Prompt.id, Post.opens_prompt.is_(True)))
        .where(
            Prompt.community_id == community_id,
            Post.community_id == community_id,  # whichever table a planner begins with: an index
            Prompt.opens_at <= now,
            Post.deleted_at.is_(None),
        )
        .order_by(Prompt.opens_at.desc(), Prompt.id.desc())
    )
    return dict(map(tuple, db.session.execute(wanted)))


def _opening():
    """Return the posts that open prompts, under a name of their own."""
    return (
        select(Post.id, Post.prompt_id, Post.title, Post.deleted_at)
        .where(Post.opens_prompt.is_(True))
        .subquery("opening")
    )


def answers_to(member: ActingMember, prompt_id: int, now: datetime) -> list[Post]:
    """Return the answers to a prompt that a member may read, with their authors, in the order of writing.

    One statement.
    """
    wanted = (
        select(Post)
        .where(
            Post.prompt_id == prompt_id,
            Post.opens_prompt.is_(None),
            Post.deleted_at.is_(None),
            contributions.shown_to(member, now),
        )
        .order_by(Post.created_at, Post.id)
        .options(joinedload(Post.author).joinedload(Membership.user))
    )
    return list(db.session.scalars(wanted))


def _views(member: ActingMember, conditions: Iterable, now: datetime) -> list[PromptView]:
    found = db.session.execute(
        select(Prompt, Post.id, Post.title)
        .join(Post, and_(Post.prompt_id == Prompt.id, Post.opens_prompt.is_(True)))
        .where(
            Prompt.community_id == member.community.id,
            Post.community_id == member.community.id,  # whichever table a planner begins with: an index
            *conditions,
        )
    ).all()
    if not found:
        return []
    by = rules.in_force(member.community.id)
    rule = by.policy.deadlines if by else None
    counted = _answered(member, [prompt.id for prompt, _, _ in found])
    return [
        _view(prompt, post_id, title, rule, counted.get(prompt.id, (0, False)), now)
        for prompt, post_id, title in found
    ]


def _answered(member: ActingMember, prompt_ids: list[int]) -> dict[int, tuple[int, bool]]:
    """Return how many people answered each of these prompts, and whether the member did. One statement."""
    mine = func.max(case((Post.author_id == member.id, 1), else_=0))
    counted = (
        select(Post.prompt_id, func.count(distinct(Post.author_id)), mine)
        .where(Post.prompt_id.in_(prompt_ids), Post.opens_prompt.is_(None), Post.deleted_at.is_(None))
        .group_by(Post.prompt_id)
    )
    return {prompt_id: (people, bool(me)) for prompt_id, people, me in db.session.execute(counted)}


def _view(
    prompt: Prompt,
    post_id: int,
    title: str,
    rule: DeadlineRule | None,
    counted: tuple[int, bool],
    now: datetime,
) -> PromptView:
    delay = now - prompt.deadline if prompt.deadline else timedelta()
    share = share_on_time(delay, rule.late_days) if rule else 1
    window = prompt.deadline + timedelta(hours=rule.reply_hours) if prompt.deadline and rule else None
    return PromptView(
        id=prompt.id,
        post_id=post_id,
        title=title,
        state=_state(prompt, window, share, now),
        opens_at=prompt.opens_at,
        deadline=prompt.deadline,
        replies_until=window if rule and rule.reply_hours else None,
        rule=rule,
        days_late=max(0, delay.days),
        percent=int(share * 100),
        answers=counted[0],
        answered=counted[1],
    )


def _state(prompt: Prompt, window: datetime | None, share, now: datetime) -> str:
    if prompt.withdrawn_at is not None:
        return WITHDRAWN
    if prompt.opens_at > now:
        return COMING
    if prompt.deadline is None or now <= prompt.deadline:
        return OPEN
    if window is not None and now <= window:
        return REPLIES
    return LATE if share else CLOSED
