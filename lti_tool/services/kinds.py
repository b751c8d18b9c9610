"""The kinds of contribution: what writing, editing and showing each of them takes beside title and text."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from lti_tool.errors import Unfit
from lti_tool.models import IdeaState, Post, PostKind
from lti_tool.permissions import Act
from lti_tool.services import announcements, ideas, kind_forms, link_previews, polls
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard, PostDraft, PostEdit
from lti_tool.services.kind_forms import AnnouncementForm, ExperienceForm, PollForm, ResourceForm
from lti_tool.services.polls import PollView

# A prompt is answered by telling or asking.
ANSWERS = frozenset({PostKind.DISCUSSION, PostKind.QUESTION, PostKind.EXPERIENCE})


@dataclass(frozen=True)
class Beside:
    """What a page of contributions shows of tables beside them: polls by post, ideas with one's own vote."""

    polls: dict[int, PollView] = field(default_factory=dict)
    voted: frozenset[int] = frozenset()


def offered(member: ActingMember, *, answering: bool) -> tuple[str, ...]:
    """Return the kinds that a member may choose from, to answer a prompt or not, in the order of the form."""
    if answering:
        return (PostKind.DISCUSSION.value, PostKind.EXPERIENCE.value)
    everybody = (PostKind.QUESTION, PostKind.DISCUSSION, PostKind.EXPERIENCE, PostKind.IDEA)
    of_all = (*everybody, PostKind.RESOURCE, PostKind.POLL)
    return tuple(kind.value for kind in (*of_all, *_of_staff(member)))


def _of_staff(member: ActingMember) -> tuple[PostKind, ...]:
    return (PostKind.ANNOUNCEMENT,) if member.may(Act.ANNOUNCE) else ()


def worded(member: ActingMember, draft: PostDraft, now: datetime) -> PostDraft:
    """Return a draft with all of its words in body and parts, once it may be written.

    :raises Unfit: a date that cannot be, or a kind that answers no prompt.
    """
    kind = PostKind(draft.kind)
    if kind is PostKind.ANNOUNCEMENT:
        member.must(Act.ANNOUNCE)
    if draft.prompt is not None and kind not in ANSWERS:
        raise Unfit({"kind": ["prompt-kind"]})
    if isinstance(draft.own, PollForm):
        polls.must_fit(member, draft.own, now)
    body, parts = _words(draft.body, draft.own)
    return replace(draft, body=body, parts=parts)


def worded_anew(post: Post, draft: PostEdit) -> PostEdit:
    """Return an edit with all of its words in body and parts; what its form does not ask stays."""
    form = draft.own
    if post.kind is PostKind.POLL and (not isinstance(form, PollForm) or form.options is None):
        body, parts = kind_forms.poll_words(draft.body, polls.labels_of(post.id))
    else:
        body, parts = _words(draft.body, form)
    return replace(draft, body=body, parts=parts)


def _words(body: str, form: kind_forms.KindForm | None) -> tuple[str, dict | None]:
    match form:
        case ExperienceForm():
            return kind_forms.experience_words(form)
        case ResourceForm():
            return kind_forms.resource_words(body, form)
        case PollForm():
            return kind_forms.poll_words(body, form.options or ())
        case _:
            return body, None


def filled_in(member: ActingMember, post: Post) -> dict[str, str]:
    """Return what the form of its kind holds when a post is edited, by the names of its fields."""
    parts, zone = post.parts or {}, member.community.time_zone
    match post.kind:
        case PostKind.EXPERIENCE:
            return dict(parts)
        case PostKind.RESOURCE:
            return {"link": post.link_url or ""}
        case PostKind.POLL:
            return {"body": parts.get("text", "")} | polls.filled_in(member, post)
        case PostKind.ANNOUNCEMENT:
            day = announcements.last_day(post.pinned_until, zone)
            return {"pinned_until": day.isoformat() if day else ""}
        case _:
            return {}


def opened(member: ActingMember, post: Post, form: kind_forms.KindForm | None, now: datetime) -> None:
    """Keep what a new post has beside its words."""
    if post.kind is PostKind.IDEA:
        post.idea_state = IdeaState.PROPOSED
    match form:
        case PollForm():
            polls.ask(member, post, form, now)
        case ResourceForm() if form.link:
            link_previews.want(post, form.link, now)
        case AnnouncementForm():
            post.pinned_until = announcements.end_of_pin(member, form.pinned_until, now)
        case None if post.kind is PostKind.ANNOUNCEMENT:
            usual = announcements.usual_day(member, now)
            post.pinned_until = announcements.end_of_pin(member, usual, now)


def rearranged(member: ActingMember, post: Post, form: kind_forms.KindForm | None, now: datetime) -> None:
    """Change what a post has beside its words, as its author's form says."""
    match form:
        case PollForm():
            polls.rearrange(member, post, form, now)
        case ResourceForm():
            link_previews.want(post, form.link, now)
        case AnnouncementForm():
            day = announcements.last_day(post.pinned_until, member.community.time_zone)
            if form.pinned_until != day:
                post.pinned_until = announcements.end_of_pin(member, form.pinned_until, now)


def beside(member: ActingMember, cards: Collection[PostCard], now: datetime) -> Beside:
    """Return what belongs to these contributions of other tables: four statements at most."""
    return Beside(
        polls=polls.shown(member, [one.id for one in cards if one.kind == PostKind.POLL], now),
        voted=ideas.voted(member, [one.id for one in cards if one.kind == PostKind.IDEA]),
    )
