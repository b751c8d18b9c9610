"""How the sample courses are arranged: topics, what is asked of everybody, who works together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lti_tool.permissions import Act
from lti_tool.services import charters, subgroup_care, subgroups, topics
from lti_tool.services.acting import ActingMember
from lti_tool.services.charters import CharterText
from lti_tool.services.sample_texts import text
from lti_tool.services.subgroup_care import SubgroupDraft
from lti_tool.services.topics import TopicDraft

Told = Mapping[str, Any]


def name_topics(trainer: ActingMember, at: datetime, here: Mapping[str, int], told: Told) -> None:
    """Put the topics of a sample on the list, in their order."""
    for topic in told["list"]:
        topics.add(trainer, TopicDraft(topic["name"], topic["description"]), at)


def ask(trainer: ActingMember, at: datetime, here: Mapping[str, int], told: Told) -> None:
    """Write the charter."""
    charters.write(trainer, CharterText(text(told["body"]), told["language"]), 0, at)


def agree(member: ActingMember, at: datetime, here: Mapping[str, int]) -> None:
    """Accept the charter, which is there since the first morning; who only observes is not asked."""
    if member.may(Act.READ):
        charters.accept(member, 1, at)


def bring_together(trainer: ActingMember, at: datetime, here: Mapping[str, int], told: Told) -> None:
    """Make a sub-group and put in who has come so far."""
    number = subgroup_care.make(trainer, SubgroupDraft(told["name"], told["description"]), at)
    subgroup_care.put_in(trainer, number, [here[key] for key in told["members"]], at)


def topic_of(author: ActingMember, told: Told) -> int | None:
    """Return the number of the topic that a contribution is told to have."""
    return next((one.id for one in topics.to_choose(author) if one.name == told.get("topic")), None)


def subgroup_of(author: ActingMember, told: Told) -> int | None:
    """Return the number of the sub-group that a contribution is told to be for."""
    wanted = told.get("subgroup")
    return next((one.id for one in subgroups.to_write_in(author) if one.name == wanted), None)
