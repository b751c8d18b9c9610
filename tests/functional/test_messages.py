"""Mails: asked for in a transaction, put into words, handed in to a real mail server, tried again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock, mailing
from lti_tool.errors import MailUnavailable
from lti_tool.models import Message, MessageState
from lti_tool.services import administrators, housekeeping, messages, retries, sign_in
from lti_tool.transactions import transaction
from tests.support.administrators import AdministratorBrowser
from tests.support.world import TOOL

RUTH = "ruth@school.test"
LATER = retries.LONGEST_WAIT * 2


def administrator_called(world, email: str = RUTH, locale: str | None = None) -> None:
    with world.app.app_context(), transaction():
        administrators.add(email, None, True, TOOL, clock.now()).locale = locale


def ask(world, email: str = RUTH, wanted: str | None = None, language: str = "en"):
    """Ask for a link as somebody at the sign-in page does."""
    return AdministratorBrowser(world, 0, email).tool.post(
        "/sign-in",
        base_url=TOOL,
        data={"email": email} | ({"next": wanted} if wanted else {}),
        headers={"Origin": TOOL, "Accept-Language": language},
    )


def work(world, after: timedelta = timedelta(), deliver=mailing.deliver) -> None:
    """Run the worker for mails until it has nothing to do."""
    with world.app.app_context():
        messages.send_due(lambda: clock.now() + after, transaction, deliver)


def outbox(world) -> list[Message]:
    with world.database() as session:
        found = list(session.scalars(select(Message).order_by(Message.id)))
        session.expunge_all()
    return found


class TestALinkByMail:
    def test_comes_and_signs_in(self, world, post):
        administrator_called(world)
        assert ask(world, "Ruth@School.test ").status_code == 200
        work(world)
        (mail,) = post.mails
        text = mail.get_body(("plain",)).get_content()
        link = next(line for line in text.splitlines() if line.startswith(f"{TOOL}/o/"))
        assert f'href="{link}"' in mail.get_body(("html",)).get_content()
        assert AdministratorBrowser(world, 0, RUTH).sign_in_by(link).soup.h1.text == "Administration"

    def test_has_the_headers_of_a_mail_that_a_machine_wrote(self, world, post):
        administrator_called(world)
        ask(world)
        work(world)
        (mail,) = post.mails
        assert (mail["To"], mail["Auto-Submitted"]) == (RUTH, "auto-generated")
        assert mail["From"] == "Community Value <community@tool.test>"
        assert mail["Message-ID"] == f"<{outbox(world)[0].uuid}@tool.test>"
        assert mail["Date"].datetime.tzinfo is not None

    @pytest.mark.parametrize(("locale", "word"), [("fr", "lien"), ("en", "link"), ("de", "link")])
    def test_speaks_the_language_of_the_administrator(self, world, post, locale, word):
        administrator_called(world, locale=locale)
        ask(world)
        work(world)
        assert word in post.mails[0]["Subject"]

    def test_speaks_the_language_of_the_page_to_who_chose_none(self, world, post):
        administrator_called(world, locale=None)
        ask(world, language="fr")
        work(world)
        assert "lien" in post.mails[0]["Subject"]

    def test_leads_back_to_the_page_that_was_asked_for(self, world, post):
        """As the page promises that says that one is not signed in."""
        administrator_called(world)
        browser = AdministratorBrowser(world, 0, RUTH)
        asked_for = browser.get("/admin/launches").soup.select_one("main a.btn")["href"]
        wanted = browser.get(asked_for).soup.select_one("form input[name=next]")["value"]
        assert wanted == "/admin/launches"
        ask(world, wanted=wanted)
        work(world)
        text = post.mails[0].get_body(("plain",)).get_content()
        link = next(line for line in text.splitlines() if line.startswith(f"{TOOL}/o/"))
        fields = browser.get(link.removeprefix(TOOL)).soup.select("main form input")
        used = browser.tool.post(
            link.partition("?")[0].removeprefix(TOOL),
            base_url=TOOL,
            data={field["name"]: field["value"] for field in fields},
            headers={"Origin": TOOL},
        )
        assert used.location == wanted

    def test_leads_nowhere_else(self, world, post):
        administrator_called(world)
        ask(world, wanted="https://elsewhere.test/admin/")
        work(world)
        assert "elsewhere" not in post.mails[0].get_body(("plain",)).get_content()

    def test_is_not_kept_readable(self, world, post):
        administrator_called(world)
        ask(world)
        assert "/o/" not in (outbox(world)[0].about_encrypted or "")
        work(world)
        assert (outbox(world)[0].state, outbox(world)[0].about_encrypted) == (MessageState.SENT, None)

    def test_is_not_sent_to_a_stranger_who_is_told_the_same(self, world, post):
        administrator_called(world)
        known, unknown = ask(world), ask(world, "stranger@elsewhere.test")
        assert known.get_data() == unknown.get_data()
        assert len(outbox(world)) == 1

    def test_is_sent_three_times_in_a_quarter_of_an_hour(self, world, post):
        administrator_called(world)
        for _ in range(sign_in.MOST_LINKS + 2):
            assert ask(world).status_code == 200
        assert len(outbox(world)) == sign_in.MOST_LINKS

    def test_is_not_asked_for_by_another_sites_form(self, world, post):
        administrator_called(world)
        answer = world.app.test_client().post(
            "/sign-in", base_url=TOOL, data={"email": RUTH}, headers={"Origin": "https://evil.test"}
        )
        assert (answer.status_code, outbox(world)) == (403, [])

    @pytest.mark.parametrize(
        "typed",
        [
            *("", "ruth", "a@b", "a b@c.test", "a@c.test\r\nBcc: x@y.test", "x" * 400 + "@a.test"),
            *("a@c..test", "a@.c.test", "a@c.test."),
        ],
    )
    def test_asks_for_an_address_that_can_be_one(self, world, post, typed):
        answer = ask(world, typed)
        assert answer.status_code == 422
        assert "mail address" in answer.get_data(as_text=True)


def ask_for(world, recipient: str) -> None:
    """Have a mail sent, whoever would want it."""
    with world.app.app_context(), transaction():
        messages.ask_for(messages.SIGN_IN, recipient, None, {"link": "x", "minutes": 1}, clock.now())


class Died(BaseException):
    """A worker that is no more."""


def die(outgoing) -> None:
    raise Died


class TestTrouble:
    @pytest.fixture
    def asked(self, world, post):
        administrator_called(world)
        ask(world)
        return post

    def test_a_server_that_is_away_is_tried_again(self, world, asked):
        asked.at_mail = "451 later"
        work(world)
        (message,) = outbox(world)
        assert (message.state, message.attempts) == (MessageState.DUE, 1)
        asked.at_mail = "250 taken"
        work(world, after=timedelta(minutes=2))
        assert outbox(world)[0].state is MessageState.SENT

    def test_an_address_that_is_refused_is_not_tried_again(self, world, asked):
        asked.at_recipient = "550 nobody here"
        work(world)
        assert outbox(world)[0].state is MessageState.REFUSED
        work(world, after=LATER)
        assert outbox(world)[0].attempts == 1

    def test_a_link_that_is_no_longer_good_is_not_sent(self, world, asked):
        work(world, after=sign_in.LINK_BY_MAIL + timedelta(seconds=1))
        assert (asked.mails, outbox(world)[0].problem) == ([], "too-late")

    @pytest.mark.parametrize("said", ["221 bye", "250 ok", "421 closing", "500 what"])
    def test_what_was_taken_is_not_sent_again_whatever_the_server_says_to_a_goodbye(self, world, asked, said):
        asked.at_goodbye = said
        for tries in range(3):
            work(world, after=timedelta(minutes=2) * tries)
        assert (len(asked.mails), outbox(world)[0].state) == (1, MessageState.SENT)

    def test_an_address_that_no_header_takes_is_given_up(self, world, post):
        ask_for(world, "ruth@school..test")
        work(world)
        assert outbox(world)[0].problem == "address-unusable"

    def test_a_mail_of_a_later_release_waits_for_its_worker(self, world, post):
        """During an upgrade old and new processes share the outbox."""
        with world.app.app_context(), transaction():
            messages.ask_for("of-tomorrow", RUTH, None, {}, clock.now())
        work(world)
        (message,) = outbox(world)
        assert (message.state, message.problem) == (MessageState.DUE, "kind-unknown")

    def test_a_fault_of_ours_in_one_mail_keeps_no_other_waiting(self, world, post):
        ask_for(world, "karim@school.test")
        ask_for(world, RUTH)

        def deliver(outgoing):
            if outgoing.recipient != RUTH:
                raise RuntimeError("a bug")
            mailing.deliver(outgoing)

        work(world, deliver=deliver)
        faulty, other = outbox(world)
        assert (faulty.state, faulty.problem, other.state) == (
            MessageState.DUE,
            "RuntimeError",
            MessageState.SENT,
        )

    def test_a_link_left_by_a_worker_that_died_is_not_sent_when_it_is_no_longer_good(self, world, asked):
        with pytest.raises(Died):
            work(world, deliver=die)
        work(world, after=sign_in.LINK_BY_MAIL + timedelta(seconds=1))
        (message,) = outbox(world)
        assert (asked.mails, message.problem, message.about_encrypted) == ([], "too-late", None)

    def test_a_worker_that_died_after_sending_sends_the_same_mail_again(self, world, asked):
        def deliver_and_die(outgoing):
            mailing.deliver(outgoing)
            die(outgoing)

        with pytest.raises(Died):
            work(world, deliver=deliver_and_die)
        work(world)
        assert len(asked.mails) == 1  # its lease still runs
        work(world, after=messages.LEASE + timedelta(seconds=1))
        assert len({mail["Message-ID"] for mail in asked.mails}) == 1
        assert (len(asked.mails), outbox(world)[0].state) == (2, MessageState.SENT)

    def test_it_is_given_up_after_many_tries(self, world):
        ask_for(world, RUTH)

        def fails(outgoing):
            raise MailUnavailable("away")

        for tries in range(messages.MOST_TRIES + 1):
            work(world, after=LATER * tries, deliver=fails)
        assert (outbox(world)[0].state, outbox(world)[0].attempts) == (
            MessageState.REFUSED,
            messages.MOST_TRIES,
        )

    def test_what_was_sent_is_forgotten_after_a_month(self, world, asked):
        work(world)
        with world.app.app_context(), transaction():
            housekeeping.sweep(clock.now() + messages.KEPT_FOR)
        assert outbox(world) == []
