"""The life of a space: moved by hand, by the clock, announced, and seen by each role as it should be."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.errors import Stale
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Community, CommunityState, Membership, Notification, Post, Role, User
from lti_tool.permissions import Act
from lti_tool.services import life, posts
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostDraft
from lti_tool.transactions import transaction
from tests.functional.space import id_of

pytestmark = pytest.mark.slow_on_postgresql

ASKED = {"kind": "question", "title": "How do you begin?", "body": "Tell me."}
# Noon in Paris, on a day without any change of clocks near it.
START = datetime(2026, 3, 2, 11, tzinfo=UTC)
DAY = timedelta(days=1)


def state(space) -> str:
    with space.world.database() as session:
        return session.scalars(select(Community.state)).one().value


def moved(space, to: str, person: str = "claire", seen: str | None = None):
    """Let somebody move the space by hand, from where it is."""
    return space.home(person).post(f"life/moves/{to}", seen=seen or state(space))


def dated(space, person: str = "claire", **dates: datetime | str):
    """Let somebody set dates: moments, written as a form of the French course has them."""
    written = {
        name: at
        if isinstance(at, str)
        else at.astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m-%dT%H:%M")
        for name, at in dates.items()
    }
    return space.home(person).post("life/dates", **written)


def work(space) -> int:
    """Let the worker look once."""
    with space.world.app.app_context():
        return life.carry_out_what_is_due(clock.now, transaction)


def kinds(space, person: str) -> list[str]:
    """Of what of the space somebody was told, the latest first."""
    with space.world.database() as session:
        wanted = (
            select(Notification.kind)
            .join(Membership, Membership.id == Notification.member_id)
            .join(User, User.id == Membership.user_id)
            .where(User.sub == f"u-{person}", Notification.post_id.is_(None))
        )
        return [one.value for one in session.scalars(wanted.order_by(Notification.id.desc()))]


@pytest.fixture
def at(time_machine):
    """Return what moves the clock to a day after the beginning."""

    def move(days: float) -> datetime:
        time_machine.move_to(START + days * DAY, tick=False)
        return START + days * DAY

    move(0)
    return move


@pytest.fixture
def course(space):
    """Claire leads, Bruno too; Inès and Karim learn."""
    for person in ("claire", "bruno", "ines", "karim"):
        space.home(person)
    return space


class TestMovedByHand:
    def test_says_first_what_it_does_to_whom_and_moves_nothing_by_that(self, course):
        course.write("ines")
        page = course.home("claire").get("life")
        assert page.soup.select_one("a[href*='/life/moves/closed']")
        page = course.home("claire").get("life/moves/closed")
        told = page.soup.select_one("section[aria-labelledby=effects]").text
        assert "2 apprenants" in told and "1 question" in told
        assert state(course) == "open"

    def test_is_closed_and_opened_again(self, course):
        page = moved(course, "closed")
        assert (page.status, state(course)) == (200, "closed") and "/life" in page.path
        assert course.home("ines").post("posts", **ASKED).status == 403
        moved(course, "open")
        assert course.home("ines").post("posts", **ASKED).status == 200
        assert kinds(course, "ines") == ["opened", "closed"]
        assert kinds(course, "claire") == []

    def test_is_noted_with_who_did_it(self, course):
        moved(course, "closed")
        number = course.number("claire")
        with course.world.database() as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "community.moved")).one()
            assert entry.detail == {"before": "open", "after": "closed"}
            assert (entry.actor_kind, entry.actor_id) == ("member", number)
        assert "« ouvert »" in course.home("claire").get("audit").text.replace("\u00a0", " ")

    @pytest.mark.parametrize("to", ["archived", "purging", "purged", "draft", "open", "nonsense"])
    def test_skips_no_state(self, course, to):
        assert course.home("claire").get(f"life/moves/{to}").status == 404
        assert moved(course, to).status == 404
        assert state(course) == "open"

    def test_of_somebody_else_meanwhile_is_not_undone(self, course):
        moved(course, "closed", "bruno")
        late = moved(course, "closed", seen="open")
        assert (late.status, state(course)) == (409, "closed")
        assert course.count(AuditEntry, AuditEntry.act == "community.moved") == 1

    @pytest.mark.parametrize("role", [None, Role.COMMUNITY_MANAGER, Role.GUEST_EXPERT])
    def test_is_for_trainers_and_leads_alone(self, course, role):
        course.appoint("karim", role)
        home = course.home("karim")
        assert home.get("life").status == 200
        assert home.get("life").soup.select("main form") == []
        assert home.get("life/moves/closed").status == 403
        assert home.post("life/moves/closed", seen="open").status == 403
        assert home.post("life/dates", closes_at="").status == 403
        assert state(course) == "open"


class TestBeforeItOpens:
    @pytest.fixture
    def preparing(self, course, at):
        thread = course.write("claire", title="To begin with")
        moved(course, "preparing")
        return thread

    def test_a_learner_is_told_kindly_when_it_opens_and_who_leads_it(self, course, preparing, at):
        dated(course, opens_at=at(0) + 3 * DAY)
        home = course.home("ines").get("")
        assert home.status == 200 and "5 mars" in home.text and "Claire" in home.text
        assert "To begin with" not in home.text and home.soup.select("nav.nav") == []

    def test_a_launch_leads_there_too(self, course, preparing):
        page = course.world.enter("hugo")
        assert page.status == 200 and "Claire" in page.text and "To begin with" not in page.text

    def test_nothing_inside_is_reached_by_address(self, course, preparing):
        home = course.home("ines")
        for below in ("discussions", f"posts/{id_of(preparing)}", "members", "search?q=begin", "charter"):
            answer = home.get(below)
            assert answer.status == 403 and "To begin with" not in answer.text, below
        assert home.post("posts", **ASKED).status == 403

    def test_those_who_lead_it_read_write_and_are_told_on_each_page(self, course, preparing):
        course.appoint("karim", Role.COMMUNITY_MANAGER)
        manager = course.home("karim")
        for home in (course.home("claire"), manager):
            page = home.get(f"posts/{id_of(preparing)}")
            assert page.status == 200 and page.soup.select_one("main > .callout")
        assert course.home("claire").post("posts", **ASKED).status == 200

    def test_a_draft_names_no_date_and_the_clock_leaves_it(self, course, preparing, at):
        dated(course, opens_at=at(0) + 3 * DAY)
        moved(course, "draft")
        assert "5 mars" not in course.home("ines").get("").text
        at(4)
        assert (work(course), state(course)) == (0, "draft")


class TestDatesSetInAdvance:
    def test_are_by_the_clock_of_the_community(self, course, at):
        dated(course, closes_at="2026-04-10T18:00")
        with course.world.database() as session:
            assert session.scalars(select(Community.closes_at)).one() == datetime(2026, 4, 10, 16, tzinfo=UTC)
        page = course.home("claire").get("life")
        assert page.soup.select_one("input[name=closes_at]")["value"] == "2026-04-10T18:00"
        assert "10 avril" in course.home("ines").get("life").text

    @pytest.mark.parametrize(
        ("dates", "wrong"),
        [
            ({"closes_at": "2026-03-01T10:00"}, ["closes_at"]),
            ({"closes_at": "2026-04-10T18:00", "archives_at": "2026-04-10T18:00"}, ["archives_at"]),
            ({"archives_at": "2026-05-10T18:00", "purges_at": "2026-05-01T18:00"}, ["purges_at"]),
            ({"purges_at": "2026-03-10T18:00"}, ["purges_at"]),
            ({"closes_at": "2026-03-29T02:30"}, ["closes_at"]),  # the hour that no clock shows
            ({"closes_at": "tomorrow"}, ["closes_at"]),
            ({"closes_at": "9999-01-01T00:00"}, ["closes_at"]),
            ({"closes_at": "2026-02-30T10:00"}, ["closes_at"]),
        ],
    )
    def test_that_make_no_sense_come_back_as_they_were_typed(self, course, at, dates, wrong):
        answer = dated(course, **dates)
        assert answer.status == 422
        fields = answer.soup.select("input[aria-invalid=true]")
        assert [one["name"] for one in fields] == wrong
        with course.world.database() as session:
            assert session.scalars(select(Community.due_at)).one() is None

    def test_are_noted_once(self, course, at):
        for _ in range(2):
            dated(course, closes_at="2026-04-10T18:00")
        assert course.count(AuditEntry, AuditEntry.act == "community.dates-set") == 1
        assert "10 avril 2026" in course.home("claire").get("audit").text

    def test_moved_are_told_anew_and_taken_back_are_not_told(self, course, at):
        dated(course, closes_at=at(0) + 5 * DAY)
        assert work(course) == 1 and kinds(course, "ines") == ["closing-soon"]
        assert work(course) == 0
        dated(course, closes_at=at(0) + 6 * DAY)
        assert kinds(course, "ines") == []
        assert work(course) == 1 and kinds(course, "ines") == ["closing-soon"]
        dated(course, closes_at="")
        assert (kinds(course, "ines"), work(course)) == ([], 0)


class TestWhatMembersAreTold:
    def test_stands_in_their_notifications_and_is_read_by_itself(self, course, at):
        course.reply("karim", course.write("ines"))
        dated(course, closes_at=at(0) + 5 * DAY)
        work(course)
        home = course.home("ines").get("")
        assert home.soup.select_one(".bell [data-number]").text == "2"
        assert "7 mars" in home.soup.select_one("section[aria-labelledby=for-me]").text
        page = home.get("notifications")
        line = next(one for one in page.soup.select("li.item.unread") if "7 mars" in one.text)
        assert "/life" in line.select_one("a.title")["href"]
        page.post("notifications/read", **{one["name"]: one["value"] for one in line.select("form input")})
        assert home.get("").soup.select_one(".bell [data-number]").text == "1"

    def test_stands_on_each_page_in_the_week_before(self, course, at):
        dated(course, closes_at=at(0) + 10 * DAY)
        assert course.home("ines").get("").soup.select_one("main > .callout") is None
        at(4)
        for below in ("", "discussions", "members"):
            assert "12 mars" in course.home("ines").get(below).soup.select_one("main > .callout").text

    def test_a_purge_is_told_in_time_though_no_worker_ran(self, course, at):
        moved(course, "closed")
        moved(course, "archived")
        dated(course, purges_at=at(0) + 40 * DAY)
        at(45)
        assert (work(course), state(course)) == (1, "archived")
        with course.world.database() as session:
            assert session.scalars(select(Community.purges_at)).one() == START + 59 * DAY
        assert kinds(course, "ines")[0] == "purge-soon"
        assert course.count(AuditEntry, AuditEntry.act == "community.purge-put-off") == 1
        at(58)
        assert work(course) == 0


class TestTheClock:
    def test_moves_what_is_overdue_through_every_state(self, course, at):
        dated(course, closes_at=at(0) + DAY, archives_at=at(0) + 2 * DAY)
        at(9)
        assert (work(course), state(course)) == (2, "archived")
        assert work(course) == 0

    def test_leaves_to_another_worker_what_it_has(self, course, at):
        """On PostgreSQL the row is skipped; on SQLite the second one finds it done."""
        dated(course, closes_at=at(0) + DAY)
        at(2)
        assert [work(course), work(course)] == [1, 0]
        assert course.count(AuditEntry, AuditEntry.act == "community.moved") == 1

    @pytest.mark.parametrize("dies_in", ["of_space", "no_longer_of_space"])
    def test_carries_on_where_a_worker_died(self, course, at, monkeypatch, dies_in):
        dated(course, closes_at=at(0) + DAY)
        at(2)

        def dies(*_args, **_kwargs):
            raise RuntimeError("killed")

        with monkeypatch.context() as patched:
            patched.setattr(f"lti_tool.services.life.telling.{dies_in}", dies)
            with pytest.raises(RuntimeError):
                work(course)
        assert (state(course), kinds(course, "ines")) == ("open", [])
        assert (work(course), state(course), kinds(course, "ines")) == (1, "closed", ["closed"])

    def test_reopened_by_hand_it_does_not_close_again_at_once(self, course, at):
        dated(course, closes_at=at(0) + DAY)
        at(2)
        work(course)
        moved(course, "open")
        assert (work(course), state(course)) == (0, "open")

    def test_a_text_sent_after_it_closed_is_shown_and_not_published(self, course, at):
        dated(course, closes_at=at(0) + DAY)
        at(2)
        work(course)
        answer = course.home("ines").post("posts", **ASKED)
        assert answer.status == 403 and ASKED["body"] in answer.text

    def test_nobody_publishes_into_what_closed_since_their_request_began(self, course):
        """The state is asked when the request begins, then once more with the lock in hand."""
        number = course.number("ines")
        with course.world.app.app_context(), pytest.raises(Stale), transaction():
            membership = db.session.get_one(Membership, number)
            community = db.session.get_one(Community, membership.community_id)
            ines = ActingMember(membership, membership.user, community, Role.LEARNER, True)
            closed = update(Community).values(state=CommunityState.CLOSED)
            db.session.execute(closed.execution_options(synchronize_session=False))
            assert ines.may(Act.WRITE_POST)
            posts.write(ines, PostDraft(**ASKED), clock.now())
        assert course.count(Post) == 0


class TestArchived:
    @pytest.fixture
    def archived(self, course):
        thread = course.write("ines")
        moved(course, "closed")
        moved(course, "archived")
        return thread

    def test_is_read_by_everybody_and_nothing_changes(self, course, archived):
        for person in ("ines", "karim", "claire"):
            page = course.home(person).get(f"posts/{id_of(archived)}")
            assert page.status == 200 and page.soup.select_one("main > .callout")
            assert page.soup.select("#reply") == []
        claire = course.home("claire")
        assert claire.post("posts", **ASKED).status == 403
        assert claire.get("grading").status == 403
        appoint = claire.post(f"members/{course.number('karim')}/appointment", role="sponsor")
        assert appoint.status == 403 and "archiv" in appoint.text

    def test_goes_back_to_closed(self, course, archived):
        moved(course, "closed")
        assert course.home("claire").get("grading").status == 200


def test_a_whole_life(course, at):
    """Prepared, opened, announced, closed, archived by dates alone, seen by each at every turn."""
    moved(course, "preparing")
    dates = {"opens_at": 7, "closes_at": 60, "archives_at": 90, "purges_at": 200}
    dated(course, **{name: START + days * DAY for name, days in dates.items()})
    may_read, may_write = [], []
    seen = []
    for day in range(0, 200, 3):
        at(day)
        work(course)
        found = state(course)
        if not seen or seen[-1] != found:
            seen.append(found)
            home = course.world.enter("ines")  # sessions end; people come again by their course
            may_read.append(home.get("discussions").status == 200)
            may_write.append(home.post("posts", **ASKED | {"title": f"On day {day}"}).status == 200)
    assert seen == ["preparing", "open", "closed", "archived"]
    assert may_read == [False, True, True, True]
    assert may_write == [False, True, False, False]
    assert kinds(course, "ines") == ["purge-soon", "closed", "opened"]
    with course.world.database() as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.actor_kind == "system")).all()
        assert acts == ["community.moved"] * 3
        assert session.scalars(select(Community.due_at)).one() == START + 200 * DAY
        assert session.scalars(select(Community.state)).one() is CommunityState.ARCHIVED
