"""Mails that tell members what concerns them: what a real mail server receives of it, and when."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from demo_lms.people import INSTRUCTOR
from lti_tool import clock, mailing
from lti_tool.extensions import db
from lti_tool.models import (
    Community,
    Enrolment,
    MailChoice,
    Membership,
    MembershipState,
    Message,
    MessageState,
    Notification,
    NotificationKind,
    Platform,
    PlatformState,
    User,
)
from lti_tool.services import (
    erasure_traces,
    housekeeping,
    life,
    mail_choices,
    mail_rounds,
    mail_server,
    messages,
    person_export,
    telling,
)
from lti_tool.transactions import reading, transaction
from tests.functional.space import id_of
from tests.support.statements import counted
from tests.support.world import ENGLISH, TOOL

PARIS = ZoneInfo("Europe/Paris")
SOON = mail_rounds.WAIT + timedelta(seconds=1)


@pytest.fixture
def course(space, post, time_machine):
    """A course on a Tuesday morning, whose people have come in, with a mail server."""
    space.machine = time_machine
    now = datetime.now(PARIS)
    tuesday = now + timedelta(days=(1 - now.weekday()) % 7 or 7)
    at(space, tuesday.replace(hour=10, minute=0, second=0))
    space.entered_at = clock.now()
    for person in ("ines", "karim", "hugo", "claire"):
        space.home(person)
    return space


def at(space, moment: datetime) -> None:
    """Go to a moment; whoever was here long before it comes in anew, since their session is over."""
    if moment - getattr(space, "entered_at", moment) > timedelta(hours=3):
        space._pages.clear()
        space.entered_at = moment
    space.machine.move_to(moment.astimezone(UTC), tick=True)


def later(space, by: timedelta) -> None:
    at(space, clock.now() + by)


def on(space, days: int, hour: int, minute: int = 0) -> None:
    """Go to an hour on the wall in Paris, so many days from today."""
    there = clock.now().astimezone(PARIS) + timedelta(days=days)
    at(space, there.replace(hour=hour, minute=minute, second=0))


def make(space) -> int:
    with space.world.app.app_context():
        return mail_rounds.make_due(clock.now, transaction)


def send(space, deliver=mailing.deliver) -> None:
    with space.world.app.app_context():
        messages.send_due(clock.now, transaction, deliver)


def work(space) -> None:
    """Let the worker do what it does each minute."""
    make(space)
    send(space)


def to(post, person: str) -> list:
    """Return the mails that somebody received."""
    return [mail for mail in post.mails if mail["To"].startswith(person)]


def text(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def html(mail) -> BeautifulSoup:
    return BeautifulSoup(mail.get_body(("html",)).get_content(), "html.parser")


def stop_address(mail) -> str:
    return mail["List-Unsubscribe"].strip("<>").removeprefix(TOOL)


def outsider(space):
    """A client as a mail program has one: no cookie, no page of ours before."""
    return space.world.app.test_client()


def outbox(space) -> list[Message]:
    with space.world.database() as session:
        found = list(session.scalars(select(Message).order_by(Message.id)))
        session.expunge_all()
    return found


def waiting(space, person: str) -> list[datetime | None]:
    with space.world.database() as session:
        wanted = select(Notification.mail_due_at).where(Notification.member_id == space.number(person))
        return list(session.scalars(wanted.order_by(Notification.id)))


def choose(space, person: str, **fields):
    """Save the form of somebody's mails with these fields changed."""
    page = space.home(person).get("mails")
    form = page.soup.select_one("main form[action*='/mails?']")
    sent = {
        one["name"]: one.get("value", "") for one in form.select("input") if one.get("type") != "checkbox"
    }
    sent |= {one["name"]: one["value"] for one in form.select("input[type=checkbox][checked]")}
    for one in form.select("select"):
        marked = one.select_one("option[selected]") or one.select_one("option")
        sent[one["name"]] = marked.get("value", marked.text)
    kinds = {name: name.replace("_", "-") for name in fields if name.startswith("kind_")}
    sent |= {kinds.get(name, name): str(value) for name, value in fields.items()}
    return page.post("mails", **{name: value for name, value in sent.items() if value != "None"})


def replied(space, title: str = "How?", body: str = "Like **this**.", by: str = "karim"):
    """Let Ines ask and somebody reply; return her thread."""
    thread = space.write("ines", title=title)
    space.reply(by, thread, body)
    return thread


class TestADecision:
    """Of staff about a contribution, which is told to its author, and to whoever reported it."""

    def test_leads_to_its_reason_and_says_no_word_of_what_is_hidden(self, course, post):
        thread = course.write("ines", title="A secret title", body="A secret body.")
        below = f"posts/{id_of(thread)}"
        course.home("karim").post(f"{below}/report", reason="private", body="A secret reason.")
        why = {
            "act": "hidden",
            "body": "It names somebody.",
            "version": "0",
            "until": clock.now().isoformat(),
        }
        course.home("claire").post(f"{below}/moderation", **why)
        for person in ("ines", "karim"):
            choose(course, person, kind_moderated="at-once", **{"kind_looked-at": "at-once"})
        later(course, SOON)
        work(course)
        (hers,), (his,) = to(post, "ines"), to(post, "karim")
        assert (
            hers["Subject"]
            == "Claire Dubois a pris une décision au sujet de votre contribution : Votre contribution"
        )
        assert f"{TOOL}/communities/1/{below}/moderation" in text(hers).split()
        assert "Ce que vous avez signalé a été examiné" in text(his)
        assert f"{TOOL}/communities/1/notifications" in text(his).split()
        for mail in (hers, his):
            assert "secret" not in text(mail) + str(html(mail)) + mail["Subject"]


class TestWhatBecomesOfTheSpace:
    """Whoever does not come any more learns it by mail: afterwards it would be too late."""

    @pytest.fixture
    def dated(self, course):
        """The trainer has the space close in five days, at eight in the morning, and the clock has run."""
        day = (clock.now() + timedelta(days=5)).date()
        sent = {"archives_at": "", "purges_at": "", "closes_at": f"{day}T08:00"}
        assert "done=" in course.home("claire").post("life/dates", **sent).path
        with course.world.app.app_context():
            assert life.carry_out_what_is_due(clock.now, transaction) == 1
        return day

    def test_comes_at_once_with_its_date_by_the_clock_of_the_space(self, course, post, dated):
        later(course, SOON)
        work(course)
        (hers,) = to(post, "ines")
        assert hers["Subject"].endswith("L’espace va se fermer")
        for said in (text(hers), html(hers).text):
            assert "08:00" in said and f"{dated.day} " in said
        assert f"{TOOL}/communities/1/life" in text(hers).split()

    def test_comes_when_another_course_meets_here(self, course, post):
        course.world.lms.enrol("claire", ENGLISH, INSTRUCTOR)
        course.world.enter("claire", ENGLISH)
        page = course.home("claire").get("courses")
        joining = page.soup.select_one("a[href*='/joining']")["href"]
        seen = course.home("claire").browser.get(joining).soup.select_one("input[name=seen]")["value"]
        below = joining.partition("/communities/1/")[2].partition("?")[0]
        assert "course-joined" in course.home("claire").post(below, seen=seen).path
        later(course, SOON)
        work(course)
        (hers,) = to(post, "ines")
        assert hers["Subject"].endswith("Les cours de l’espace ont changé")
        assert f"{TOOL}/communities/1/courses" in text(hers).split()

    def test_is_not_sent_when_the_date_was_taken_back_meanwhile(self, course, post, dated):
        sent = {"archives_at": "", "purges_at": "", "closes_at": ""}
        course.home("claire").post("life/dates", **sent)
        later(course, SOON)
        work(course)
        assert to(post, "ines") == []

    def test_of_ones_membership_leads_to_the_reason(self, course, post):
        choose(course, "ines", **{"kind-moderated": "at-once"})
        number = course.number("ines")
        decided = {"act": "muted", "days": "1", "body": "The tone of yesterday."}
        course.home("claire").post(f"members/{number}/moderation", **decided)
        later(course, SOON)
        work(course)
        (hers,) = to(post, "ines")
        assert f"{TOOL}/communities/1/members/{number}/moderation" in text(hers).split()
        assert "The tone of yesterday." not in text(hers) + html(hers).text

    def test_is_chosen_as_one_and_may_be_left_out(self, course, post, dated):
        choose(course, "ines", **{"kind-purge-soon": "never"})
        later(course, SOON)
        work(course)
        assert (to(post, "ines"), len(to(post, "karim"))) == ([], 1)


class TestAReply:
    def test_comes_at_once_in_words_that_read_well(self, course, post):
        thread = replied(course)
        work(course)
        assert post.mails == []  # she may be reading it at this moment
        later(course, SOON)
        work(course)
        (mail,) = post.mails
        assert mail["To"] == "ines@example.org"
        assert mail["Subject"] == "1 réponse à votre question, par Karim Haddad : How?"
        link = f"{TOOL}/communities/1/posts/{id_of(thread)}/comments/1"
        assert link in text(mail).split()
        assert "Like this." in text(mail)
        page = html(mail)
        assert page.html["lang"] == "fr"
        assert page.select_one("h2 a")["href"] == link
        assert page.select_one(".words").text == "Like this."

    def test_leads_back_to_its_place_by_the_course(self, course, post):
        replied(course)
        later(course, SOON)
        work(course)
        link = html(post.mails[0]).select_one("h2 a")["href"]
        answer = outsider(course).get(link.removeprefix(TOOL), base_url=TOOL)
        assert answer.status_code == 401
        assert "next" in answer.headers["Set-Cookie"]

    def test_that_was_read_meanwhile_is_not_sent(self, course, post):
        thread = replied(course)
        page = course.home("ines").get(f"posts/{id_of(thread)}")
        until = page.soup.select_one("[data-read-until]")["data-read-until"]
        page.post(f"posts/{id_of(thread)}/read", until=until)
        later(course, SOON)
        work(course)
        assert (to(post, "ines"), waiting(course, "ines")) == ([], [None])

    def test_goes_with_others_into_one_mail(self, course, post):
        replied(course, title="First")
        replied(course, title="Second", by="hugo")
        later(course, SOON)
        work(course)
        (mail,) = to(post, "ines")
        assert mail["Subject"].startswith("2 nouvelles pour vous dans")
        assert [one.text for one in html(mail).select("h2")] == ["Second", "First"]

    def test_is_sent_once(self, course, post):
        replied(course)
        for _ in range(3):
            later(course, SOON)
            work(course)
        assert len(post.mails) == 1

    def test_whose_words_are_markup_shows_them_as_words(self, course, post):
        replied(course, title="<b>&amp; “x”</b>", body="<script>alert(1)</script> & so on")
        later(course, SOON)
        work(course)
        (mail,) = post.mails
        assert "<b>&amp; “x”</b>" in text(mail)
        assert html(mail).select_one("h2").text == "<b>&amp; “x”</b>"
        assert html(mail).select("script") == []

    def test_with_a_mention_names_who_is_mentioned(self, course, post):
        replied(course, body=f"Ask @{course.name('hugo')} too")
        later(course, SOON)
        work(course)
        assert f"Ask @{course.name('hugo')} too" in text(to(post, "ines")[0])


class TestWhoGetsNone:
    def told_and_due(self, course):
        replied(course)
        later(course, SOON)

    def test_of_whom_no_address_is_known(self, course, post):
        with course.world.app.app_context(), transaction():
            db.session.execute(update(User).values(email=None))
        replied(course)
        assert waiting(course, "ines") == [None]

    def test_of_an_installation_without_mails(self, course, post):
        object.__setattr__(course.world.app.extensions["settings"], "mail_url", None)
        replied(course)
        assert waiting(course, "ines") == [None]

    @pytest.mark.parametrize("made_before", [True, False])
    def test_who_was_removed_or_left_the_course(self, course, post, made_before):
        self.told_and_due(course)
        if made_before:
            make(course)
        with course.world.app.app_context(), transaction():
            number = course.number("ines")
            db.session.execute(
                update(Membership).where(Membership.id == number).values(state=MembershipState.REMOVED)
            )
        work(course)
        assert post.mails == []

    def test_who_left_the_course(self, course, post):
        self.told_and_due(course)
        with course.world.app.app_context(), transaction():
            theirs = select(User.id).where(User.sub == "u-ines")
            db.session.execute(update(Enrolment).where(Enrolment.user_id.in_(theirs)).values(active=False))
        work(course)
        assert (post.mails, outbox(course)[0].problem) == ([], messages.NEEDLESS)

    def test_whose_lms_is_suspended(self, course, post):
        self.told_and_due(course)
        with course.world.app.app_context(), transaction():
            db.session.execute(update(Platform).values(state=PlatformState.SUSPENDED))
        work(course)
        assert (post.mails, outbox(course)[0].problem) == ([], messages.NEEDLESS)

    def test_of_what_was_deleted_before_it_went_out(self, course, post):
        thread = replied(course)
        later(course, SOON)
        make(course)
        course.home("karim").post(f"posts/{id_of(thread)}/comments/1/delete")
        send(course)
        assert (post.mails, outbox(course)[0].state) == ([], MessageState.REFUSED)


class TestTheHours:
    def test_of_the_night_let_it_wait_until_the_morning(self, course, post):
        on(course, 0, 19, 55)
        replied(course)
        later(course, SOON)
        work(course)
        assert post.mails == []
        on(course, 1, 8)
        work(course)
        assert len(post.mails) == 1

    def test_of_a_week_end_let_it_wait_until_monday(self, course, post):
        on(course, 3, 19, 55)  # Friday
        replied(course)
        for days in (0, 1, 2):
            on(course, 1 if days else 0, 20 if not days else 12)
            work(course)
        assert post.mails == []
        on(course, 1, 8)
        work(course)
        assert len(post.mails) == 1

    def test_hold_also_for_what_a_mail_server_did_not_take_by_day(self, course, post):
        replied(course)
        on(course, 0, 19, 50)
        post.at_recipient = "450 not now"
        work(course)
        post.at_recipient = None
        on(course, 0, 23)
        work(course)
        assert post.mails == []
        (message,) = outbox(course)
        assert message.due_at.astimezone(PARIS).hour == 8
        on(course, 1, 8)
        work(course)
        assert len(post.mails) == 1

    def test_are_those_of_the_member_s_own_clock(self, course, post):
        choose(course, "ines", zone="America/New_York")
        replied(course)
        later(course, SOON)  # 10 in Paris, 4 in New York
        work(course)
        assert post.mails == []
        on(course, 0, 14, 1)
        work(course)
        assert len(post.mails) == 1


class TestADigest:
    def followed(self, course, title: str = "Followed") -> None:
        thread = course.write("ines", title=title)
        course.home("hugo").post(f"posts/{id_of(thread)}/attention", attention="followed")
        course.reply("karim", thread)

    def test_of_a_day_tells_what_came_since_the_last_one(self, course, post):
        self.followed(course, "One")
        later(course, SOON)
        self.followed(course, "Two")
        work(course)
        assert to(post, "hugo") == []
        on(course, 1, 8)
        work(course)
        (mail,) = to(post, "hugo")
        assert [one.text for one in html(mail).select("h2")] == ["Two", "One"]
        on(course, 1, 8)
        work(course)
        assert len(to(post, "hugo")) == 1  # nothing new: no mail

    def test_of_a_week_comes_on_its_day(self, course, post):
        choose(course, "hugo", kind_followed="weekly", digest_day=3, digest_hour=9)
        self.followed(course)
        on(course, 1, 12)
        work(course)
        assert to(post, "hugo") == []
        on(course, 1, 9)  # Thursday
        work(course)
        assert len(to(post, "hugo")) == 1

    def test_that_is_wished_rarer_lets_what_waits_wait(self, course, post):
        self.followed(course)
        later(course, SOON)
        work(course)
        choose(course, "hugo", kind_followed="never")
        on(course, 1, 8)
        work(course)
        assert (to(post, "hugo"), waiting(course, "hugo")) == ([], [None])

    def test_that_is_wished_sooner_is_sent_sooner(self, course, post):
        self.followed(course)
        later(course, SOON)
        work(course)
        choose(course, "hugo", kind_followed="at-once")
        work(course)
        assert len(to(post, "hugo")) == 1


class Died(BaseException):
    """The process ends here."""


class TestARunThatIsKilled:
    def everybody_told(self, course) -> None:
        course.write("claire", title="Tomorrow", kind="announcement")
        later(course, SOON)

    @pytest.mark.parametrize("step", ["_read", "_message", "_settle"])
    def test_tells_nobody_twice_and_leaves_nobody_out(self, course, post, monkeypatch, step):
        self.everybody_told(course)
        real, calls = getattr(mail_rounds, step), []

        def dies(*args, **kwargs):
            calls.append(step)
            if len(calls) == 2:
                raise Died()
            return real(*args, **kwargs)

        monkeypatch.setattr(mail_rounds, step, dies)
        with pytest.raises(Died):
            make(course)
        monkeypatch.setattr(mail_rounds, step, real)
        assert len(outbox(course)) == 1
        work(course)
        assert sorted(mail["To"] for mail in post.mails) == [
            "hugo@example.org",
            "ines@example.org",
            "karim@example.org",
        ]

    def test_beside_others_makes_one_mail_for_each(self, course, post):
        self.everybody_told(course)
        runs = [threading.Thread(target=make, args=(course,)) for _ in range(4)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert sorted(message.recipient for message in outbox(course)) == [
            "hugo@example.org",
            "ines@example.org",
            "karim@example.org",
        ]

    def test_a_fault_of_ours_holds_up_nobody_else(self, course, post, monkeypatch):
        self.everybody_told(course)
        real, number = mail_rounds._message, course.number("ines")

        def fails(due, *args):
            if due.member.id == number:
                raise RuntimeError("ours")
            return real(due, *args)

        monkeypatch.setattr(mail_rounds, "_message", fails)
        work(course)
        assert len(post.mails) == 2
        monkeypatch.setattr(mail_rounds, "_message", real)
        later(course, timedelta(hours=1, seconds=1))
        work(course)
        assert len(post.mails) == 3


class TestAMailServer:
    def test_that_is_away_for_days_delays_and_loses_nothing(self, course, post):
        replied(course)
        later(course, SOON)
        make(course)
        chosen = course.world.app.extensions["settings"]
        there = chosen.mail_url
        object.__setattr__(chosen, "mail_url", "smtp://127.0.0.1:1")
        for _ in range(2 * 12):
            later(course, timedelta(hours=2))
            work(course)
        (message,) = outbox(course)
        assert (message.state, message.attempts > messages.MOST_TRIES) == (MessageState.DUE, False)
        shown = course.home("ines").get("mails/sent").text
        assert "ConnectionRefusedError" in shown
        object.__setattr__(chosen, "mail_url", there)
        on(course, 1, 11)
        work(course)
        assert len(post.mails) == 1

    def test_that_is_away_for_days_brings_one_mail_then_and_not_one_for_each_day(self, course, post):
        post.at_recipient = "450 later"
        for title in ("One", "Two", "Three"):
            replied(course, title=title)
            later(course, SOON)
            work(course)
            on(course, 1, 10)
        post.at_recipient = None
        work(course)
        (mail,) = to(post, "ines")
        assert [one.text for one in html(mail).select("h2")] == ["Three", "Two", "One"]
        assert [message.why for message in outbox(course) if message.recipient.startswith("ines")] == [
            [["reply", 3, "at-once"]]
        ]

    def test_that_is_away_for_a_week_has_its_mails_given_up(self, course, post):
        replied(course)
        later(course, SOON)
        make(course)
        later(course, mail_rounds.WORTH_SENDING_FOR)
        work(course)
        assert (post.mails, outbox(course)[0].problem) == ([], "too-late")
        assert "Il n’est pas parti" in course.home("ines").get("mails/sent").text

    def test_that_is_too_slow_is_tried_again(self, course, post, monkeypatch):
        monkeypatch.setattr(mail_server, "PATIENCE", 1)
        replied(course)
        later(course, SOON)
        post.slowness = 3
        work(course)
        (message,) = outbox(course)
        assert (post.mails, message.state, message.attempts) == ([], MessageState.DUE, 1)
        post.slowness = 0
        monkeypatch.undo()
        later(course, timedelta(minutes=1))
        work(course)
        assert len(post.mails) == 1

    def test_that_puts_off_one_recipient_is_asked_to_take_the_others(self, course, post):
        course.write("claire", title="Tomorrow", kind="announcement")
        later(course, SOON)
        refused = []

        async def greylisting(server, session, envelope, address, options):
            if not refused:
                refused.append(address)
                return "450 later"
            envelope.rcpt_tos.append(address)
            return "250 welcome"

        type(post).handle_RCPT, kept = greylisting_method(greylisting), type(post).handle_RCPT
        try:
            work(course)
        finally:
            type(post).handle_RCPT = kept
        assert len(post.mails) == 2

    def test_that_knows_no_such_address_is_left_alone_for_a_week(self, course, post):
        post.at_recipient = "550 nobody here"
        replied(course)
        later(course, SOON)
        work(course)
        post.at_recipient = None
        replied(course, title="Again")
        later(course, SOON)
        work(course)
        assert post.mails == []
        page = course.home("ines").get("mails")
        assert page.soup.select_one(".callout.warn strong").text == "Votre adresse a été refusée."
        page.post("mails/again")
        replied(course, title="And again")
        later(course, SOON)
        work(course)
        assert len(post.mails) == 1

    def test_is_asked_again_after_that_week_and_for_another_address(self, course, post):
        post.at_recipient = "550 nobody here"
        replied(course)
        later(course, SOON)
        work(course)
        with course.world.database() as session:
            choice = session.get(MailChoice, course.number("ines"))
            assert mail_choices.is_refused(choice, "ines@example.org", clock.now())
            assert not mail_choices.is_refused(choice, "other@example.org", clock.now())
            assert not mail_choices.is_refused(
                choice, "ines@example.org", clock.now() + mail_choices.REFUSED_RESTS
            )

    def test_that_takes_us_for_spam_says_nothing_of_the_address(self, course, post):
        post.at_recipient = "554 relay denied"
        replied(course)
        later(course, SOON)
        work(course)
        assert outbox(course)[0].problem == "554 recipient"
        assert course.count(MailChoice) == 0


def greylisting_method(answer):
    async def handle_RCPT(self, *args):
        return await answer(*args)

    return handle_RCPT


class TestAMailProgram:
    @pytest.fixture
    def mail(self, course, post):
        replied(course)
        later(course, SOON)
        work(course)
        return post.mails[0]

    def test_knows_whose_mail_it_is_and_how_to_stop_it(self, mail):
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["List-Id"] == "<community-1.tool.test>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert parseaddr(mail["From"])[1] == "community@tool.test"
        assert stop_address(mail) in text(mail)
        assert html(mail).select(f'a[href$="{stop_address(mail)}"]')

    def test_finds_the_address_whole_in_its_header(self, post, mail):
        """A long one would be folded into an encoded word, which no mail program opens."""
        address = stop_address(mail).encode()
        assert b"\r\nList-Unsubscribe: <" + TOOL.encode() + address + b">\r\n" in post.sent[0]
        assert max(len(line) for line in post.sent[0].partition(b"\r\n\r\n")[2].split(b"\r\n")) <= 998
        assert post.sent[0].isascii()

    def test_stops_it_by_one_post(self, course, post, mail):
        answer = outsider(course).post(
            stop_address(mail), base_url=TOOL, data={"List-Unsubscribe": "One-Click"}
        )
        assert answer.status_code == 200
        replied(course, title="Again")
        later(course, SOON)
        work(course)
        assert len(post.mails) == 1
        assert course.home("ines").get("mails").soup.select_one("input[name=off]").has_attr("checked")

    def test_that_opens_every_link_stops_nothing(self, course, post, mail):
        answer = outsider(course).get(stop_address(mail), base_url=TOOL)
        assert answer.status_code == 200
        assert course.count(MailChoice) == 0

    def test_stops_also_what_is_on_its_way(self, course, post, mail):
        replied(course, title="Again")
        later(course, SOON)
        make(course)
        outsider(course).post(stop_address(mail), base_url=TOOL)
        send(course)
        assert len(post.mails) == 1

    def test_lets_one_take_it_back(self, course, post, mail):
        choose(course, "ines", digest_hour=11)
        for what in ("stop", "go-on"):
            outsider(course).post(stop_address(mail), base_url=TOOL, data={"what": what})
        replied(course, title="Again")
        later(course, SOON)
        work(course)
        assert len(post.mails) == 2
        page = course.home("ines").get("mails")
        assert page.soup.select_one("#digest-hour [selected]")["value"] == "11"

    def test_offers_one_summary_a_week(self, course, post, mail):
        choose(course, "ines", kind_thanks="never")
        outsider(course).post(stop_address(mail), base_url=TOOL, data={"what": "weekly"})
        page = course.home("ines").get("mails")
        assert page.soup.select_one("#kind-reply [selected]")["value"] == "weekly"
        assert page.soup.select_one("#kind-thanks [selected]")["value"] == "never"

    @pytest.mark.parametrize("change", ["x", "1-" + "0" * 64, "²-" + "0" * 64, "0-", "9" * 40])
    def test_of_a_link_that_nobody_made_stops_nothing(self, course, mail, change):
        assert outsider(course).post(f"/o/mails/{change}", base_url=TOOL).status_code == 404
        assert course.count(MailChoice) == 0

    def test_of_one_member_does_not_stop_those_of_another(self, course, mail):
        number, _, mark = stop_address(mail).rpartition("/")[2].partition("-")
        forged = f"/o/mails/{int(number) + 1}-{mark}"
        assert outsider(course).post(forged, base_url=TOOL).status_code == 404


class TestChoosing:
    def test_shows_what_holds_by_default(self, course):
        page = course.home("ines").get("mails")
        chosen = {one["id"]: one.select_one("[selected]")["value"] for one in page.soup.select("[id^=kind-]")}
        assert chosen["kind-reply"] == chosen["kind-mention"] == chosen["kind-announcement"] == "at-once"
        assert chosen["kind-thanks"] == chosen["kind-followed"] == "daily"
        assert "ines@example.org" in page.text

    def test_keeps_everything_that_was_chosen(self, course):
        page = choose(
            course,
            "ines",
            kind_reply="weekly",
            kind_could_help="never",
            quiet_from=22,
            quiet_until=6,
            digest_hour=17,
            digest_day=4,
            zone="America/New_York",
            quiet_weekends=None,
            off="true",
        )
        assert page.status == 200
        marked = {one["id"]: one.select_one("[selected]") for one in page.soup.select("main select")}
        values = {name: one.get("value", one.text) for name, one in marked.items() if one is not None}
        assert values["kind-reply"] == "weekly" and values["kind-could-help"] == "never"
        assert (values["quiet-from"], values["quiet-until"]) == ("22", "6")
        assert (values["digest-hour"], values["digest-day"]) == ("17", "4")
        assert values["zone"] == "America/New_York"
        assert page.soup.select_one("input[name=off]").has_attr("checked")
        assert not page.soup.select_one("input[name=quiet_weekends]").has_attr("checked")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"kind_reply": "hourly"},
            {"quiet_from": 24},
            {"quiet_until": "²"},
            {"digest_day": -1},
            {"digest_hour": "9" * 5000},
            {"zone": "Europe/../Paris"},
            {"zone": "Nowhere/At_All"},
        ],
    )
    def test_takes_nothing_that_is_not_offered(self, course, wrong):
        assert choose(course, "ines", **wrong).status == 422
        assert course.count(MailChoice) == 0

    def test_says_where_no_address_is_known(self, course):
        with course.world.app.app_context(), transaction():
            db.session.execute(update(User).values(email=None))
        assert "Nous ne connaissons pas votre adresse" in course.home("ines").get("mails").text


def test_a_link_to_sign_in_does_not_wait_behind_digests(course, post):
    course.write("claire", title="Tomorrow", kind="announcement")
    later(course, SOON)
    make(course)
    with course.world.app.app_context(), transaction():
        about = {"link": "https://tool.test/o/x", "minutes": 15}
        messages.ask_for(messages.SIGN_IN, "ruth@school.test", "en", about, clock.now())
    send(course)
    assert [mail["To"] for mail in post.mails][0] == "ruth@school.test"
    assert len(post.mails) == 4


class TestEverythingSent:
    def test_is_listed_with_its_reasons(self, course, post):
        thread = replied(course)
        course.reply("hugo", thread)
        later(course, SOON)
        work(course)
        page = course.home("ines").get("mails/sent")
        (item,) = page.soup.select("main ul.rows > li")
        assert "Quelqu’un me répond (2) · tout de suite" in item.text
        assert "ines@example.org" in item.text

    def test_is_nobody_else_s(self, course, post):
        replied(course)
        later(course, SOON)
        work(course)
        for person in ("karim", "claire"):
            assert course.home(person).get("mails/sent").soup.select("main ul.rows") == []

    def test_goes_on_page_by_page(self, course, post, monkeypatch):
        monkeypatch.setattr("lti_tool.services.sent_mails.PAGE", 1)
        for title in ("A", "B"):
            replied(course, title=title)
            later(course, SOON)
            work(course)
        page = course.home("ines").get("mails/sent")
        assert len(page.soup.select("main ul.rows > li")) == 1
        older = page.soup.select_one(".centred a")["href"].partition("before=")[2].partition("&")[0]
        assert len(page.get("mails/sent", before=older).soup.select("main ul.rows > li")) == 1

    def test_is_forgotten_after_a_year(self, course, post):
        replied(course)
        later(course, SOON)
        work(course)
        for days, left in ((364, 1), (366, 0)):
            with course.world.app.app_context(), transaction():
                housekeeping.sweep(clock.now() + timedelta(days=days))
            assert len(outbox(course)) == left


class TestWhatIsHeldAboutSomebody:
    @pytest.fixture
    def member(self, course, post):
        choose(course, "ines", digest_hour=9)
        replied(course)
        later(course, SOON)
        work(course)
        return course.number("ines")

    def test_is_in_what_they_are_given_without_our_secrets(self, course, member):
        with course.world.app.app_context(), reading():
            user = db.session.get_one(Membership, member).user_id
            held = person_export.of_person(user, clock.now())["held"]
        assert held["mail_choice"][0]["digest_hour"] == 9
        assert held["message"][0]["recipient"] == "ines@example.org"
        assert held["message"][0]["why"] == [["reply", 1, "at-once"]]
        assert not {"about_encrypted", "lease"} & held["message"][0].keys()

    def test_goes_with_them(self, course, member):
        with course.world.app.app_context(), transaction():
            erasure_traces.forget_what_was_followed([member], clock.now())
        assert (course.count(Message), course.count(MailChoice)) == (0, 0)
        assert course.count(Notification, Notification.member_id == member) == 0


def test_costs_as_many_statements_for_much_as_for_little(course, post):
    def cost(replies: int) -> tuple[int, int]:
        thread = course.write("ines", title=f"{replies} replies")
        for number in range(replies):
            course.reply("karim", thread, f"Reply {number}")
            course.reply("hugo", thread, f"Reply {number} too")
        later(course, SOON)
        with course.world.app.app_context():
            with counted() as made:
                assert mail_rounds.make_due(clock.now, transaction) == 1
            with counted() as sent:
                messages.send_due(clock.now, transaction, mailing.deliver)
        return len(made), len(sent)

    few = cost(2)  # of three people: to two of them the mail comes later
    assert cost(6) == few
    assert few[0] <= 3 * 6 and few[1] <= 14, few


class TestASpaceThatSendsNoMails:
    """Staff switched them off: what would be told by mail is done with, and is no flood afterwards."""

    def switch(self, course, **more):
        usual = {"name": "Space", "answer_target_hours": "24", "file_limit": "", "storage_limit": ""}
        assert "done=space-saved" in course.home("claire").post("space", **usual, **more).path

    def test_tells_here_alone_and_sends_nothing_of_it_later(self, course, post):
        course.write("ines", title="Mine")
        self.switch(course, mails_off="true")
        course.home("karim").post("posts/1/comments", body="An answer.")
        later(course, SOON)
        work(course)
        assert to(post, "ines") == []
        assert "envoyer aucun courriel" in course.home("ines").get("mails").text
        assert len(course.home("ines").get("notifications").soup.select("main li.item")) == 1
        self.switch(course)
        later(course, timedelta(days=2))
        work(course)
        assert to(post, "ines") == []

    def test_sends_again_what_is_told_afterwards(self, course, post):
        course.write("ines", title="Mine")
        self.switch(course, mails_off="true")
        self.switch(course)
        course.home("karim").post("posts/1/comments", body="An answer.")
        later(course, SOON)
        work(course)
        assert len(to(post, "ines")) == 1

    def test_calls_back_what_waits_for_the_mail_server(self, course, post):
        course.write("ines", title="Mine")
        course.home("karim").post("posts/1/comments", body="An answer.")
        later(course, SOON)
        with course.world.app.app_context():
            mail_rounds.make_due(clock.now, transaction)
        self.switch(course, mails_off="true")
        work(course)
        assert to(post, "ines") == []

    def test_says_all_the_same_that_it_will_be_emptied(self, course, post):
        self.switch(course, mails_off="true")
        with course.world.app.app_context(), transaction():
            community, now = db.session.get(Community, 1), clock.now()
            telling.of_space(community, NotificationKind.PURGE_SOON, now + timedelta(days=30), now)
        later(course, SOON)
        work(course)
        assert len(to(post, "ines")) == 1

    def test_is_in_the_audit_log(self, course):
        self.switch(course, mails_off="true")
        assert "N’envoie aucun courriel" in course.home("claire").get("audit").text
