"""What the sample courses tell of each kind of contribution, and what others say to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lti_tool.extensions import db
from lti_tool.models import Post, ReactionKind
from lti_tool.services import answers, ideas, polls, reactions, sample_space
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostDraft, PostEdit
from lti_tool.services.ideas import IdeaDecision
from lti_tool.services.kind_forms import ExperienceForm, KindForm, PollForm, ResourceForm
from lti_tool.services.sample_texts import text

Told = Mapping[str, Any]


def draft_of(told: Told, author: ActingMember, at: datetime) -> PostDraft:
    """Return what the author of a contribution fills in."""
    form = _form_of(told, author.community.time_zone, at)
    return PostDraft(
        told["kind"],
        told["title"],
        text(told.get("body", ())),
        own=form,
        subgroup=sample_space.subgroup_of(author, told),
        topic=sample_space.topic_of(author, told),
        tags=tuple(told.get("tags", ())),
    )


def edit_of(told: Told, author: ActingMember) -> PostEdit:
    """Return what its author changes later: the words alone, it stays filed as it was."""
    body = text(told["edited"]["body"])
    topic = sample_space.topic_of(author, told)
    return PostEdit(told["title"], body, version=0, topic=topic, tags=tuple(told.get("tags", ())))


def _form_of(told: Told, zone: str, at: datetime) -> KindForm | None:
    if "parts" in told:
        return ExperienceForm({name: text(lines) for name, lines in told["parts"].items()})
    if "link" in told:
        return ResourceForm(told["link"])
    if "poll" in told:
        poll = told["poll"]
        closes = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=poll["closes_in_days"])
        return PollForm(
            options=tuple(poll["options"]),
            multiple=poll.get("multiple", False),
            anonymous=poll.get("anonymous", False),
            results=poll["results"],
            closes_at=closes.replace(hour=18, minute=0, second=0, microsecond=0),
        )
    return None


def written(post: Post, told: Told) -> None:
    """Give a resource the preview that its page had: a demo works without the internet."""
    if "preview" in told:
        post.link_preview, post.link_wanted_at = dict(told["preview"]), None
        db.session.flush()


def cast(member: ActingMember, post_id: int, choose: Sequence[int], at: datetime) -> None:
    """Vote in a poll, for answers by their place from one on."""
    options = polls.shown(member, [post_id], at)[post_id].options
    polls.vote(member, post_id, [options[place - 1].id for place in choose], at)


def support(member: ActingMember, post_id: int, at: datetime) -> None:
    """Vote for an idea."""
    ideas.vote(member, post_id, True, at)


def decide(member: ActingMember, post_id: int, told: Told, at: datetime) -> None:
    """Say what becomes of an idea."""
    ideas.decide(member, post_id, IdeaDecision(told["state"], told.get("reason")), at)


def thank(member: ActingMember, post_id: int, comment_id: int, note: str | None, at: datetime) -> None:
    """Say that a reply helped, and what was done with it."""
    reactions.give(member, post_id, comment_id, ReactionKind.HELPED.value, note, at)


def accept(member: ActingMember, post_id: int, comment_id: int, at: datetime) -> None:
    """Say that a reply solved the question."""
    answers.accept(member, post_id, comment_id, at)
