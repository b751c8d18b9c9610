"""Good order: reports, what staff decide about them, and what authors read, answer and change."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    Attachment,
    AuditEntry,
    Comment,
    ContributionFact,
    ContributionReport,
    MemberMeasure,
    Membership,
    ModerationCase,
    Notification,
    Post,
    Role,
)
from lti_tool.services import mail_choices
from lti_tool.transactions import transaction
from tests.functional.space import PERSON_OF, id_of
from tests.support.statements import counted

WORDS = "The zebra sentence."


@pytest.fixture
def course(space):
    for person in ("ines", "karim", "hugo", "claire", "bruno"):
        space.home(person)
    return space


@pytest.fixture
def thread(course):
    return course.write("ines", title="Zebra title", body=WORDS)


def reply_of(course, thread, person="karim", body="An answer with a giraffe.") -> int:
    """Let somebody reply; return the number of the reply."""
    course.reply(person, thread, body)
    with course.world.database() as session:
        return session.scalars(select(Comment.id).order_by(Comment.id.desc()).limit(1)).one()


def place(thread, comment: int | None = None) -> str:
    return f"posts/{id_of(thread)}" + (f"/comments/{comment}" if comment else "")


def version_of(course, thread, comment=None) -> int:
    about = f"comment:{comment}" if comment else f"post:{id_of(thread)}"
    with course.world.database() as session:
        found = session.scalars(select(ModerationCase.version).where(ModerationCase.about == about)).first()
    return found or 0


def decide(course, thread, act, comment=None, *, person="claire", why="It names a customer.", **more):
    """Let somebody of staff decide, on the state of things as it is, unless told otherwise."""
    fields = {"act": act, "body": why, "version": str(version_of(course, thread, comment))}
    fields["until"] = f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    return course.home(person).post(f"{place(thread, comment)}/moderation", **fields | more)


def queue(course, show="waiting", person="claire") -> list[str]:
    page = course.home(person).get("moderation", show=show)
    assert page.status == 200
    return [line.text for line in page.soup.select("main ul.rows a.title")]


def hide(course, thread, comment=None, **more) -> None:
    page = decide(course, thread, "hidden", comment, **more)
    assert page.status == 200, page.text
    assert "done=moderation-hidden" in page.path


EVERYWHERE = ("", "discussions", "to-answer", "search?q=zebra", "members/{author}", "notifications", "topics")


class TestReports:
    def test_one_waits_until_it_is_taken_back(self, course, thread):
        hugo = course.home("hugo")
        page = hugo.post(f"{place(thread)}/report", reason="private", body="A customer is named.")
        assert "done=reported" in page.path
        assert queue(course) == ["Zebra title"]
        case = course.home("claire").get(f"{place(thread)}/moderation").text
        assert "A customer is named." in case
        assert "Hugo" in case
        hugo.post(f"{place(thread)}/report/withdraw")
        assert queue(course) == []

    def test_there_is_one_for_each_person_and_contribution(self, course, thread):
        for reason in ("private", "hurtful", "hurtful"):
            course.home("hugo").post(f"{place(thread)}/report", reason=reason)
        assert course.count(ContributionReport) == 1
        with course.world.database() as session:
            assert session.scalars(select(ContributionReport.reason)).one().value == "hurtful"
        course.home("karim").post(f"{place(thread)}/report", reason="advert")
        assert course.count(ContributionReport) == 2
        assert course.count(ModerationCase) == 1

    def test_the_oldest_comes_first(self, course, thread):
        second = course.write("ines", title="Second", body="Of another kind.")
        for one in (second, thread):
            course.home("hugo").post(f"{place(one)}/report", reason="hurtful")
        assert queue(course) == ["Second", "Zebra title"]

    def test_something_else_needs_words_and_they_are_kept_where_no_reason_was_chosen(self, course, thread):
        page = course.home("hugo").post(f"{place(thread)}/report", reason="other")
        assert page.status == 422
        page = course.home("hugo").post(f"{place(thread)}/report", body="What I typed")
        assert page.status == 422
        assert "What I typed" in page.text
        assert course.count(ContributionReport) == 0

    def test_nobody_reports_what_they_wrote(self, course, thread):
        assert course.home("ines").post(f"{place(thread)}/report", reason="hurtful").status == 403

    def test_what_is_gone_is_not_reported(self, course, thread):
        course.home("ines").post(f"{place(thread)}/delete")
        assert course.home("hugo").post(f"{place(thread)}/report", reason="hurtful").status == 404

    def test_the_author_learns_neither_that_nor_who(self, course, thread):
        course.home("hugo").post(f"{place(thread)}/report", reason="hurtful", body="My own words")
        page = course.home("ines").get(f"{place(thread)}/moderation")
        assert page.status == 200
        assert "My own words" not in page.text
        assert "Hugo" not in page.soup.select_one("main").text
        hide(course, thread)
        assert (
            "Hugo" not in course.home("ines").get(f"{place(thread)}/moderation").soup.select_one("main").text
        )

    def test_whoever_reported_learns_that_it_was_looked_at(self, course, thread):
        course.home("hugo").post(f"{place(thread)}/report", reason="hurtful")
        decide(course, thread, "left", why="")
        page = course.home("hugo").get("notifications")
        assert "Ce que vous avez signalé a été examiné" in page.text
        assert course.count(Notification, Notification.member_id == course.number("ines")) == 0

    def test_what_came_after_the_page_was_made_still_waits(self, course, thread):
        before = clock.now() - timedelta(seconds=1)
        course.home("hugo").post(f"{place(thread)}/report", reason="hurtful")
        decide(course, thread, "left", why="", until=f"{before:%Y-%m-%dT%H:%M:%S.%fZ}")
        assert queue(course) == ["Zebra title"]

    def test_waits_for_others_when_it_is_about_a_trainers_own_words(self, course):
        own = course.write("claire", title="Mine", body="By me.")
        course.home("hugo").post(f"{place(own)}/report", reason="hurtful")
        assert queue(course) == []
        assert queue(course, person="bruno") == ["Mine"]
        assert decide(course, own, "hidden").status == 403

    def test_those_who_look_after_the_space_see_it_at_home(self, course, thread):
        assert "signalement ou réponse" not in course.home("claire").get("").text
        course.home("hugo").post(f"{place(thread)}/report", reason="hurtful")
        assert "1 signalement ou réponse à examiner" in course.home("claire").get("").text
        assert "signalement ou réponse" not in course.home("hugo").get("").text


class TestHidden:
    @pytest.mark.parametrize("below", EVERYWHERE)
    def test_a_post_is_nowhere_for_others(self, course, thread, below):
        reader = course.home("hugo")
        below = below.format(author=course.number("ines"))
        hide(course, thread)
        page = reader.get(below)
        assert page.status == 200
        assert "Zebra" not in page.soup.select_one("main").text
        assert WORDS not in page.text

    def test_its_thread_is_for_its_author_and_staff_where_nobody_replied(self, course, thread):
        hide(course, thread)
        assert course.home("hugo").get(place(thread)).status == 404
        for person in ("ines", "claire"):
            page = course.home(person).get(place(thread))
            assert page.status == 200
            assert page.soup.select_one(f"main a[href*='/{place(thread)}/moderation']")
            assert WORDS not in page.text

    def test_replies_stay_under_it(self, course, thread):
        reply_of(course, thread)
        hide(course, thread)
        page = course.home("hugo").get(place(thread))
        assert "An answer with a giraffe." in page.text
        assert "Zebra" not in page.text
        assert "Contribution masquée" in page.text

    def test_a_reply_leaves_its_place_empty(self, course, thread):
        comment = reply_of(course, thread)
        hide(course, thread, comment)
        page = course.home("hugo").get(place(thread))
        assert "giraffe" not in page.text
        assert page.soup.select_one(f"#comment-{comment} p.soft")
        found = course.home("hugo").get("search", q="giraffe")
        assert not found.soup.select(f"main a[href*='/{place(thread)}']")
        with course.world.database() as session:
            assert session.get(Post, id_of(thread)).comment_count == 0

    def test_its_history_and_its_files_are_closed_too(self, course, thread):
        course.home("ines").post(
            f"{place(thread)}/edit", title="Zebra title", body="Other zebra", version="0"
        )
        hide(course, thread)
        assert course.home("hugo").get(f"{place(thread)}/history").status == 404

    def test_it_brings_no_points_until_it_is_back(self, course, thread):
        hide(course, thread)
        decide(course, thread, "restored")
        with course.world.database() as session:
            told = session.execute(
                select(ContributionFact.act, ContributionFact.member_id, ContributionFact.actor_id).order_by(
                    ContributionFact.id
                )
            ).all()
        ines, claire = course.number("ines"), course.number("claire")
        assert told == [("written", ines, ines), ("hidden", ines, claire), ("restored", ines, claire)]

    def test_a_question_that_is_hidden_waits_for_nobody(self, course, thread):
        hide(course, thread)
        with course.world.database() as session:
            assert session.get(Post, id_of(thread)).waits_since is None
        decide(course, thread, "restored")
        with course.world.database() as session:
            assert session.get(Post, id_of(thread)).waits_since is not None

    def test_what_was_told_of_it_is_told_no_more(self, course, thread):
        comment = reply_of(course, thread)
        assert "1 réponse à votre question" in course.home("ines").get("notifications").text
        hide(course, thread, comment)
        assert "1 réponse à votre question" not in course.home("ines").get("notifications").text

    def test_it_is_back_as_it_was(self, course, thread):
        comment = reply_of(course, thread)
        for one in (comment, None):
            hide(course, thread, one)
        for one in (None, comment):
            assert decide(course, thread, "restored", one).status == 200
        page = course.home("hugo").get(place(thread))
        assert WORDS in page.text
        assert "An answer with a giraffe." in page.text
        assert "Zebra title" in course.home("hugo").get("search", q="zebra").text
        assert page.soup.select_one("main .meta") is None or "historique" not in page.text.casefold()

    def test_its_author_does_not_bring_it_back(self, course, thread):
        comment = reply_of(course, thread)
        hide(course, thread)
        hide(course, thread, comment)
        assert course.home("ines").post(f"{place(thread)}/restore").status == 403
        assert course.home("karim").post(f"{place(thread, comment)}/restore").status == 403
        assert course.count(Post, Post.hidden_at.is_not(None)) == 1

    def test_a_prompt_is_withdrawn_instead(self, course):
        course.home("claire").post("prompts", title="Task", body="Do it.")
        with course.world.database() as session:
            number = session.scalars(select(Post.id)).one()
        fields = {"act": "hidden", "body": "Why", "version": "0", "until": "2026-01-01T10:00:00Z"}
        assert course.home("bruno").post(f"posts/{number}/moderation", **fields).status == 403

    def test_a_decision_needs_a_reason(self, course, thread):
        page = decide(course, thread, "hidden", why=" ")
        assert page.status == 422
        assert course.count(Post, Post.hidden_at.is_not(None)) == 0


class TestTheAuthor:
    def test_reads_why_and_answers(self, course, thread):
        hide(course, thread, why="It names a customer.")
        told = course.home("ines").get("notifications")
        line = told.soup.select_one("main a.title")
        assert f"/{place(thread)}/moderation" in line["href"]
        page = course.home("ines").get(f"{place(thread)}/moderation")
        assert "It names a customer." in page.text
        assert WORDS in page.text
        page = course.home("ines").post(f"{place(thread)}/moderation/answer", body="She agreed to it.")
        assert "done=moderation-answered" in page.path
        assert queue(course, "answered") == ["Zebra title"]
        assert "She agreed to it." in course.home("claire").get(f"{place(thread)}/moderation").text
        decide(course, thread, "restored", why="Then it may stay.")
        assert queue(course, "answered") == []
        assert "Then it may stay." in course.home("ines").get(f"{place(thread)}/moderation").text

    def test_chooses_how_soon_it_comes_by_mail(self, course):
        page = course.home("ines").get("mails")
        chosen = {
            one["name"]: one.select_one("[selected]")["value"]
            for one in page.soup.select("main select[name^=kind-]")
        }
        assert set(chosen) == {f"kind-{kind}" for kind in mail_choices.KINDS}
        assert {"kind-moderated", "kind-looked-at"} <= set(chosen)

    def test_alone_answers_and_only_what_was_decided(self, course, thread):
        assert course.home("ines").post(f"{place(thread)}/moderation/answer", body="Why?").status == 404
        hide(course, thread)
        assert course.home("hugo").post(f"{place(thread)}/moderation/answer", body="Why?").status == 404

    def test_answers_five_times_before_somebody_reads_it(self, course, thread):
        hide(course, thread)
        for number in range(5):
            page = course.home("ines").post(f"{place(thread)}/moderation/answer", body=f"Word {number}")
            assert page.status == 200
        page = course.home("ines").post(f"{place(thread)}/moderation/answer", body="The sixth")
        assert page.status == 422
        assert "The sixth" in page.text

    def test_changes_the_words_while_it_is_hidden(self, course, thread):
        hide(course, thread)
        form = course.home("ines").get(f"{place(thread)}/edit")
        assert WORDS in form.text
        fields = {"title": "Zebra, better", "body": "Without a name.", "version": "0"}
        page = course.home("ines").post(f"{place(thread)}/edit", **fields)
        assert page.status == 200, page.text
        assert queue(course, "answered") == ["Zebra, better"]
        assert "Without a name." not in course.home("hugo").get("search", q="name").text
        decide(course, thread, "restored", why="Thank you.")
        page = course.home("hugo").get(place(thread))
        assert "Without a name." in page.text
        assert WORDS not in page.text
        assert "Without a name." in course.home("hugo").get(f"{place(thread)}/history").text

    def test_changes_a_reply_while_it_is_hidden(self, course, thread):
        comment = reply_of(course, thread)
        hide(course, thread, comment)
        assert "giraffe" in course.home("karim").get(f"{place(thread, comment)}/edit").text
        course.home("karim").post(f"{place(thread, comment)}/edit", body="A calm answer.", version="0")
        assert "A calm answer." not in course.home("hugo").get(place(thread)).text
        decide(course, thread, "restored", comment)
        assert "A calm answer." in course.home("hugo").get(place(thread)).text

    def test_deletes_it_for_good(self, course, thread):
        hide(course, thread)
        course.home("ines").post(f"{place(thread)}/delete")
        assert decide(course, thread, "restored").status == 409
        assert course.home("ines").post(f"{place(thread)}/restore").status == 404
        assert course.count(Post, Post.hidden_at.is_not(None)) == 0
        assert queue(course, "answered") == []


class TestTwoWhoDecideAtOnce:
    def test_the_second_reads_what_the_first_did_and_keeps_the_words(self, course, thread):
        version = str(version_of(course, thread))
        decide(course, thread, "hidden", why="First.", version=version)
        page = decide(course, thread, "left", why="My own reason.", person="bruno", version=version)
        assert page.status == 409
        assert "First." in page.text
        assert "My own reason." in page.text
        assert course.count(AuditEntry, AuditEntry.act.startswith("moderation.")) == 1

    def test_an_answer_that_came_meanwhile_is_read_first(self, course, thread):
        hide(course, thread)
        version = str(version_of(course, thread))
        course.home("ines").post(f"{place(thread)}/moderation/answer", body="Wait!")
        page = decide(course, thread, "kept-hidden", version=version)
        assert page.status == 409
        assert "Wait!" in page.text

    def test_the_same_twice_is_one(self, course, thread):
        for _ in range(2):
            page = decide(course, thread, "hidden", version="0")
            assert "done=moderation-hidden" in page.path
        assert course.count(AuditEntry, AuditEntry.act == "moderation.hidden") == 1


class TestLocked:
    def test_takes_nothing_new_and_says_why_and_loses_no_word(self, course, thread):
        decide(course, thread, "locked", why="It went in circles.")
        page = course.home("hugo").get(place(thread))
        assert "It went in circles." in page.text
        assert page.soup.select_one("main form[action*='/comments?']") is None
        page = course.home("hugo").post(f"{place(thread)}/comments", body="What I wanted to add")
        assert page.status == 409
        assert "Cet échange est verrouillé" in page.text
        assert "What I wanted to add" in page.text
        assert course.count(Comment) == 0

    def test_is_marked_so_in_every_list(self, course, thread):
        decide(course, thread, "locked")
        for below, query in (("", {}), ("discussions", {}), ("search", {"q": "zebra"})):
            page = course.home("hugo").get(below, **query)
            assert "Verrouillé" in [badge.get_text() for badge in page.soup.select(".badge")], below
        decide(course, thread, "unlocked")
        assert "Verrouillé" not in course.home("hugo").get("").text

    def test_lets_replies_be_edited_and_its_author_read_why(self, course, thread):
        comment = reply_of(course, thread)
        decide(course, thread, "locked", why="It went in circles.")
        course.home("karim").post(f"{place(thread, comment)}/edit", body="Shorter.", version="0")
        assert "Shorter." in course.home("hugo").get(place(thread)).text
        assert "It went in circles." in course.home("ines").get(f"{place(thread)}/moderation").text

    def test_waits_for_nobody_and_does_again_once_it_is_open(self, course, thread):
        def waits() -> bool:
            with course.world.database() as session:
                return session.get(Post, id_of(thread)).waits_since is not None

        decide(course, thread, "locked")
        assert not waits()
        decide(course, thread, "unlocked")
        assert waits()
        course.reply("hugo", thread)

    def test_of_ones_own_needs_nobody_else(self, course):
        own = course.write("claire", title="Mine", body="By me.")
        assert "done=moderation-locked" in decide(course, own, "locked").path
        assert course.count(Notification, Notification.kind == "moderated") == 0

    def test_is_of_posts_alone(self, course, thread):
        comment = reply_of(course, thread)
        assert decide(course, thread, "locked", comment).status == 409


def now_said() -> str:
    return f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"


def measure(course, act, person="hugo", *, by="claire", why="We talked about it.", **more):
    number = course.number(person)
    return course.home(by).post(f"members/{number}/moderation", act=act, body=why, **more)


class TestMuted:
    def test_reads_and_does_nothing_else_until_it_is_over(self, course, thread):
        page = measure(course, "muted", days="3")
        assert "done=member-muted" in page.path
        hugo = course.home("hugo")
        page = hugo.get(place(thread))
        assert WORDS in page.text
        assert page.soup.select_one(".callout.warn a[href*='/moderation']")
        assert page.soup.select_one("main form[action*='/comments?']") is None
        for below, fields in (
            ("posts", {"kind": "question", "title": "T", "body": "Kept words"}),
            (f"{place(thread)}/comments", {"body": "Kept words"}),
        ):
            page = hugo.post(below, **fields)
            assert page.status == 403
            assert "Kept words" in page.text
        assert hugo.post(f"{place(thread)}/reactions", kind="helped").status == 403
        with course.world.app.app_context(), transaction():
            db.session.execute(update(Membership).values(muted_until=clock.now() - timedelta(seconds=1)))
        assert hugo.post(f"{place(thread)}/comments", body="Again").status == 200

    def test_says_nothing_new_of_themselves_and_takes_away_what_is_there(self, course, thread):
        hugo = course.home("hugo")
        assert hugo.post("profile", asks_about="Ask me of bees.").status == 200
        measure(course, "muted", days="3")
        page = hugo.post("profile", asks_about="Words for everybody.")
        assert page.status == 403
        assert "Words for everybody." not in course.home("ines").get("members").text
        picture = BytesIO()
        Image.new("RGB", (300, 300)).save(picture, "PNG")
        picture.seek(0)
        assert hugo.post("profile/picture", picture=(picture, "me.png")).status == 403
        assert hugo.post("profile", asks_about="Ask me of bees.", shortcuts="true").status == 200
        assert hugo.post("profile", asks_about="").status == 200
        assert "Ask me of bees." not in course.home("ines").get("members").text

    def test_reads_why_and_still_reports(self, course, thread):
        measure(course, "muted", days="1", why="Three times the same joke.")
        hugo = course.home("hugo")
        page = hugo.get(f"members/{course.number('hugo')}/moderation")
        assert "Three times the same joke." in page.text
        assert "done=reported" in hugo.post(f"{place(thread)}/report", reason="hurtful").path
        assert course.home("karim").get(f"members/{course.number('hugo')}/moderation").status == 403

    def test_is_told_with_the_way_to_the_reason(self, course):
        measure(course, "muted", days="1")
        measure(course, "unmuted")
        hugo = course.home("hugo")
        assert "a pris une décision sur votre appartenance" in hugo.get("").text
        lines = hugo.get("notifications").soup.select("main li.item a.title")
        assert [line["href"].partition("?")[0] for line in lines] == [
            f"{hugo.community}members/{course.number('hugo')}/moderation"
        ]
        # Staff who decide are told of nothing themselves.
        assert course.count(Notification, Notification.kind == "standing") == 2
        assert "done=told-read" in hugo.post("notifications/read", until=now_said(), of="space").path
        assert course.count(Notification, Notification.read_at.is_(None)) == 0

    def test_writes_again_when_staff_say_so(self, course, thread):
        measure(course, "muted", days="30")
        measure(course, "unmuted")
        course.reply("hugo", thread)

    def test_needs_a_reason_and_a_time(self, course):
        assert measure(course, "muted", why=" ", days="3").status == 422
        assert measure(course, "muted").status == 422
        assert measure(course, "muted", days="400").status == 422
        assert course.count(MemberMeasure) == 0


class TestRemoved:
    def test_does_not_come_in_and_the_launch_says_so(self, course, thread):
        reply_of(course, thread, "hugo")
        measure(course, "removed")
        assert course.home("hugo").get("").status == 404
        browser = course.home("hugo").browser
        page = browser.launch(browser.launch_form())
        assert page.status == 403
        assert "Vous n’êtes plus membre de cette communauté" in page.text
        assert "An answer with a giraffe." in course.home("ines").get(place(thread)).text

    def test_is_let_in_again_and_listed_until_then(self, course):
        measure(course, "removed")
        assert course.count(Notification, Notification.kind == "standing") == 0
        listed = course.home("claire").get("moderation/members")
        assert "Hugo" in listed.soup.select_one("main").text
        measure(course, "readmitted")
        assert course.home("hugo").get("").status == 200
        assert course.count(Notification, Notification.kind == "standing") == 1
        listed = course.home("claire").get("moderation/members")
        assert "Hugo" not in listed.soup.select_one("main").text

    def test_by_trainers_and_leads_alone(self, course):
        course.appoint("karim", Role.COMMUNITY_MANAGER)
        assert measure(course, "removed", by="karim").status == 403
        assert measure(course, "muted", by="karim", days="1").status == 200

    def test_nobody_decides_about_staff_or_themselves(self, course):
        for person, by in (("bruno", "claire"), ("claire", "claire"), ("claire", "bruno")):
            for act in ("muted", "removed"):
                assert measure(course, act, person, by=by, days="1").status == 403

    def test_a_manager_does_not_mute_another_and_trainers_do(self, course):
        for person in ("karim", "hugo"):
            course.appoint(person, Role.COMMUNITY_MANAGER)
        assert measure(course, "muted", "hugo", by="karim", days="1").status == 403
        assert measure(course, "muted", "hugo", by="claire", days="1").status == 200

    def test_twice_is_once(self, course):
        measure(course, "removed")
        measure(course, "removed", by="bruno")
        assert course.count(MemberMeasure) == 1


def settings(course, **wanted):
    usual = {"hourly_limit": "60", "first_day_limit": "50", "watched_words": ""}
    return course.home("claire").post("moderation/settings", **usual | wanted)


def write(course, number: int, person="hugo"):
    fields = {"kind": "question", "title": f"T {number}", "body": f"Words {number}"}
    return course.home(person).post("posts", **fields)


class TestTooMuchAtOnce:
    @pytest.mark.parametrize("limit", ["hourly_limit", "first_day_limit"])
    def test_is_kept_in_the_form_and_published_later(self, course, thread, limit):
        assert settings(course, **{limit: "2"}).status == 200
        assert write(course, 1).status == 200
        course.reply("hugo", thread, "A reply counts, too.")
        page = write(course, 3)
        assert page.status == 422
        assert "Words 3" in page.text
        page = course.home("hugo").post(f"{place(thread)}/comments", body="One more")
        assert page.status == 422
        assert "One more" in page.text
        assert write(course, 4, "karim").status == 200
        with course.world.app.app_context(), transaction():
            before = clock.now() - timedelta(hours=25)
            db.session.execute(update(Membership).values(joined_at=before))
            for table in (Post, Comment):
                db.session.execute(update(table).values(created_at=before))
        assert write(course, 5).status == 200

    def test_holds_not_for_those_who_look_after_the_space_and_0_is_none(self, course):
        settings(course, hourly_limit="1", first_day_limit="1")
        assert [write(course, number, "claire").status for number in range(3)] == [200] * 3
        settings(course, hourly_limit="0", first_day_limit="0")
        assert [write(course, number).status for number in range(3)] == [200] * 3

    @pytest.mark.parametrize("wrong", ["", "-1", "1001", "many"])
    def test_is_a_number_within_reason(self, course, wrong):
        assert settings(course, hourly_limit=wrong).status == 422

    def test_by_hand_nobody_meets_it(self, course):
        assert [write(course, number).status for number in range(19)] == [200] * 19


class TestWatchedWords:
    def test_ask_for_a_look_and_refuse_nothing(self, course):
        settings(course, watched_words="Zut alors\nidiot")
        page = course.write("hugo", title="T", body="Quel IDIOT !")
        assert WORDS not in page.text
        assert "IDIOT" in course.home("ines").get(place(page)).text
        assert queue(course) == ["T"]
        assert "idiot" in course.home("claire").get("moderation").text
        decide(course, page, "left", why="")
        assert queue(course) == []
        course.home("hugo").post(f"{place(page)}/edit", title="T", body="Idiot, still", version="0")
        assert queue(course) == []
        course.home("hugo").post(f"{place(page)}/edit", title="T", body="Zut  alors", version="1")
        assert queue(course) == ["T"]

    def test_of_staff_are_not_looked_at(self, course):
        settings(course, watched_words="idiot")
        course.write("claire", title="T", body="An idiot is mentioned.")
        assert queue(course, person="bruno") == []

    def test_are_told_to_staff_alone(self, course):
        settings(course, watched_words="idiot")
        page = course.write("hugo", title="T", body="idiot")
        assert "urveillé" not in course.home("hugo").get(f"{place(page)}/moderation").text
        assert course.home("hugo").get("moderation/settings").status == 403


class TestTheAuditLog:
    def test_says_who_did_what_to_whose_words_and_why(self, course, thread):
        hide(course, thread, why="It names a customer.")
        page = course.home("bruno").get("audit", area="moderation")
        assert "It names a customer." in page.text
        assert "a masqué" in page.text
        assert "Zebra" not in page.soup.select_one("main").text


class TestCosts:
    def test_a_page_of_the_queue_costs_the_same_for_one_and_for_many(self, course):
        def cost() -> int:
            with course.world.app.app_context(), counted() as sent:
                course.home("claire").get("moderation")
            return len(sent)

        def report(number: int) -> None:
            one = course.write("ines", title=f"T {number}", body=f"Words {number}")
            course.home("hugo").post(f"{place(one)}/report", reason="hurtful")

        report(0)
        few = cost()
        for number in range(1, 6):
            report(number)
        assert cost() == few


class TestRoles:
    @pytest.mark.parametrize("role", [Role.TRAINER, Role.PEDAGOGICAL_LEAD, Role.COMMUNITY_MANAGER])
    def test_those_who_look_after_the_space_hide(self, course, thread, role):
        person = PERSON_OF[role]
        course.appoint(person, role)
        hide(course, thread, person=person)

    def test_whoever_replies_only_reports(self, course, thread):
        guest = course.home_of(Role.GUEST_EXPERT)
        assert "done=reported" in guest.post(f"{place(thread)}/report", reason="advert").path
        assert guest.get("moderation").status == 403
        assert course.count(Attachment) == 0
