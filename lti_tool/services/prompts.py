"""Prompts: staff set one with its dates, change or withdraw it; contributions answer it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select

from lti_tool.errors import NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.grading.facts import Act as FactAct
from lti_tool.models import AssessmentFact, ContributionFact, Post, PostKind, Prompt
from lti_tool.permissions import Act
from lti_tool.services import (
    cells,
    changes,
    contributions,
    mentions,
    participation,
    publishing,
    running_scores,
    tags,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.local_times import local_of, moment_of


@dataclass(frozen=True)
class PromptDraft:
    """What staff fill in; dates are naive, by the community's clock. Without `opens_at` it opens at once."""

    title: str
    body: str
    opens_at: datetime | None
    deadline: datetime | None


@dataclass(frozen=True)
class PromptEdit:
    """New words and dates; `version` as in PostEdit, `reason` is why the deadline moves."""

    title: str
    body: str
    version: int
    opens_at: datetime | None
    deadline: datetime | None
    reason: str | None


@dataclass(frozen=True)
class PromptToEdit:
    """A prompt and its post, and what this member may change: words are their author's alone."""

    prompt: Prompt
    post: Post
    opened: bool
    may_reword: bool


def set_prompt(member: ActingMember, draft: PromptDraft, now: datetime, *, key: str | None = None) -> Post:
    """Set a task: returns the post that opens it, which others see from its opening on.

    :param key: its activity key, where a link in the course has one already.

    :raises Unfit: a date that cannot be, by field.
    """
    member.must(Act.SET_PROMPT)
    opens_at, deadline = _dates(member, draft.opens_at, draft.deadline, now)
    changes.in_order(member)
    draft = mentions.settled(member, draft, now)
    twin = _just_set(member, draft, now)
    if twin is not None:
        return twin
    prompt = Prompt(
        community_id=member.community.id,
        key=key or str(uuid4()),
        opens_at=opens_at,
        deadline=deadline,
        created_by_id=member.id,
        created_at=now,
    )
    db.session.add(prompt)
    db.session.flush()
    post = _opening_post(member, prompt, draft)
    publishing.published(member, post, None, now)
    _schedule(member, prompt, deadline, None, now)
    return post


def _opening_post(member: ActingMember, prompt: Prompt, draft: PromptDraft) -> Post:
    """Write the post of a prompt. It is of the moment at which it opens: lists sort it there."""
    post = Post(
        community_id=member.community.id,
        author_id=member.id,
        kind=PostKind.DISCUSSION,
        title=draft.title,
        body=draft.body,
        comment_count=0,
        created_at=prompt.opens_at,
        edit_count=0,
        last_activity_at=prompt.opens_at,
        last_activity_by_id=member.id,
        prompt_id=prompt.id,
        opens_prompt=True,
    )
    db.session.add(post)
    db.session.flush()
    return post


def _just_set(member: ActingMember, draft: PromptDraft, now: datetime) -> Post | None:
    wanted = (
        select(Post)
        .join(Prompt, Prompt.id == Post.prompt_id)
        .where(
            Prompt.community_id == member.community.id,
            Prompt.created_by_id == member.id,
            Prompt.created_at > now - contributions.DOUBLE_CLICK,
            Prompt.withdrawn_at.is_(None),
            Post.opens_prompt.is_(True),
            Post.title == draft.title,
            Post.body == draft.body,
            Post.deleted_at.is_(None),
        )
    )
    return db.session.scalars(wanted.limit(1)).one_or_none()


def to_edit(member: ActingMember, prompt_id: int, now: datetime) -> PromptToEdit:
    """Return a prompt that stands, to be changed or withdrawn. One statement.

    :raises NotFound: there is none here, or it was withdrawn.
    """
    member.must(Act.SET_PROMPT)
    return _standing(member, prompt_id, now)


def _standing(member: ActingMember, prompt_id: int, now: datetime, *, locked: bool = False) -> PromptToEdit:
    wanted = (
        select(Prompt, Post)
        .join(Post, Post.prompt_id == Prompt.id)
        .where(
            Prompt.id == prompt_id,
            Prompt.community_id == member.community.id,
            Prompt.withdrawn_at.is_(None),
            Post.opens_prompt.is_(True),
            Post.deleted_at.is_(None),
        )
    )
    if locked:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = db.session.execute(wanted).one_or_none()
    if found is None:
        raise NotFound()
    prompt, post = found
    return PromptToEdit(prompt, post, opened=prompt.opens_at <= now, may_reword=post.author_id == member.id)


def edit(member: ActingMember, prompt_id: int, draft: PromptEdit, now: datetime) -> Post:
    """Give a prompt new words or dates; what a moved deadline changes is computed anew for everybody.

    Once it has opened its opening stays. The words are changed only for their author.

    :raises Unfit: a date that cannot be, or a deadline moved without a reason.
    :raises Stale: it was edited since the form was opened.
    """
    member.must(Act.SET_PROMPT)
    changes.in_order(member)
    found = _standing(member, prompt_id, now, locked=True)
    prompt, post = found.prompt, found.post
    opens_at, deadline = _dates(
        member, draft.opens_at, draft.deadline, now, prompt.opens_at if found.opened else None
    )
    zone = member.community.time_zone
    moved = local_of(deadline, zone) != local_of(prompt.deadline, zone)
    if moved and found.opened and not draft.reason:
        raise Unfit({"reason": ["empty"]})
    contributions.unchanged_since(post, draft.version)
    if found.may_reword:
        draft = mentions.settled(member, draft, now, before=[post.body])
    if found.may_reword and (post.title, post.body) != (draft.title, draft.body):
        _reword(member, post, draft, now)
    if not found.opened:
        prompt.opens_at = post.created_at = post.last_activity_at = opens_at
        tags.dated(post, opens_at)
        running_scores.mark_column_stale(member.community.id, prompt.id)
    if moved:
        prompt.deadline = deadline
        _schedule(member, prompt, deadline, draft.reason, now)
        _everybody_may_change(member, prompt, now)
    db.session.flush()
    return post


def _reword(member: ActingMember, post: Post, draft: PromptEdit, now: datetime) -> None:
    contributions.keep_wording(member, post, now)
    post.title, post.body = draft.title, draft.body
    post.edited_at, post.edit_count = now, post.edit_count + 1
    publishing.reworded(member, post, None, now)


def withdraw(member: ActingMember, prompt_id: int, reason: str | None, now: datetime) -> Post:
    """Take a prompt back: its deadline no longer binds anybody and nobody can answer it any more.

    One that has not opened goes with its words; else its post stays, with everything written under it.
    """
    member.must(Act.SET_PROMPT)
    changes.in_order(member)
    found = _standing(member, prompt_id, now, locked=True)
    _withdraw(member, found.prompt, reason, now)
    if not found.opened:
        contributions.take_back(member, found.post, now)
    return found.post


def withdraw_with_post(member: ActingMember, post: Post, now: datetime) -> None:
    """Withdraw the prompt of a post that is being deleted; the caller holds the community's turn."""
    member.must(Act.SET_PROMPT)
    prompt = db.session.get(Prompt, post.prompt_id)
    if prompt is not None and prompt.withdrawn_at is None:
        _withdraw(member, prompt, None, now)


def _withdraw(member: ActingMember, prompt: Prompt, reason: str | None, now: datetime) -> None:
    prompt.withdrawn_at, prompt.deadline = now, None
    _schedule(member, prompt, None, reason, now)
    _everybody_may_change(member, prompt, now)


def must_take_answers(member: ActingMember, prompt_id: int, now: datetime) -> None:
    """Refuse unless a prompt of this community is open for answers, late ones too. One statement.

    :raises Unfit: it is not here, not open yet, or withdrawn.
    """
    wanted = select(Prompt.id).where(
        Prompt.id == prompt_id,
        Prompt.community_id == member.community.id,
        Prompt.opens_at <= now,
        Prompt.withdrawn_at.is_(None),
    )
    if db.session.scalars(wanted).one_or_none() is None:
        raise Unfit({"prompt": ["prompt-not-open"]})


def _dates(
    member: ActingMember,
    opens: datetime | None,
    deadline: datetime | None,
    now: datetime,
    opened_at: datetime | None = None,
) -> tuple[datetime, datetime | None]:
    """Return opening and deadline as moments; an hour that comes twice is the one that gives more time."""
    zone, problems = member.community.time_zone, {}
    begins = moment_of(opens, zone, later=False) if opens else now
    ends = moment_of(deadline, zone, later=True) if deadline else None
    if begins is None:
        problems["opens_at"] = ["no-such-time"]
    if deadline and ends is None:
        problems["deadline"] = ["no-such-time"]
    begins = opened_at or max(begins or now, now)
    if ends is not None and ends <= begins:
        problems["deadline"] = ["deadline-too-early"]
    if problems:
        raise Unfit(problems)
    return begins, ends


def _schedule(
    member: ActingMember, prompt: Prompt, deadline: datetime | None, reason: str | None, now: datetime
) -> None:
    """Note for grading until when a prompt asks for answers; None takes the deadline back."""
    db.session.add(
        AssessmentFact(
            community_id=member.community.id,
            actor_id=member.id,
            act=FactAct.SCHEDULED.value,
            prompt_id=prompt.id,
            deadline=deadline,
            reason=reason,
            at=now,
        )
    )
    db.session.flush()


def _everybody_may_change(member: ActingMember, prompt: Prompt, now: datetime) -> None:
    """What the LMS has of those who contributed to this prompt may be out of date.

    Its own column has other dates for those, too, who did not.
    """
    here = member.community.id
    running_scores.mark_column_stale(here, prompt.id)
    wrote = set(
        db.session.scalars(
            select(ContributionFact.member_id).where(ContributionFact.prompt_id == prompt.id).distinct()
        )
    )
    scored = {one.membership.id for one in participation.scored_members(here, now)} if wrote else set()
    cells.mark_all_ready(here, wrote & scored, now)
