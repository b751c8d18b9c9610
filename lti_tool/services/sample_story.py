"""What happens in a sample course, step by step: the texts of ``sample/<locale>.json`` as acts of members."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from importlib.resources import files
from typing import Any

from lti_tool.models import Role
from lti_tool.services import columns, comments, members, posts, preferences, sample_kinds, sample_space
from lti_tool.services.acting import ActingMember
from lti_tool.services.columns import ColumnDraft
from lti_tool.services.contributions import CommentDraft, CommentEdit
from lti_tool.services.sample_texts import text
from lti_tool.services.sample_times import SampleTimes

Sample = Mapping[str, Any]
# What others say to a post by its kind, one by one.
_SAID_TO_POSTS = ("votes", "ballots")
# Who acts, when, and the membership ids of those who have come so far by the key of the person.
Act = Callable[[ActingMember, datetime, Mapping[str, int]], object]


@dataclass(frozen=True)
class Step:
    """Somebody comes at a moment (aware, UTC) and does something, or only looks."""

    at: datetime
    who: str
    act: Act


def sample_for(locale: str) -> Sample:
    """Read what is told in a course of this language."""
    file = files("lti_tool.services") / "sample" / f"{locale}.json"
    return json.loads(file.read_text(encoding="utf-8"))


def steps_of(sample: Sample, times: SampleTimes) -> list[Step]:
    """Return what happens in a course, in order; what is still to come, or hangs on it, is left out."""
    told = [*_visits(sample, times), *_decisions(sample, times), *_arranged(sample, times)]
    for thread in sample["threads"]:
        told += _thread(thread, times)
    return sorted(told, key=lambda step: step.at)


def _step(times: SampleTimes, at: str, who: str, act: Act) -> Iterator[Step]:
    moment = times.read(at)
    if moment is not None:
        yield Step(moment, who, act)


def _visits(sample: Sample, times: SampleTimes) -> Iterator[Step]:
    for who, at in sample["arrivals"].items():
        yield from _step(times, at, who, _look)
    for visit in sample["visits"]:
        yield from _step(times, visit["at"], visit["who"], _look)


def _look(member: ActingMember, at: datetime, here: Mapping[str, int]) -> None:
    """Do nothing but be there."""


def _decisions(sample: Sample, times: SampleTimes) -> Iterator[Step]:
    """What the trainer decides: the zone, grading, who is appointed to what."""
    trainer = sample["trainer"]
    yield from _step(times, sample["zone_confirmed"], trainer, _confirm_zone)
    grading = sample["grading"]
    if grading is not None:
        yield from _step(times, grading["at"], trainer, _switching_grading_on(grading, times))
    for appointment in sample["appointments"]:
        act = _appointing(appointment["who"], Role(appointment["role"]))
        yield from _step(times, appointment["at"], trainer, act)


def _arranged(sample: Sample, times: SampleTimes) -> Iterator[Step]:
    """How the trainer arranges the space, and who accepts what is asked of everybody."""
    trainer, topics, charter = sample["trainer"], sample["topics"], sample["charter"]
    yield from _step(times, topics["at"], trainer, partial(sample_space.name_topics, told=topics))
    yield from _step(times, charter["at"], trainer, partial(sample_space.ask, told=charter))
    for who, arrived in sample["arrivals"].items():
        moment = charter["at"] if who == trainer else arrived
        yield from _step(times, moment, who, sample_space.agree)
    for group in sample["subgroups"]:
        yield from _step(times, group["at"], trainer, partial(sample_space.bring_together, told=group))


def _confirm_zone(trainer: ActingMember, at: datetime, here: Mapping[str, int]) -> None:
    preferences.set_time_zone(trainer, trainer.community.time_zone, at)


def _switching_grading_on(grading: Mapping[str, Any], times: SampleTimes) -> Act:
    draft = ColumnDraft(
        name=grading["name"],
        maximum=Decimal(grading["maximum"]),
        adopt=None,
        starts_on=times.starts_on,
        weeks=grading["weeks"],
    )
    return lambda trainer, at, here: columns.switch_on(trainer, draft, at)


def _appointing(who: str, role: Role) -> Act:
    return lambda trainer, at, here: members.appoint(trainer, here[who], role, at)


def _thread(thread: Mapping[str, Any], times: SampleTimes) -> Iterator[Step]:
    """A post with its comments and edits; nothing at all while the post is still to come."""
    if times.read(thread["at"]) is None:
        return
    opened = _Opened(thread)
    yield from _step(times, thread["at"], thread["by"], opened.write)
    if "edited" in thread:
        yield from _step(times, thread["edited"]["at"], thread["by"], opened.edit)
    for said in _SAID_TO_POSTS:
        for one in thread.get(said, ()):
            yield from _step(times, one["at"], one["by"], opened.answered(said, one))
    if "decision" in thread:
        decision = thread["decision"]
        yield from _step(times, decision["at"], decision["by"], opened.answered("decision", decision))
    for comment in thread["comments"]:
        reply = _Reply(opened, comment)
        if times.read(comment["at"]) is not None:
            yield from _comment(comment, reply, times)


def _comment(comment: Mapping[str, Any], reply: "_Reply", times: SampleTimes) -> Iterator[Step]:
    """A reply with its edit and what others say to it."""
    yield from _step(times, comment["at"], comment["by"], reply.write)
    if "edited" in comment:
        yield from _step(times, comment["edited"]["at"], comment["by"], reply.edit)
    for thanks in comment.get("helped", ()):
        yield from _step(times, thanks["at"], thanks["by"], reply.thanked(thanks.get("note")))
    if "accepted" in comment:
        yield from _step(times, comment["accepted"]["at"], comment["accepted"]["by"], reply.accept)


class _Opened:
    """A post of the sample, and its number once it is written."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        self.id = 0

    def write(self, author: ActingMember, at: datetime, here: Mapping[str, int]) -> None:
        post = posts.write(author, sample_kinds.draft_of(self._told, author, at), at)
        sample_kinds.written(post, self._told)
        self.id = post.id

    def edit(self, author: ActingMember, at: datetime, here: Mapping[str, int]) -> None:
        posts.edit(author, self.id, sample_kinds.edit_of(self._told, author), at)

    def answered(self, said: str, told: Mapping[str, Any]) -> Act:
        """Return what somebody says to it by its kind: a vote, a ballot, a decision."""

        def act(member: ActingMember, at: datetime, here: Mapping[str, int]) -> None:
            if said == "votes":
                sample_kinds.support(member, self.id, at)
            elif said == "ballots":
                sample_kinds.cast(member, self.id, told["choose"], at)
            else:
                sample_kinds.decide(member, self.id, told, at)

        return act


class _Reply:
    """A comment of the sample under its post, and its number once it is written."""

    def __init__(self, post: _Opened, told: Mapping[str, Any]) -> None:
        self._post = post
        self._told = told
        self._id = 0

    def write(self, author: ActingMember, at: datetime, here: Mapping[str, int]) -> None:
        draft = CommentDraft(text(self._told["body"]))
        self._id = comments.write(author, self._post.id, draft, at).id

    def edit(self, author: ActingMember, at: datetime, here: Mapping[str, int]) -> None:
        edited = CommentEdit(text(self._told["edited"]["body"]), version=0)
        comments.edit(author, self._post.id, self._id, edited, at)

    def thanked(self, note: str | None) -> Act:
        """Return what somebody does whom it helped."""
        return lambda member, at, here: sample_kinds.thank(member, self._post.id, self._id, note, at)

    def accept(self, member: ActingMember, at: datetime, here: Mapping[str, int]) -> None:
        sample_kinds.accept(member, self._post.id, self._id, at)
