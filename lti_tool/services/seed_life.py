"""One seeded community as rows: its people, what they wrote in three years, what others did with it.

Shares are those that learning communities have: a quarter opens something, the rest replies; one question in
twenty waits, two in five are solved; a few replies are thanked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from lti_tool.knowledge import searching
from lti_tool.knowledge.folding import folded
from lti_tool.models import IdeaState, MembershipState, PostKind, ReactionKind, Role
from lti_tool.services import bulk, search_index
from lti_tool.services.seed_words import FAMILY, GIVEN, Phrasebook, Said, Terms

OPENED = 0.25
LIFETIME = timedelta(days=3 * 365)
# The last thing happened so long ago.
SETTLED = timedelta(hours=1)
LONG_THREAD = 500
KINDS = {
    PostKind.QUESTION: 46,
    PostKind.DISCUSSION: 22,
    PostKind.EXPERIENCE: 15,
    PostKind.IDEA: 8,
    PostKind.RESOURCE: 6,
    PostKind.ANNOUNCEMENT: 3,
}
SOLVED, TOLD_IT_HELPED, TAGGED, IN_A_TOPIC, UNDER_A_REPLY = 0.4, 0.12, 0.4, 0.8, 0.2
TABLES = (
    "organisation",
    "platform",
    "deployment",
    "community",
    "course",
    "user_account",
    "enrolment",
    "membership",
    "topic",
    "tag",
    "post",
    "comment",
    "change",
    "reaction",
    "search_document",
)
Numbers = Mapping[str, Iterator[int]]


@dataclass
class _Written:
    """A post or a reply on its way to its row."""

    id: int
    author: int
    at: datetime
    said: Said
    helped: int = 0


@dataclass
class _Reply(_Written):
    parent: int | None = None
    solves: int | None = None
    solved_at: datetime | None = None


@dataclass
class _Opened(_Written):
    kind: PostKind = PostKind.QUESTION
    title: Said = Said("", frozenset())
    topic: int | None = None
    tags: tuple[int, ...] = ()
    replies: list[_Reply] = field(default_factory=list)
    votes: int = 0
    met: int = 0
    solved_at: datetime | None = None


@dataclass(frozen=True)
class Place:
    """Where a community's people come from, and how much is to happen there."""

    community: int
    course: int
    platform: int
    language: str
    members: int
    contributions: int


class Life:
    """What happens in one community; `write` puts all of it into the database."""

    def __init__(self, place: Place, numbers: Numbers, random: Random, now: datetime) -> None:
        self._place, self._numbers, self._random, self._now = place, numbers, random, now
        self._words = Phrasebook(place.language, random)
        self._began = now - LIFETIME

    def write(self) -> None:
        """Let it happen."""
        self._members = self._join()
        self._topics, self._tags = self._arrange()
        posts = self._open()
        self._reply(posts)
        self._use(posts)
        self._write_contributions(posts)
        self._write_uses(posts)
        self._index(posts)

    # People

    def _join(self) -> list[int]:
        people = [(next(self._numbers["user_account"]), number) for number in range(self._place.members)]
        bulk.write(
            "user_account", ("id", "platform_id", "sub", "name", "created_at"), map(self._user, people)
        )
        columns = ("id", "user_id", "course_id", "launch_roles", "launch_role", "launched_at", "active")
        enrolled = (
            (
                next(self._numbers["enrolment"]),
                user,
                self._place.course,
                "[]",
                self._role(number),
                self._began,
            )
            + (True, False, self._began)
            for user, number in people
        )
        bulk.write("enrolment", (*columns, "test_user", "created_at"), enrolled)
        members = [(next(self._numbers["membership"]), user) for user, _ in people]
        columns = ("id", "community_id", "user_id", "state", "joined_at", "last_seen_at", "last_visit_at")
        joined = (self._membership(*member) for member in members)
        bulk.write("membership", (*columns, "welcomed_at"), joined)
        return [member for member, _ in members]

    def _user(self, person: tuple[int, int]) -> bulk.Row:
        user, _ = person
        name = f"{self._random.choice(GIVEN)} {self._random.choice(FAMILY)}"
        return user, self._place.platform, f"seeded-{user}", name, self._began

    def _role(self, number: int) -> str:
        return (Role.TRAINER if number == 0 else Role.LEARNER).value

    def _membership(self, member: int, user: int) -> bulk.Row:
        seen = self._now - timedelta(hours=self._random.uniform(1, 2_000))
        before = seen - timedelta(days=1)
        active = MembershipState.ACTIVE.value
        return member, self._place.community, user, active, self._began, seen, before, self._began

    def _arrange(self) -> tuple[list[int], list[int]]:
        here, names = self._place.community, self._words
        topics = [(next(self._numbers["topic"]), name) for name in names.topics]
        rows = [
            (number, here, name, folded(name), place, self._began)
            for place, (number, name) in enumerate(topics, start=1)
        ]
        bulk.write("topic", ("id", "community_id", "name", "folded", "position", "created_at"), rows)
        return [number for number, _ in topics], [next(self._numbers["tag"]) for _ in names.tags]

    # What they write

    def _open(self) -> list[_Opened]:
        count = max(1, round(self._place.contributions * OPENED))
        span = LIFETIME - SETTLED - timedelta(days=1)
        kinds = self._random.choices(list(KINDS), list(KINDS.values()), k=count)
        return [
            self._opened(kind, self._began + span * (place + 1) / count) for place, kind in enumerate(kinds)
        ]

    def _opened(self, kind: PostKind, at: datetime) -> _Opened:
        some = self._random.random
        return _Opened(
            id=next(self._numbers["post"]),
            author=self._anybody(),
            at=at,
            said=self._words.body(self._random.randint(2, 5)),
            kind=kind,
            title=self._words.question() if kind is PostKind.QUESTION else self._words.title(),
            topic=self._random.choice(self._topics) if some() < IN_A_TOPIC else None,
            tags=tuple(self._random.sample(range(len(self._tags)), 2)) if some() < TAGGED else (),
        )

    def _reply(self, posts: list[_Opened]) -> None:
        """Let others reply, within some days; the last question has the long thread."""
        left = self._place.contributions - len(posts)
        latest = self._now - SETTLED
        to_long = min(LONG_THREAD, left // 20)
        moments = []
        for number in range(left):
            post = posts[-1] if number < to_long else self._random.choice(posts)
            after = timedelta(hours=min(self._random.expovariate(1 / 30), 700))
            moments.append((min(post.at + after, latest), number, post))
        for at, _, post in sorted(moments, key=lambda moment: moment[:2]):
            above = (
                self._random.choice(post.replies)
                if self._random.random() < UNDER_A_REPLY and post.replies
                else None
            )
            said = self._words.body(self._random.randint(1, 4))
            reply = _Reply(next(self._numbers["comment"]), self._anybody(), at, said)
            if above is not None:
                reply.parent = above.parent or above.id
            post.replies.append(reply)

    def _anybody(self) -> int:
        """Return a member; a few write much, most a little."""
        return self._members[int(len(self._members) * self._random.random() ** 2)]

    # What others do with it

    def _use(self, posts: list[_Opened]) -> None:
        most = len(self._members) - 1  # everybody but the author
        for post in posts:
            for reply in post.replies:
                if self._random.random() < TOLD_IT_HELPED:
                    reply.helped = min(self._random.randint(1, 3), most)
            if post.kind is PostKind.QUESTION:
                post.met = min(self._random.choice((0, 0, 0, 1, 2)), most)
                self._solve(post)
            elif post.kind is PostKind.IDEA:
                post.votes = min(self._random.randint(0, 4), most)

    def _solve(self, post: _Opened) -> None:
        answers = [reply for reply in post.replies if reply.author != post.author]
        if answers and self._random.random() < SOLVED:
            best = self._random.choice(answers)
            post.solved_at = best.solved_at = best.at + timedelta(minutes=20)
            best.solves = post.id

    # Rows

    def _write_contributions(self, posts: list[_Opened]) -> None:
        columns = (
            "id community_id author_id kind title body comment_count created_at edit_count last_activity_at"
        )
        more = (
            "last_activity_by_id topic_id answer_count waits_since solved_at met_count vote_count idea_state"
        )
        bulk.write("post", f"{columns} {more} link_url thread_helped_count".split(), map(self._post, posts))
        columns = (
            "id community_id post_id author_id body created_at edit_count helped_count parent_id solves_id"
        )
        replies = (self._comment(post, reply) for post in posts for reply in post.replies)
        bulk.write("comment", f"{columns} accepted_at accepted_by_id".split(), replies)
        happened = sorted(self._changes(posts), key=lambda row: row[-1])
        rows = ((next(self._numbers["change"]), self._place.community, *row) for row in happened)
        columns = ("id", "community_id", "kind", "post_id", "comment_id", "actor_id", "at")
        bulk.write("change", columns, rows)

    def _post(self, post: _Opened) -> bulk.Row:
        last = post.replies[-1] if post.replies else post
        answers = sum(reply.author != post.author for reply in post.replies)
        is_question = post.kind is PostKind.QUESTION
        title = post.title.text[:1].upper() + post.title.text[1:]
        address = f"https://example.org/{post.id}" if post.kind is PostKind.RESOURCE else None
        return (
            *(post.id, self._place.community, post.author, post.kind.value, title, post.said.text),
            *(len(post.replies), post.at, 0, last.at, last.author, post.topic, answers),
            post.at if is_question and not answers else None,
            *(post.solved_at, post.met, post.votes),
            IdeaState.PROPOSED.value if post.kind is PostKind.IDEA else None,
            address,
            sum(reply.helped for reply in post.replies),
        )

    def _comment(self, post: _Opened, reply: _Reply) -> bulk.Row:
        accepted_by = post.author if reply.solves else None
        return (
            *(reply.id, self._place.community, post.id, reply.author, reply.said.text, reply.at, 0),
            *(reply.helped, reply.parent, reply.solves, reply.solved_at, accepted_by),
        )

    def _changes(self, posts: list[_Opened]) -> Iterator[bulk.Row]:
        for post in posts:
            yield "post.written", post.id, None, post.author, post.at
            for reply in post.replies:
                yield "comment.written", post.id, reply.id, reply.author, reply.at

    def _write_uses(self, posts: list[_Opened]) -> None:
        here = self._place.community
        used = Counter(tag for post in posts for tag in post.tags)
        tags = [
            (number, here, name, folded(name), used[place])
            for place, (number, name) in enumerate(zip(self._tags, self._words.tags, strict=True))
        ]
        bulk.write("tag", ("id", "community_id", "name", "folded", "post_count"), tags)
        on_posts = ((post.id, self._tags[tag], post.at) for post in posts for tag in post.tags)
        bulk.write("post_tag", ("post_id", "tag_id", "created_at"), on_posts)
        columns = [
            "id",
            "community_id",
            "post_id",
            "comment_id",
            "giver_id",
            "receiver_id",
            "kind",
            "counted",
            "at",
        ]
        bulk.write("reaction", columns, self._reactions(posts))
        columns = ("member_id", "post_id", "read_at", "attention", "bookmarked_at")
        bulk.write("thread_reader", columns, self._readers(posts))

    def _reactions(self, posts: list[_Opened]) -> Iterator[bulk.Row]:
        for post in posts:
            yield from self._from_others(post, None, ReactionKind.MET, post.met)
            yield from self._from_others(post, None, ReactionKind.VOTE, post.votes)
            for reply in post.replies:
                yield from self._from_others(post, reply, ReactionKind.HELPED, reply.helped)

    def _from_others(
        self, post: _Opened, reply: _Reply | None, kind: ReactionKind, count: int
    ) -> Iterator[bulk.Row]:
        receiver = (reply or post).author
        others = self._random.sample(self._members, min(count + 1, len(self._members)))
        for giver in [one for one in others if one != receiver][:count]:
            number, at = next(self._numbers["reaction"]), (reply or post).at + timedelta(minutes=30)
            below = reply.id if reply else None
            yield number, self._place.community, post.id, below, giver, receiver, kind.value, False, at

    def _readers(self, posts: list[_Opened]) -> Iterator[bulk.Row]:
        for post in posts:
            last = post.replies[-1].at if post.replies else post.at
            for member in {post.author, self._anybody()}:
                followed = "followed" if member == post.author else None
                kept = last if self._random.random() < 0.03 else None
                yield member, post.id, last, followed, kept

    def _index(self, posts: list[_Opened]) -> None:
        """Number everything by its age, and put it into the full-text index."""
        written: list[tuple[datetime, int, int | None, Terms, Terms]] = []
        for post in posts:
            tags = frozenset().union(*(searching.terms_of([self._words.tags[tag]]) for tag in post.tags))
            all_terms = post.title.terms | post.said.terms | tags
            written.append((post.at, post.id, None, post.title.terms, all_terms))
            written += [(one.at, post.id, one.id, frozenset(), one.said.terms) for one in post.replies]
        written.sort(key=lambda one: one[0])
        documents = [(next(self._numbers["search_document"]), *one) for one in written]
        here = self._place.community
        rows = ((number, here, post, comment) for number, _, post, comment, _, _ in documents)
        bulk.write("search_document", ("id", "community_id", "post_id", "comment_id"), rows)
        terms = ((one[0], " ".join(search_index.as_terms(here, one[4], one[5]))) for one in documents)
        bulk.write("search_index", ("rowid", "terms"), terms)
