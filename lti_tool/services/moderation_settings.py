"""What a community sets against too much at once, and which words its staff watch for."""

from dataclasses import dataclass
from datetime import datetime

from lti_tool.knowledge import watching
from lti_tool.permissions import Act
from lti_tool.services import audit
from lti_tool.services.acting import ActingMember

HIGHEST_LIMIT = 1000


@dataclass(frozen=True)
class ModerationSettings:
    """Contributions of one member within an hour and on their first day (0: no bound); words, one a line."""

    hourly_limit: int
    first_day_limit: int
    watched_words: str | None


def current(member: ActingMember) -> ModerationSettings:
    """Return the settings in force, for those who may change them."""
    member.must(Act.ARRANGE)
    community = member.community
    return ModerationSettings(community.hourly_limit, community.first_day_limit, community.watched_words)


def change(member: ActingMember, wanted: ModerationSettings, now: datetime) -> None:
    """Put other settings in force; what stays as it was is not noted."""
    member.must(Act.ARRANGE)
    community = member.community
    values = {
        "hourly_limit": wanted.hourly_limit,
        "first_day_limit": wanted.first_day_limit,
        "watched_words": "\n".join(watching.phrases_of(wanted.watched_words)) or None,
    }
    before = {name: getattr(community, name) for name in values}
    after = {name: value for name, value in values.items() if value != before[name]}
    if after:
        for name, value in after.items():
            setattr(community, name, value)
        told = {"before": {name: before[name] for name in after}, "after": after}
        audit.record(member, "moderation.arranged", f"community:{community.id}", now, **told)
