"""Questions that wait: whom they fit, in which order, what is said of them, and who is reminded."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    Attention,
    Comment,
    Community,
    Membership,
    Post,
    Reaction,
    ReactionKind,
    Role,
    Subgroup,
    ThreadReader,
    Topic,
    TopicStanding,
)
from lti_tool.transactions import transaction
from tests.functional.space import id_of

pytestmark = pytest.mark.slow_on_postgresql


class Desk:
    """Topics, thanks and waiting times, by rows."""

    def __init__(self, space) -> None:
        self.space = space

    def change(self, statement) -> None:
        with self.space.world.app.app_context(), transaction():
            db.session.execute(statement)

    def add(self, row) -> int | None:
        """Add a row; return its number where it has one."""
        with self.space.world.app.app_context(), transaction():
            db.session.add(row)
            db.session.flush()
            return getattr(row, "id", None)

    def community(self) -> int:
        with self.space.world.database() as session:
            return session.scalars(select(Community.id)).one()

    def topic(self, name: str) -> int:
        named = {"name": name, "folded": name.lower(), "position": 1}
        return self.add(Topic(community_id=self.community(), **named, created_at=clock.now()))

    def put(self, thread, **values) -> int:
        """Change a post; return its number."""
        self.change(update(Post).where(Post.id == id_of(thread)).values(**values))
        return id_of(thread)

    def waits(self, thread, **since) -> int:
        return self.put(thread, waits_since=clock.now() - timedelta(**since))

    def thank(self, giver: str, receiver: str, post: int, kind=ReactionKind.HELPED, topic=None) -> None:
        row = {"giver_id": self.space.number(giver), "receiver_id": self.space.number(receiver)}
        row |= {"community_id": self.community(), "post_id": post, "kind": kind, "topic_id": topic}
        self.add(Reaction(**row, counted=False, at=clock.now()))

    def choose(self, person: str, topic: int, attention=None, helps: bool = False) -> None:
        number = self.space.number(person)
        self.add(TopicStanding(member_id=number, topic_id=topic, attention=attention, helps=helps))

    def mute(self, person: str, thread) -> None:
        row = {"member_id": self.space.number(person), "post_id": id_of(thread)}
        self.add(ThreadReader(**row, attention=Attention.MUTED))


@pytest.fixture
def desk(space):
    space.home("claire")
    space.home("karim")
    return Desk(space)


def listed(page, section: str) -> list[str]:
    return [link.text for link in page.soup.select(f"section[aria-labelledby={section}] a.title")]


def to_answer(space, person: str = "karim", **query):
    return space.home(person).get("to-answer", **query)


class TestTheList:
    def test_says_that_nothing_waits(self, space, desk):
        empty = to_answer(space).soup.select_one(".empty")
        assert "Personne n’a encore posé de question" in empty.text
        assert empty.select_one("a[href*='posts/new?kind=question']")
        space.reply("ines", space.write("karim", title="Answered"))
        space.write("karim", title="One's own")
        assert "Aucune question des autres n’attend" in to_answer(space).soup.select_one(".empty").text

    def test_puts_the_longest_waiting_first(self, space, desk):
        for title in ("One", "Two", "Three"):
            space.write("ines", title=title)
        assert listed(to_answer(space), "longest") == ["One", "Two", "Three"]

    def test_leaves_out_ones_own_what_was_answered_solved_or_muted(self, space, desk):
        space.write("karim", title="Mine")
        space.reply("hugo", space.write("ines", title="Answered"))
        desk.mute("karim", space.write("ines", title="Muted"))
        muted = desk.topic("Muted topic")
        desk.choose("karim", muted, Attention.MUTED)
        desk.put(space.write("ines", title="Of a muted topic"), topic_id=muted)
        space.write("ines", title="Told", kind="discussion")
        space.write("ines", title="Waits")
        assert listed(to_answer(space), "longest") == ["Waits"]
        assert to_answer(space).soup.select_one(".nav .count").text.split()[0] == "1"

    def test_shows_no_question_of_a_group_that_one_is_not_in(self, space, desk):
        row = {"community_id": desk.community(), "name": "Tours", "folded": "tours"}
        row |= {"created_by_id": space.number("claire"), "created_at": clock.now()}
        group = desk.add(Subgroup(**row))
        desk.put(space.write("ines", title="Closed"), subgroup_id=group)
        assert listed(to_answer(space), "longest") == []
        assert listed(to_answer(space, "claire"), "longest") == ["Closed"]

    @pytest.mark.long
    def test_goes_on_page_by_page_without_gap_or_repetition(self, space, desk):
        for number in range(23):
            desk.waits(space.write("ines", title=f"T{number:02}", body=f"B{number}"), hours=50 - number)
        first = to_answer(space)
        more = first.browser.get(first.soup.select_one("a[href*='after=']")["href"])
        assert listed(first, "longest") + listed(more, "longest") == [f"T{number:02}" for number in range(23)]

    def test_can_be_narrowed(self, space, desk):
        topic = desk.topic("Interviews")
        late = desk.put(space.write("ines", title="Late"), topic_id=topic)
        desk.waits(space.write("ines", title="Late elsewhere"), hours=30)
        desk.put(space.write("ines", title="Fresh"), topic_id=topic)
        with_topic = to_answer(space, topic=str(topic))
        assert listed(with_topic, "longest") == ["Late", "Fresh"]
        assert listed(to_answer(space, late="1"), "longest") == ["Late elsewhere"]
        desk.change(update(Post).where(Post.id == late).values(waits_since=clock.now() - timedelta(hours=25)))
        assert listed(to_answer(space, late="1", topic=str(topic)), "longest") == ["Late"]
        assert listed(to_answer(space, topic="999999"), "longest") == []

    def test_does_not_break_on_made_up_addresses(self, space, desk):
        space.write("ines")
        for query in (
            {"topic": "x"},
            {"after": "nan-1"},
            {"after": "1-"},
            {"topic": "9" * 40},
            {"show": "?"},
        ):
            assert to_answer(space, **query).status == 200
            assert to_answer(space, show="answered", before="inf-2").status == 200


class TestAReason:
    @pytest.fixture
    def topic(self, desk):
        return desk.topic("Interviews")

    @pytest.fixture
    def asked(self, space, desk, topic):
        space.write("ines", title="Older and elsewhere")
        return desk.put(space.write("ines", title="How to prepare one?"), topic_id=topic)

    def reason(self, space) -> str:
        row = to_answer(space).soup.select_one("section[aria-labelledby=fitting] li")
        assert row.select_one("a.title").text == "How to prepare one?"
        return row.select(".meta > span")[-1].text

    def test_is_that_somebody_thanked_me_on_the_topic(self, space, desk, topic, asked):
        helped = desk.put(space.write("hugo", title="Mine was answered"), topic_id=topic)
        desk.thank("hugo", "karim", helped)
        assert "Hugo" in self.reason(space) and "Interviews" in self.reason(space)

    def test_is_a_recognition_on_the_topic(self, space, desk, topic, asked):
        helped = id_of(space.write("hugo", title="Elsewhere"))
        desk.thank("hugo", "karim", helped, ReactionKind.ENDORSED, topic)
        assert "Hugo" in self.reason(space)

    def test_is_an_answer_of_mine_that_was_accepted(self, space, desk, topic, asked):
        thread = space.write("hugo", title="Solved")
        space.reply("karim", thread)
        desk.put(thread, topic_id=topic)
        accepted = {"accepted_at": clock.now(), "accepted_by_id": space.number("hugo")}
        desk.change(update(Comment).values(**accepted))
        assert "Hugo" in self.reason(space)

    def test_is_that_i_follow_the_topic(self, space, desk, topic, asked):
        desk.choose("karim", topic, Attention.FOLLOWED)
        assert "Interviews" in self.reason(space)

    def test_is_that_i_like_to_be_asked(self, space, desk, topic, asked):
        desk.choose("karim", topic, helps=True)
        assert "Interviews" in self.reason(space)

    def test_is_found_in_words_that_two_titles_share(self, space, desk):
        space.write("ines", title="Préparer un entretien difficile")
        desk.thank("hugo", "karim", id_of(space.write("hugo", title="Comment préparer ses entretiens ?")))
        row = to_answer(space).soup.select_one("section[aria-labelledby=fitting] li")
        assert "Comment préparer ses entretiens" in row.select(".meta > span")[-1].text


class TestTheOtherPart:
    def test_lists_questions_with_replies_until_one_is_accepted(self, space, desk):
        answered = space.write("ines", title="Answered")
        space.reply("hugo", answered)
        space.write("ines", title="Waits")
        space.write("ines", title="Told", kind="discussion")
        assert listed(to_answer(space, show="answered"), "unsolved") == ["Answered"]
        desk.put(answered, solved_at=clock.now())
        assert listed(to_answer(space, show="answered"), "unsolved") == []


class TestAReminder:
    def shown(self, space, person: str = "karim") -> list[str]:
        return listed(space.home(person).get(""), "reminder")

    def test_is_of_a_question_beyond_the_target(self, space, desk):
        thread = space.write("ines", title="Waits")
        assert self.shown(space) == []
        desk.waits(thread, hours=26)
        assert self.shown(space) == ["Waits"]
        assert "26" in space.home("karim").get("").soup.select_one("section[aria-labelledby=reminder]").text

    def test_never_reaches_the_asker_nor_staff_who_see_all_of_them(self, space, desk):
        desk.waits(space.write("ines", title="Waits"), hours=26)
        assert self.shown(space, "ines") == []
        assert self.shown(space, "claire") == []

    def test_is_first_of_what_fits_and_of_the_longest_waiting_else(self, space, desk):
        topic = desk.topic("Interviews")
        desk.waits(space.write("ines", title="Elsewhere"), hours=99)
        fits = space.write("ines", title="Fits")
        desk.put(fits, topic_id=topic, waits_since=clock.now() - timedelta(hours=30))
        desk.choose("karim", topic, Attention.FOLLOWED)
        assert self.shown(space) == ["Fits"]
        assert len(self.shown(space, "hugo")) == 1

    def test_is_spread_over_those_who_may_help(self, space, desk):
        for number in range(6):
            desk.waits(space.write("ines", title=f"T{number}"), hours=30 + number)
        reminded = {tuple(self.shown(space, person)) for person in ("karim", "hugo", "thomas", "awa", "lea")}
        assert len(reminded) > 1

    def test_rests_until_midnight_here_and_can_be_taken_back(self, space, desk):
        desk.waits(space.write("ines", title="Waits"), hours=26)
        resting = space.home("karim").post("to-answer/rest")
        assert listed(resting, "reminder") == []
        assert self.shown(space) == []
        assert "Waits" in listed(resting, "waiting")
        resting.browser.post(
            resting.soup.select_one(".toast form")["action"], {"seat_token": resting.seat_token}
        )
        assert self.shown(space) == ["Waits"]
        space.home("karim").post("to-answer/rest")
        with space.world.database() as session:
            until = session.scalars(select(Membership.reminders_rest_until).order_by(Membership.id)).all()[1]
        assert clock.now() < until <= clock.now() + timedelta(days=1)
        desk.change(update(Membership).values(reminders_rest_until=clock.now()))
        assert self.shown(space) == ["Waits"]

    def test_follows_the_target_of_the_community(self, space, desk):
        desk.waits(space.write("ines", title="Waits"), hours=26)
        desk.change(update(Community).values(answer_target_hours=48))
        assert self.shown(space) == []


class TestARoleThatOnlyReplies:
    def test_is_asked_too(self, space, desk):
        guest = space.home_of(Role.GUEST_EXPERT)
        space.write("ines", title="Waits")
        assert listed(guest.get("to-answer"), "longest") == ["Waits"]
