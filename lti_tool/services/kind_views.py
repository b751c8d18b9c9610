"""What a contribution shows by its kind, out of its own row alone (votes: `polls`, `ideas`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lti_tool.knowledge.links import host_of
from lti_tool.models import IdeaState, Post, PostKind

# Ideas that are still open to votes.
OPEN_IDEAS = frozenset({IdeaState.PROPOSED, IdeaState.CONSIDERED})


@dataclass(frozen=True)
class LinkView:
    """Where a resource leads. Without a preview there is only its host to tell."""

    url: str
    host: str
    site: str | None
    title: str | None
    description: str | None


@dataclass(frozen=True)
class IdeaView:
    """What became of an idea so far."""

    state: str
    votes: int
    reason: str | None
    decided_at: datetime | None
    open: bool


@dataclass(frozen=True)
class KindView:
    """What only some kinds have; `parts` are the fields of its form by name."""

    parts: Mapping[str, str] = field(default_factory=dict)
    link: LinkView | None = None
    idea: IdeaView | None = None
    pinned_until: datetime | None = None

    @property
    def pinned_through(self) -> datetime | None:
        """The last moment of the last day on which it is pinned."""
        return self.pinned_until and self.pinned_until - timedelta(microseconds=1)


def of_kind(post: Post, now: datetime) -> KindView:
    """Describe what a post shows because of its kind."""
    pinned = post.pinned_until is not None and post.pinned_until > now
    return KindView(
        parts=post.parts or {},
        link=_link(post) if post.link_url else None,
        idea=_idea(post) if post.kind is PostKind.IDEA else None,
        pinned_until=post.pinned_until if pinned else None,
    )


def _link(post: Post) -> LinkView:
    told = post.link_preview or {}
    url = post.link_url or ""
    return LinkView(url, host_of(url), told.get("site"), told.get("title"), told.get("description"))


def _idea(post: Post) -> IdeaView:
    state = post.idea_state or IdeaState.PROPOSED
    return IdeaView(state.value, post.vote_count, post.idea_reason, post.idea_decided_at, state in OPEN_IDEAS)
