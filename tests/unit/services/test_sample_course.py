"""The demo's two courses come to life whatever moment it is started at."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from demo_lms import COURSES, PEOPLE, LmsSettings
from demo_lms.claims import container_address
from demo_lms.people import ENGLISH_COURSE
from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.grading.ledger import Reason
from lti_tool.grading.policy import POINTS_AND_PACE
from lti_tool.grading.words import counted_words
from lti_tool.knowledge.cleaning import clean_text
from lti_tool.models import (
    Comment,
    Community,
    ContributionFact,
    GradeColumn,
    LineItem,
    LineItemState,
    Membership,
    Post,
    Revision,
    Role,
    Tag,
    Topic,
    User,
)
from lti_tool.schemas.contributions import BODY_LIMIT, TITLE_LIMIT
from lti_tool.services import (
    calendar,
    charters,
    comments,
    contributions,
    feed,
    helping,
    participation,
    people,
    platforms,
    roles,
    rules,
    sample_course,
    subgroups,
    visits,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import CommentDraft
from lti_tool.services.platforms import Registration
from lti_tool.services.sample_story import sample_for, steps_of
from lti_tool.services.sample_times import SampleTimes
from lti_tool.transactions import transaction
from tests.support.world import empty_tables

pytestmark = pytest.mark.slow_on_postgresql

ZONE = "Europe/Paris"
PARIS = ZoneInfo(ZONE)
FRENCH, ENGLISH = "Manager de proximité", "First-line leaders"
MORNING, EVENING = time(7), time(19)
LMS = "http://localhost:8081"
ANSWER = (
    "Je recevrais chacun d’abord, dix minutes et pas plus, avec la même question aux deux, "
    "puis les deux ensemble le jour même pour convenir des consignes."
)


def at(year, month, day, hour, minute):
    return datetime(year, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


USUAL = at(2026, 11, 25, 16, 0)
MOMENTS = {
    "wednesday-afternoon": USUAL,
    "monday-five-past-midnight": at(2026, 11, 23, 0, 5),
    "sunday-night-after-clocks-went-forward": at(2026, 3, 29, 23, 50),
    "monday-morning-after-clocks-went-back": at(2026, 10, 26, 8, 10),
    "leap-day": at(2028, 2, 29, 12, 30),
}


def fill_from(client_id, courses, now):
    registration = Registration(
        name="Demo LMS",
        issuer=LMS,
        client_id=client_id,
        auth_url=f"{LMS}/lti/auth",
        token_url=f"{LMS}/lti/token",
        jwks_url=f"{LMS}/lti/certs",
        deployment_ids=("1",),
    )
    platform = platforms.add(registration, None, "http://127.0.0.1:8080", now)
    columns_url = partial(container_address, LmsSettings(issuer=LMS))
    sample_course.fill(platform, "1", courses, PEOPLE, ZONE, now, columns_url)


@pytest.fixture(scope="module", params=MOMENTS.values(), ids=MOMENTS)
def started_at(app, request):
    """The moment at which both courses were filled; tests of this module write nothing that stays."""
    with app.app_context(), transaction():
        fill_from("community-value-demo", COURSES, request.param)
    yield request.param
    empty_tables(app)


@pytest.fixture
def now(app, started_at):
    with app.app_context():
        yield started_at
        db.session.rollback()


def community(name):
    return db.session.scalars(select(Community).where(Community.name == name)).one()


def membership(sub, course=FRENCH):
    wanted = select(Membership).join(User, User.id == Membership.user_id)
    return db.session.scalars(
        wanted.where(User.sub == sub, Membership.community_id == community(course).id)
    ).one()


def returning(sub, now, course=FRENCH):
    """The member as they are who open the community again at `now`."""
    there = membership(sub, course)
    visits.begin_visit(there, now)
    enrolments = people.enrolments_of(there.community_id, [there.user_id])[there.user_id]
    role = roles.in_force(there, enrolments, now)
    return ActingMember(there, there.user, there.community, role, roles.is_scored(enrolments, now))


def count(model, course):
    return db.session.scalar(select(func.count(model.id)).filter_by(community_id=community(course).id))


def statement_of(sub, now):
    return participation.statement_of(rules.in_force(community(FRENCH).id), membership(sub).id, now)


def reasons_of(sub, now):
    return {line.reason for line in statement_of(sub, now).lines}


class TestFillingTheCourses:
    @pytest.mark.parametrize("course", [FRENCH, ENGLISH])
    def test_the_fourth_week_of_eight_runs(self, now, course):
        assert calendar.week_of(community(course), now) == calendar.Week(number=4, total=8)

    @pytest.mark.parametrize("course", [FRENCH, ENGLISH])
    def test_the_zone_is_confirmed_and_the_first_day_a_monday(self, now, course):
        here = community(course)
        assert here.time_zone == ZONE
        assert here.time_zone_confirmed_at < now
        assert here.starts_on.weekday() == 0

    @pytest.mark.parametrize(
        ("course", "posts", "replies"), [(FRENCH, (21, 25), (26, 41)), (ENGLISH, (10, 13), (10, 14))]
    )
    def test_there_is_enough_to_read_and_not_too_much(self, now, course, posts, replies):
        assert posts[0] <= count(Post, course) <= posts[1]
        assert replies[0] <= count(Comment, course) <= replies[1]

    @pytest.mark.parametrize("course", [FRENCH, ENGLISH])
    def test_everything_is_filed_under_one_of_the_topics(self, now, course):
        topics = db.session.scalars(select(Topic).filter_by(community_id=community(course).id)).all()
        assert len(topics) == 5
        posts = db.session.scalars(select(Post).filter_by(community_id=community(course).id)).all()
        assert {post.topic_id for post in posts} == {topic.id for topic in topics}
        assert count(Tag, course) >= 6

    @pytest.mark.parametrize(
        ("course", "inside", "outside"), [(FRENCH, "u-ines", "u-lea"), (ENGLISH, "u-grace", "u-daniel")]
    )
    def test_a_subgroup_has_a_thread_of_its_own(self, now, course, inside, outside):
        there, elsewhere = returning(inside, now, course), returning(outside, now, course)
        (group,) = subgroups.to_read(there)
        assert subgroups.to_read(elsewhere) == []
        post = db.session.scalars(select(Post).filter_by(subgroup_id=group.id)).one()
        assert contributions.post_here(there, post.id, now) == post
        with pytest.raises(NotFound):
            contributions.post_here(elsewhere, post.id, now)

    @pytest.mark.parametrize(("who", "course"), [("u-ines", FRENCH), ("u-grace", ENGLISH)])
    def test_a_charter_is_there_and_was_accepted(self, now, who, course):
        assert charters.in_force(returning(who, now, course)).accepted_at is not None

    def test_some_wordings_were_replaced(self, now):
        assert count(Revision, FRENCH) >= 3
        assert count(Revision, ENGLISH) == 1

    def test_everything_happened_before_now_on_weekdays_by_day(self, now):
        columns = [Post.created_at, Post.edited_at, Comment.created_at, Comment.edited_at]
        columns += [ContributionFact.at, Membership.joined_at, Membership.last_seen_at]
        moments = {moment for column in columns for moment in db.session.scalars(select(column)) if moment}
        assert [moment for moment in moments if moment >= now] == []
        local = [moment.astimezone(PARIS) for moment in moments]
        assert [one for one in local if one.weekday() > 4 or not MORNING <= one.time() <= EVENING] == []

    def test_nobody_wrote_before_they_came_or_after_they_were_last_seen(self, now):
        written = db.session.execute(
            select(ContributionFact.at, Membership.joined_at, Membership.last_seen_at).join(
                Membership, Membership.id == ContributionFact.actor_id
            )
        ).all()
        assert written
        assert all(joined <= moment <= seen for moment, joined, seen in written)

    def test_questions_wait_the_longest_one_first(self, now):
        found = helping.to_answer(returning("u-ines", now), helping.Asked(), None, now)
        ages = sorted((now - one.since for one in (*found.fitting, *found.others)), reverse=True)
        assert len(ages) == 2
        assert ages[0] >= timedelta(hours=26)
        assert ages[0] > ages[1] >= timedelta(hours=5)

    @pytest.mark.parametrize(
        ("who", "course"),
        [("u-ines", FRENCH), ("u-claire", FRENCH), ("u-nadia", FRENCH), ("u-claire", ENGLISH)],
    )
    def test_who_comes_back_finds_something_new(self, now, who, course):
        shown = feed.home(returning(who, now, course), "all", None, now)
        assert shown.feed.new_posts + shown.feed.new_comments >= 1
        assert any(card.unread for card in shown.feed.posts)

    def test_the_trainer_appointed_a_manager_and_a_sponsor(self, now):
        trainer = membership("u-claire")
        nadia, helene = returning("u-nadia", now), returning("u-helene", now)
        assert (nadia.role, helene.role) == (Role.COMMUNITY_MANAGER, Role.SPONSOR)
        assert (nadia.scored, helene.scored) == (True, False)
        assert {one.membership.appointed_by_id for one in (nadia, helene)} == {trainer.id}

    def test_some_people_are_in_both_courses(self, now):
        both = (
            select(User.sub)
            .join(Membership, Membership.user_id == User.id)
            .group_by(User.sub)
            .having(func.count(Membership.id) == 2)
        )
        assert set(db.session.scalars(both)) == {"u-claire", "u-bruno"}


class TestGradingTheFrenchCourse:
    def test_it_is_switched_on_there_only(self, now):
        by = rules.in_force(community(FRENCH).id)
        assert (by.name, by.maximum, by.policy) == ("Participation", 20, POINTS_AND_PACE)
        assert rules.in_force(community(ENGLISH).id) is None

    def test_it_has_been_on_since_the_first_week(self, now):
        column = db.session.scalars(select(GradeColumn)).one()
        assert rules.in_force(column.community_id).periods[0].holds(column.switched_on_at)

    def test_its_column_is_wanted_in_the_lms(self, now):
        item = db.session.scalars(select(LineItem)).one()
        assert (item.state, item.ours, item.problem) == (LineItemState.WANTED, True, None)
        assert item.due_at <= now

    def test_the_next_answer_of_ines_visibly_moves_her_score(self, now):
        ines = returning("u-ines", now)
        found = helping.to_answer(ines, helping.Asked(), None, now)
        question = min((*found.fitting, *found.others), key=lambda one: one.since)
        before = statement_of("u-ines", now).score
        comments.write(ines, question.id, CommentDraft(ANSWER), now)
        assert float(statement_of("u-ines", now).score - before) >= 0.2

    def test_ines_has_written_every_week_that_is_over(self, now):
        assert all(period.kept >= 10 for period in statement_of("u-ines", now).periods[:3])

    def test_what_did_not_count_has_its_reason(self, now):
        assert Reason.TOO_SHORT in reasons_of("u-ines", now)
        assert Reason.NEAR_COPY in reasons_of("u-thomas", now)
        assert Reason.OWN_THREAD in reasons_of("u-julien", now)

    def test_somebody_reached_the_cap_of_a_week(self, now):
        third = statement_of("u-karim", now).periods[2]
        assert third.earned > third.cap == third.kept
        assert Reason.OVER_PERIOD_CAP in reasons_of("u-karim", now)

    def test_somebody_is_quiet_and_somebody_never_wrote(self, now):
        assert len(statement_of("u-hugo", now).lines) == 1
        assert statement_of("u-7f3a91", now).lines == ()
        assert returning("u-7f3a91", now).scored


class TestFillingTwice:
    def test_the_same_moment_gives_the_same_contributions(self, now):
        posts = select(Post.title, Post.created_at, User.sub).join(Post.author).join(Membership.user)
        in_english = posts.join(Community, Community.id == Post.community_id).where(Community.name == ENGLISH)
        before = Counter(db.session.execute(in_english).all())
        fill_from("another-client", [ENGLISH_COURSE], now)
        assert Counter(db.session.execute(in_english).all()) == before + before


MOMENT = st.integers(0, 18 * 365 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
ZONES = st.sampled_from([ZONE, "America/St_Johns", "Pacific/Kiritimati", "Africa/Cairo", "UTC"])
TOLD = pytest.mark.parametrize("locale", ["fr", "en"])


class TestTellingTheTime:
    @TOLD
    @hypothesis_settings(max_examples=60, deadline=None)
    @given(now=MOMENT, zone=ZONES)
    def test_every_step_lies_before_now_on_a_weekday_by_day(self, locale, now, zone):
        steps = steps_of(sample_for(locale), SampleTimes(zone, now))
        assert steps[-1].at < now
        local = [step.at.astimezone(ZoneInfo(zone)) for step in steps]
        assert all(one.weekday() < 5 and MORNING <= one.time() <= EVENING for one in local)

    @TOLD
    @hypothesis_settings(max_examples=60, deadline=None)
    @given(now=MOMENT, zone=ZONES)
    def test_nothing_of_the_first_three_weeks_is_left_out_and_replies_follow_their_post(
        self, locale, now, zone
    ):
        times = SampleTimes(zone, now)
        for thread in sample_for(locale)["threads"]:
            opened = times.read(thread["at"])
            replies = [thread.get("edited"), *thread["comments"]]
            told = [(one["at"], times.read(one["at"])) for one in replies if one]
            assert all(moment is None or opened < moment for _, moment in told)
            dates = [thread["at"], *(text for text, _ in told)]
            assert all(times.read(text) is not None for text in dates if not text.startswith("4 "))

    @TOLD
    @hypothesis_settings(max_examples=60, deadline=None)
    @given(now=MOMENT, zone=ZONES)
    def test_nobody_does_anything_before_they_arrive(self, locale, now, zone):
        sample, times = sample_for(locale), SampleTimes(zone, now)
        arrived = {who: times.read(text) for who, text in sample["arrivals"].items()}
        assert all(step.at >= arrived[step.who] for step in steps_of(sample, times))

    @pytest.mark.parametrize("hours", [5, 26])
    def test_a_question_of_working_hours_waits_exactly_so_long(self, hours):
        moment = SampleTimes(ZONE, USUAL).read(f"waiting {hours}")
        assert USUAL - moment == timedelta(hours=hours)

    def test_working_hours_skip_the_night_and_the_weekend(self):
        monday_at_nine = at(2026, 11, 23, 9, 0)
        assert SampleTimes(ZONE, monday_at_nine).read("ago 3") == at(2026, 11, 20, 16, 0)

    def test_a_question_of_the_night_was_asked_at_the_end_of_the_day_before(self):
        tuesday_at_ten = at(2026, 11, 24, 10, 0)
        assert SampleTimes(ZONE, tuesday_at_ten).read("waiting 5") == at(2026, 11, 23, 18, 20)

    def test_a_date_that_has_not_come_is_left_out(self):
        assert SampleTimes(ZONE, USUAL).read("4 fri 09:00") is None


def contributions_of(locale):
    """Every text of a sample as (counts as, title, body), edited wordings included."""
    for thread in sample_for(locale)["threads"]:
        kind = thread["kind"] if thread["kind"] in ("experience", "resource") else "question"
        for told in (thread, thread.get("edited")):
            if told:
                parts = told["parts"].values() if "parts" in told else [told["body"]]
                yield kind, thread["title"], "\n\n".join("\n".join(lines) for lines in parts)
        for comment in thread["comments"]:
            for told in (comment, comment.get("edited")):
                if told:
                    yield "answer", None, "\n".join(told["body"])


@TOLD
class TestTheTexts:
    def test_they_are_such_as_the_forms_accept(self, locale):
        for _, title, body in contributions_of(locale):
            assert clean_text(body) == body
            assert 0 < len(body) <= BODY_LIMIT
            assert title is None or len(title) <= TITLE_LIMIT

    def test_they_have_the_words_to_count_but_for_one(self, locale):
        least = {kind: rule.min_words for kind, rule in POINTS_AND_PACE.rules.items()}
        short = [body for kind, _, body in contributions_of(locale) if counted_words(body) < least[kind]]
        assert len(short) == {"fr": 1, "en": 0}[locale]

    def test_apostrophes_are_those_of_print(self, locale):
        assert [body for _, title, body in contributions_of(locale) if "'" in body + (title or "")] == []
