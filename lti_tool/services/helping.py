"""Questions that wait for a first reply: those first that fit who looks, then the longest waiting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from sqlalchemy import ColumnElement, select, union_all
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.knowledge import affinity
from lti_tool.knowledge.affinity import Subject
from lti_tool.knowledge.markdown import excerpt
from lti_tool.models import Membership, Post, PostKind, PostTag, Tag
from lti_tool.permissions import Act
from lti_tool.services import contributions, cursors, people, reading
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard
from lti_tool.services.local_times import next_midnight
from lti_tool.services.people import Person
from lti_tool.services.strengths import Helper, TopicChoice, helper

PAGE = 20
SHOWN_AT_HOME = 3
# How many that fit are put first; how many of the longest waiting are looked at for it, and of each topic.
MOST_FITTING, LOOKED_AT, LOOKED_AT_BY_TOPIC = 10, 200, 50
# Among how many of the longest waiting beyond the target the reminders are spread.
REMINDED_OF = 12


@dataclass(frozen=True)
class Reason:
    """Why a question is proposed: `ground` is one of affinity.Ground, the rest what its sentence names."""

    ground: str
    by: Person | None = None
    topic: str | None = None
    tag: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class Waiting:
    """A question without a reply; `late`: for longer than the community wants."""

    id: int
    title: str
    excerpt: str
    author: Person
    since: datetime
    hours: int
    late: bool
    met_count: int
    topic: str | None
    reason: Reason | None


@dataclass(frozen=True)
class Asked:
    """Which questions are asked for: of one topic, those beyond the target alone."""

    topic: int | None = None
    late: bool = False


@dataclass(frozen=True)
class ToAnswer:
    """One page: `fitting` stand on the first alone, `further` is the cursor of the next.

    `asked_here`: whether anybody has asked a question at all, among those that the member may read.
    """

    fitting: list[Waiting]
    others: list[Waiting]
    further: str | None
    asked: Asked
    topics: Sequence[TopicChoice]
    target_hours: int
    asked_here: bool = True


@dataclass(frozen=True)
class Unsolved:
    """One page of questions that were answered and whose asker has not said by what they were solved."""

    posts: list[PostCard]
    further: str | None
    topics: Sequence[TopicChoice]
    asked: Asked


@dataclass(frozen=True)
class AtHome:
    """What somebody could answer now; `reminder` is one that waits for too long, unless they rest."""

    waiting: list[Waiting]
    reminder: Waiting | None


@dataclass(frozen=True)
class _Candidate:
    """A waiting question as it is compared, without its words."""

    id: int
    since: datetime
    subject: Subject
    fit: affinity.Fit | None


def to_answer(member: ActingMember, asked: Asked, after: str | None, now: datetime) -> ToAnswer:
    """Return a page of the questions that wait. Seven statements at most, however many there are."""
    member.must(Act.READ)
    who = helper(member, now)
    candidates = _candidates(member, who, _narrowed(member, asked, now), now)
    fitting = _best(candidates)
    page = _page(member, asked, after, {one.id for one in fitting}, now)
    shown = fitting if after is None else []
    cards = _cards(member, who, [*shown, *page[:PAGE]], now)
    return ToAnswer(
        fitting=cards[: len(shown)],
        others=cards[len(shown) :],
        further=cursors.cursor(page[PAGE - 1].since, page[PAGE - 1].id) if len(page) > PAGE else None,
        asked=asked,
        topics=who.topics,
        target_hours=member.community.answer_target_hours,
        asked_here=bool(cards) or _is_anything_asked(member, now),
    )


def _is_anything_asked(member: ActingMember, now: datetime) -> bool:
    """Tell whether there is a question that the member may read. One statement."""
    wanted = select(Post.id).where(
        Post.community_id == member.community.id,
        Post.kind == PostKind.QUESTION,
        Post.deleted_at.is_(None),
        contributions.shown_to(member, now),
    )
    return db.session.scalars(wanted.limit(1)).first() is not None


def at_home(member: ActingMember, now: datetime) -> AtHome:
    """Return the few questions that the home page proposes. Six statements at most."""
    member.must(Act.READ)
    if not member.may(Act.WRITE_COMMENT):
        return AtHome([], None)
    who = helper(member, now)
    candidates = _candidates(member, who, [], now)
    reminder = _reminder(member, candidates, now)
    others = [one for one in candidates if one is not reminder]
    first = [*([reminder] if reminder else []), *_in_order(others)[:SHOWN_AT_HOME]]
    cards = _cards(member, who, first, now)
    return AtHome(cards[1:] if reminder else cards, cards[0] if reminder else None)


def unsolved(member: ActingMember, asked: Asked, before: str | None, now: datetime) -> Unsolved:
    """Return questions that have replies, none of them accepted, the newest first. Three statements."""
    member.must(Act.READ)
    wanted = (
        select(Post)
        .where(
            Post.community_id == member.community.id,
            Post.kind == PostKind.QUESTION,
            Post.solved_at.is_(None),
            Post.waits_since.is_(None),
            Post.deleted_at.is_(None),
            contributions.shown_to(member, now),
            reading.not_muted(member),
            *([Post.topic_id == asked.topic] if asked.topic else []),
            cursors.older(before, Post.created_at, Post.id),
        )
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(PAGE + 1)
        .options(joinedload(Post.author).joinedload(Membership.user))
    )
    posts = list(db.session.scalars(wanted))
    persons = people.described([post.author for post in posts], now)
    last = posts[PAGE - 1] if len(posts) > PAGE else None
    return Unsolved(
        posts=[contributions.card(post, persons[post.author_id], member, now) for post in posts[:PAGE]],
        further=cursors.cursor(last.created_at, last.id) if last else None,
        topics=helper(member, now).topics,
        asked=asked,
    )


def rest_for_today(member: ActingMember, now: datetime) -> None:
    """Remind this member of no question for the rest of the day, by the clock of the community.

    Kept with the membership: the choice holds on every device, and in a frame that is refused storage.
    """
    member.must(Act.READ)
    member.membership.reminders_rest_until = next_midnight(now, member.community.time_zone)


def remind_again(member: ActingMember) -> None:
    """Take that back."""
    member.must(Act.READ)
    member.membership.reminders_rest_until = None


def waiting_for(member: ActingMember, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions on questions of others that wait and that this member wants to hear of."""
    return [
        Post.community_id == member.community.id,
        Post.waits_since.is_not(None),
        Post.author_id != member.id,
        contributions.shown_to(member, now),
        reading.not_muted(member),
    ]


def _narrowed(member: ActingMember, asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    by_topic = [Post.topic_id == asked.topic] if asked.topic else []
    return [*by_topic, *([Post.waits_since <= late_since(member, now)] if asked.late else [])]


def late_since(member: ActingMember, now: datetime) -> datetime:
    """Return since when a question must wait to be beyond the community's target."""
    return now - timedelta(hours=member.community.answer_target_hours)


_AS_COMPARED = (Post.id, Post.waits_since, Post.title, Post.topic_id)


def _candidates(member: ActingMember, who: Helper, narrowed: list, now: datetime) -> list[_Candidate]:
    """Return the questions that are looked at: the longest waiting, and the longest waiting of topics.

    Two statements; what is read is bounded for any number of questions.
    """
    conditions = [*waiting_for(member, now), *narrowed]
    oldest = select(*_AS_COMPARED).where(*conditions).order_by(Post.waits_since, Post.id)
    ways = [oldest.limit(LOOKED_AT).subquery()]
    ways += [
        oldest.where(Post.topic_id == topic).limit(LOOKED_AT_BY_TOPIC).subquery()
        for topic in who.leading_topics
    ]
    rows = {row.id: row for row in db.session.execute(union_all(*(select(way) for way in ways)))}
    tags = _tags(who, rows)
    strengths = who.strengths_with(tags)
    found = []
    for row in rows.values():
        subject = Subject(row.title, row.topic_id, frozenset(tags.get(row.id, ())))
        found.append(_Candidate(row.id, row.waits_since, subject, affinity.fit(strengths, subject)))
    return sorted(found, key=lambda one: (one.since, one.id))


def _tags(who: Helper, numbers: Iterable[int]) -> dict[int, list[int]]:
    """Return the tags of these questions and of what somebody was thanked for; none without thanks."""
    thanked = who.thanked_posts
    tags: dict[int, list[int]] = {}
    if thanked:
        wanted = select(PostTag.post_id, PostTag.tag_id).where(PostTag.post_id.in_({*numbers, *thanked}))
        for post_id, tag_id in db.session.execute(wanted):
            tags.setdefault(post_id, []).append(tag_id)
    return tags


def _in_order(candidates: list[_Candidate]) -> list[_Candidate]:
    """Those that fit first, the best of them first; of equals the longest waiting."""
    return sorted(candidates, key=lambda one: -one.fit.weight if one.fit else 0)


def _best(candidates: list[_Candidate]) -> list[_Candidate]:
    return [one for one in _in_order(candidates) if one.fit][:MOST_FITTING]


def _reminder(member: ActingMember, candidates: list[_Candidate], now: datetime) -> _Candidate | None:
    """Choose the question beyond the target of which this member is reminded, None for none.

    One that fits, else one of the longest waiting: each member another, so that not everybody is asked the
    same, and the same one until it is answered.
    """
    rest = member.membership.reminders_rest_until
    late = [one for one in candidates if one.since <= late_since(member, now)]
    if not late or (rest is not None and rest > now) or member.may(Act.ARRANGE):
        return None  # staff see all of them
    fitting = _best(late)
    if fitting:
        return fitting[0]
    return min(late[:REMINDED_OF], key=lambda one: crc32(f"{member.id}:{one.id}".encode()))


def _page(member: ActingMember, asked: Asked, after: str | None, without: set[int], now: datetime) -> list:
    """Return one more of the longest waiting than a page shows. One statement."""
    wanted = (
        select(Post.id, Post.waits_since.label("since"))
        .where(
            *waiting_for(member, now),
            *_narrowed(member, asked, now),
            Post.id.not_in(without),
            cursors.newer(after, Post.waits_since, Post.id),
        )
        .order_by(Post.waits_since, Post.id)
        .limit(PAGE + 1)
    )
    return list(db.session.execute(wanted))


def _cards(member: ActingMember, who: Helper, chosen: Sequence, now: datetime) -> list[Waiting]:
    """Describe questions in their order. Three statements at most."""
    if not chosen:
        return []
    wanted = (
        select(Post)
        .where(Post.id.in_([one.id for one in chosen]))
        .options(joinedload(Post.author).joinedload(Membership.user))
    )
    posts = {post.id: post for post in db.session.scalars(wanted)}
    persons = people.described([post.author for post in posts.values()], now)
    fits = {one.id: one.fit for one in chosen if getattr(one, "fit", None)}
    names = _tag_names(fit.tag for fit in fits.values())
    beyond, described = late_since(member, now), []
    for post in (posts[one.id] for one in chosen if one.id in posts):
        described.append(
            Waiting(
                id=post.id,
                title=post.title,
                excerpt=excerpt(post.body),
                author=persons[post.author_id],
                since=post.waits_since,
                hours=int((now - post.waits_since).total_seconds() // 3600),
                late=post.waits_since <= beyond,
                met_count=post.met_count,
                topic=who.name_of_topic(post.topic_id),
                reason=_reason(who, post, fits.get(post.id), names),
            )
        )
    return described


def _tag_names(tags: Iterable[int | None]) -> dict[int, str]:
    numbers = {tag for tag in tags if tag is not None}
    if not numbers:
        return {}
    return dict(map(tuple, db.session.execute(select(Tag.id, Tag.name).where(Tag.id.in_(numbers)))))


def _reason(who: Helper, post: Post, fit: affinity.Fit | None, tags: dict[int, str]) -> Reason | None:
    if fit is None:
        return None
    return Reason(
        ground=fit.ground.value,
        by=who.person(fit.thanks.by) if fit.thanks else None,
        topic=who.name_of_topic(post.topic_id),
        tag=tags.get(fit.tag),
        title=fit.thanks.title if fit.thanks else None,
    )
