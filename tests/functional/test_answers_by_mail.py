"""Members answer a mail in their mail program: a real mail server, a real mailbox, and the page."""

import re
import signal
import threading
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid

import pytest
from sqlalchemy import select, update

from lti_tool import clock, reply_drafts
from lti_tool.extensions import db
from lti_tool.models import (
    Attachment,
    Comment,
    Community,
    CommunityState,
    ContributionFact,
    InboundMail,
    InboundMailbox,
    Membership,
    MembershipState,
    Message,
    Post,
    User,
)
from lti_tool.services import inbox, messages, replying
from lti_tool.services.replying import Edges
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.functional.test_mails_to_members import SOON, html, later, replied, text, to, work
from tests.functional.test_mails_to_members import course as course
from tests.support.imap_server import mailbox_of
from tests.support.worker_process import DyingWorkers
from tests.unit.knowledge import sample_files

SAID = "Vous pouvez répondre à ce courriel"
QUOTE = "\n\nLe mar. 3 mars 2026 à 10:12, Club <{to}> a\nécrit :\n\n> Bonjour\n> la suite\n"


@pytest.fixture
def mailbox(course):
    """The mailbox in which answers arrive."""
    with mailbox_of(course.world) as box:
        yield box


@pytest.fixture(scope="module")
def dying_workers():
    """Workers that kill themselves when they come to a step."""
    workers = DyingWorkers()
    yield workers
    workers.close()


def read(space, after: timedelta = timedelta()) -> int:
    """Let a worker read the mailbox, as it does each minute."""
    with space.world.app.app_context():
        return inbox.read_due(Edges(lambda: clock.now() + after, transaction, reply_drafts.drafted))


def asked(space, post, title: str = "How?"):
    """Let Ines ask and Karim reply; return her thread, and the mail by which she learns of it."""
    thread = replied(space, title)
    later(space, SOON)
    work(space)
    return thread, to(post, "ines")[-1]


def answer(mail, body: str = "Merci, c’est clair.", **headers) -> EmailMessage:
    """Write an answer to a mail as a mail program does."""
    written = EmailMessage()
    written["From"] = headers.pop("From", f"Inès <{mail['To']}>")
    written["To"] = headers.pop("To", mail["Reply-To"])
    written["Subject"] = f"Re: {mail['Subject']}"
    written["Message-ID"] = headers.pop("Message_ID", make_msgid(domain="phone.test"))
    written["In-Reply-To"] = mail["Message-ID"]
    for name, value in headers.items():
        written[name.replace("_", "-")] = value
    written.set_content(body + QUOTE.format(to=mail["Reply-To"]))
    return written


def comments_of(space, person: str) -> list[Comment]:
    with space.world.database() as session:
        wanted = select(Comment).where(Comment.author_id == space.number(person)).order_by(Comment.id)
        found = list(session.scalars(wanted))
        session.expunge_all()
    return found


def changed(space, statement) -> None:
    with space.world.app.app_context(), transaction():
        db.session.execute(statement.execution_options(synchronize_session=False))


def decides(space, thread, act: str, **fields) -> None:
    """Let staff put a thread elsewhere."""
    until = f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    told = {"body": "It fits better there.", "version": "0", "until": until}
    page = space.home("claire").post(f"posts/{id_of(thread)}/{act}", **told | fields)
    assert page.status == 200, page.text


def answers(post) -> list:
    return [mail for mail in post.mails if mail["Auto-Submitted"] == "auto-replied"]


class TestAMailThatCanBeAnswered:
    def test_says_so_in_text_and_html_and_where_to(self, course, post, mailbox):
        _, mail = asked(course, post)
        name, _, host = mail["Reply-To"].partition("@")
        assert re.fullmatch(r"reply\+[0-9a-z-]+", name), name
        assert (len(name) <= 64, host) == (True, "tool.test")
        for words in (text(mail), html(mail).text):
            assert SAID in " ".join(words.split())

    def test_there_is_none_without_a_mailbox(self, course, post):
        _, mail = asked(course, post)
        assert mail["Reply-To"] is None
        assert SAID not in " ".join(text(mail).split())
        assert course.count(InboundMailbox) == 0
        assert read(course) == 0

    def test_nor_of_several_threads(self, course, post, mailbox):
        replied(course, "One?")
        replied(course, "Another?")
        later(course, SOON)
        work(course)
        (mail,) = to(post, "ines")
        assert mail["Reply-To"] is None

    @pytest.mark.parametrize("what", ["locked", "muted", "closed"])
    def test_nor_where_its_reader_may_not_write(self, course, post, mailbox, what):
        thread = replied(course)
        now = clock.now()
        if what == "locked":
            changed(course, update(Post).where(Post.id == id_of(thread)).values(locked_at=now))
        elif what == "muted":
            muted(course, "ines")
        else:
            changed(course, update(Community).values(state=CommunityState.CLOSED))
        later(course, SOON)
        work(course)
        mails = to(post, "ines")
        assert [mail["Reply-To"] for mail in mails] == [None]


def muted(space, person: str) -> None:
    values = {"state": MembershipState.MUTED, "muted_until": clock.now() + timedelta(days=3)}
    changed(space, update(Membership).where(Membership.id == space.number(person)).values(**values))


class TestAnAnswer:
    def test_becomes_a_comment_under_what_it_answers(self, course, post, mailbox):
        thread, mail = asked(course, post)
        mailbox.put(answer(mail).as_bytes())
        assert read(course) == 1
        (written,) = comments_of(course, "ines")
        assert (written.body, written.post_id) == ("Merci, c’est clair.", id_of(thread))
        assert written.parent_id == comments_of(course, "karim")[0].id
        page = course.home("karim").get(f"posts/{id_of(thread)}")
        assert "Merci, c’est clair." in page.soup.main.text
        assert "écrit" not in page.soup.main.text
        assert mailbox.left() == []

    def test_counts_and_is_told_as_one_written_on_the_page(self, course, post, mailbox):
        _, mail = asked(course, post)
        before = course.count(ContributionFact, ContributionFact.member_id == course.number("ines"))
        mailbox.put(answer(mail).as_bytes())
        read(course)
        after = course.count(ContributionFact, ContributionFact.member_id == course.number("ines"))
        assert after == before + 1
        later(course, SOON)
        work(course)
        assert "Merci" in text(to(post, "karim")[-1])

    def test_can_be_answered_from_the_other_side(self, course, post, mailbox):
        _, mail = asked(course, post)
        mailbox.put(answer(mail).as_bytes())
        read(course)
        later(course, SOON)
        work(course)
        mailbox.put(answer(to(post, "karim")[-1], "De rien.").as_bytes())
        later(course, timedelta(minutes=2))
        read(course)
        assert [one.body for one in comments_of(course, "karim")] == ["Like **this**.", "De rien."]

    def test_goes_where_staff_moved_what_it_answers(self, course, post, mailbox):
        """Into the discussion that the reply became, and into the one that the thread was merged into."""
        thread, mail = asked(course, post)
        (theirs,) = comments_of(course, "karim")
        decides(course, thread, "split", chosen=str(theirs.id), title="The other thing", kind="discussion")
        mailbox.put(answer(mail).as_bytes())
        read(course)
        (written,) = comments_of(course, "ines")
        assert written.post_id != id_of(thread)
        assert "Merci, c’est clair." in course.home("karim").get(f"posts/{written.post_id}").text

        thread, mail = asked(course, post, "Where?")
        other = course.write("ines", title="The place for it")
        decides(course, thread, "merge", into=str(id_of(other)))
        mailbox.put(answer(mail, "Encore merci.").as_bytes())
        read(course)
        assert comments_of(course, "ines")[-1].post_id == id_of(other)
        assert "Encore merci." in course.home("karim").get(f"posts/{id_of(other)}").text

    def test_is_known_when_a_server_wrote_its_address_in_capitals(self, course, post, mailbox):
        _, mail = asked(course, post)
        mailbox.put(answer(mail, To=mail["Reply-To"].upper()).as_bytes())
        read(course)
        assert len(comments_of(course, "ines")) == 1

    def test_is_published_once_however_often_it_lies_there(self, course, post, mailbox):
        _, mail = asked(course, post)
        sent = answer(mail).as_bytes()
        for _ in range(3):
            mailbox.put(sent)
        read(course)
        mailbox.put(sent)
        read(course, timedelta(minutes=2))
        assert len(comments_of(course, "ines")) == 1
        assert (mailbox.left(), course.count(InboundMail)) == ([], 1)

    def test_shows_no_address_that_is_one_members_alone(self, course, post, mailbox):
        _, mail = asked(course, post)
        odd = f"Oui.\nReply to {mail['Reply-To']} or {mail['List-Unsubscribe']}\nNon."
        mailbox.put(answer(mail, odd).as_bytes())
        read(course)
        assert comments_of(course, "ines")[0].body == "Oui.\nNon."

    def test_brings_its_files_and_is_told_which_were_refused(self, course, post, mailbox):
        _, mail = asked(course, post)
        written = answer(mail)
        written.add_attachment(sample_files.picture(), maintype="image", subtype="png", filename="plan.png")
        written.add_attachment(
            b"MZ\x90\x00program", maintype="application", subtype="x-exe", filename="a.exe"
        )
        mailbox.put(written.as_bytes())
        read(course)
        (comment,) = comments_of(course, "ines")
        with course.world.database() as session:
            names = list(session.scalars(select(Attachment.name).where(Attachment.comment_id == comment.id)))
        assert names == ["plan.png"]
        work(course)
        (told,) = answers(post)
        assert "a.exe" in text(told)
        assert "a.exe" in html(told).text
        assert told["To"].startswith("ines")

    def test_html_alone_is_read_and_nothing_of_it_is_trusted(self, course, post, mailbox):
        _, mail = asked(course, post)
        written = answer(mail)
        written.set_content(
            "<div>Oui <script>alert(1)</script>&lt;img src=x onerror=alert(2)&gt;</div>"
            f"<div class='gmail_quote'>Le 3 mars, <a href='mailto:{mail['Reply-To']}'>x</a></div>",
            subtype="html",
        )
        mailbox.put(written.as_bytes())
        read(course)
        (comment,) = comments_of(course, "ines")
        assert "gmail" not in comment.body
        assert "alert(1)" not in comment.body
        page = course.home("karim").get(f"posts/{comment.post_id}")
        assert not page.soup.select("main img[onerror]")


class TestNobodyElse:
    """Whoever has no good token learns nothing, and nothing is written."""

    def refused(self, course, post, mailbox, written: EmailMessage) -> None:
        before = len(post.mails)
        mailbox.put(written.as_bytes())
        read(course, timedelta(minutes=2))
        work(course)
        assert comments_of(course, "ines") == []
        assert len(post.mails) == before
        assert (mailbox.left(), course.count(InboundMail)) == ([], 0)

    @pytest.mark.parametrize("place", range(5))
    def test_a_token_that_was_altered_anywhere(self, course, post, mailbox, place):
        _, mail = asked(course, post)
        token = re.search(r"\+(.+)@", mail["Reply-To"])[1].split("-")
        token[place] = token[place][:-1] + ("b" if token[place][-1] != "b" else "c")
        self.refused(course, post, mailbox, answer(mail, To=f"reply+{'-'.join(token)}@tool.test"))

    def test_a_token_sent_from_another_address(self, course, post, mailbox):
        _, mail = asked(course, post)
        self.refused(course, post, mailbox, answer(mail, From="karim@etu.exemple.test"))

    def test_a_token_whose_days_are_over(self, course, post, mailbox):
        _, mail = asked(course, post)
        later(course, timedelta(days=32))
        self.refused(course, post, mailbox, answer(mail))

    def test_a_token_whose_member_has_another_address_by_now(self, course, post, mailbox):
        _, mail = asked(course, post)
        changed(course, update(User).where(User.sub == "u-ines").values(email="other@exemple.test"))
        self.refused(course, post, mailbox, answer(mail))

    @pytest.mark.parametrize(
        "header",
        [
            {"Auto_Submitted": "auto-replied"},
            {"Auto_Submitted": "auto-generated (rejected)"},
            {"Precedence": "bulk"},
            {"X_Autoreply": "yes"},
            {"Return_Path": "<>"},
            {"List_Id": "<people.exemple.test>"},
        ],
    )
    def test_a_program_that_answers_by_itself(self, course, post, mailbox, header):
        _, mail = asked(course, post)
        self.refused(course, post, mailbox, answer(mail, "I am away.", **header))

    def test_a_mail_with_several_senders(self, course, post, mailbox):
        _, mail = asked(course, post)
        self.refused(course, post, mailbox, answer(mail, From=f"{mail['To']}, x@elsewhere.test"))

    def test_a_mail_that_is_no_answer_stays_for_a_person(self, course, post, mailbox):
        _, mail = asked(course, post)
        mailbox.put(answer(mail, To="reply@tool.test").as_bytes())
        read(course)
        (left,) = mailbox.left()
        assert left.flags == {r"\Flagged"}
        assert read(course, timedelta(minutes=2)) == 0


class TestWhatCannotBeTaken:
    """One calm mail says why, and brings what was typed back."""

    def told(self, course, post, mailbox, written: EmailMessage):
        mailbox.put(written.as_bytes())
        read(course, timedelta(minutes=2))
        read(course, timedelta(minutes=4))
        later(course, timedelta(minutes=5))
        work(course)
        (told,) = answers(post)
        assert comments_of(course, "ines") == []
        assert mailbox.left() == []
        assert told["To"].startswith("ines")
        assert told["Reply-To"] is None
        assert told["In-Reply-To"] == written["Message-ID"]
        return told

    @pytest.mark.parametrize("what", ["locked", "muted", "closed", "gone"])
    def test_where_the_place_takes_nothing(self, course, post, mailbox, what):
        thread, mail = asked(course, post)
        row = update(Post).where(Post.id == id_of(thread))
        if what == "locked":
            changed(course, row.values(locked_at=clock.now()))
        elif what == "gone":
            changed(course, row.values(deleted_at=clock.now()))
        elif what == "muted":
            muted(course, "ines")
        else:
            changed(course, update(Community).values(state=CommunityState.CLOSED))
        told = self.told(course, post, mailbox, answer(mail))
        assert "Merci, c’est clair." in text(told)
        assert "Merci, c’est clair." in html(told).text
        assert "écrit :" not in text(told)

    def test_where_nothing_was_typed(self, course, post, mailbox):
        _, mail = asked(course, post)
        self.told(course, post, mailbox, answer(mail, ""))

    def test_where_it_is_too_long(self, course, post, mailbox):
        _, mail = asked(course, post)
        told = self.told(course, post, mailbox, answer(mail, "word " * 5000))
        assert text(told).count("word") == 5000

    def test_where_it_is_too_large_to_be_read(self, course, post, mailbox):
        _, mail = asked(course, post)
        written = answer(mail)
        written.add_attachment(b"x" * 15_000_000, maintype="video", subtype="mp4", filename="film.mp4")
        raw = written.as_bytes()
        assert len(raw) > 20_000_000
        told = self.told(course, post, mailbox, written)
        assert "Merci, c’est clair." in text(told)
        assert "15" in text(told)
        assert mailbox.sent <= inbox.BEGINNING

    def test_what_was_typed_is_not_kept_when_it_cannot_be_sent_back(self, course, post, mailbox):
        thread, mail = asked(course, post)
        changed(course, update(Post).where(Post.id == id_of(thread)).values(locked_at=clock.now()))
        mailbox.put(answer(mail).as_bytes())
        read(course)
        with course.world.database() as session:
            wanted = select(Message.about_encrypted).where(Message.kind == messages.REPLY_ANSWER)
            assert session.scalars(wanted).one()
            post.at_mail = "554 no"
            work(course)
            session.rollback()
            assert session.scalars(wanted).one() is None

    def test_an_answer_to_that_answer_starts_no_conversation(self, course, post, mailbox):
        thread, mail = asked(course, post)
        changed(course, update(Post).where(Post.id == id_of(thread)).values(locked_at=clock.now()))
        told = self.told(course, post, mailbox, answer(mail))
        mailbox.put(answer(told, To=told["From"]).as_bytes())
        read(course, timedelta(minutes=6))
        work(course)
        assert len(answers(post)) == 1

    def test_a_program_that_writes_on_and_on_is_answered_so_often_and_no_more(self, course, post, mailbox):
        thread, mail = asked(course, post)
        changed(course, update(Post).where(Post.id == id_of(thread)).values(locked_at=clock.now()))
        for number in range(replying.MOST_ANSWERS + 5):
            mailbox.put(answer(mail, f"Encore {number}").as_bytes())
        read(course)
        work(course)
        assert len(answers(post)) == replying.MOST_ANSWERS
        assert mailbox.left() == []


class TestWhateverHappens:
    def test_two_workers_at_once_make_one_comment(self, course, post, mailbox, monkeypatch):
        """Both have the mailbox, as when a lease lapsed under a worker that was only slow."""
        _, mail = asked(course, post)
        raw = answer(mail).as_bytes()
        together = threading.Barrier(2, timeout=20)
        seen = replying._prepared

        def prepared(mail, edges):
            together.wait()
            return seen(mail, edges)

        monkeypatch.setattr(replying, "_prepared", prepared)
        ended = []

        def take() -> None:
            with course.world.app.app_context():
                edges = Edges(clock.now, transaction, reply_drafts.drafted)
                ended.append(replying.take_in(raw, whole=True, edges=edges))

        workers = [threading.Thread(target=take) for _ in range(2)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
        assert ended == [True, True]
        assert len(comments_of(course, "ines")) == 1

    def test_one_worker_at_a_time_has_the_mailbox(self, course, mailbox):
        with course.world.app.app_context():
            with transaction():
                assert inbox._claimed("one", clock.now())
            with transaction():
                assert not inbox._claimed("two", clock.now() + inbox.BETWEEN * 2)
            with transaction():
                assert inbox._claimed("three", clock.now() + inbox.LEASE * 2)
                assert not inbox._renewed("one", clock.now())

    @pytest.mark.parametrize("command", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE", "CLOSE"])
    def test_a_server_that_hangs_up_at_any_step_costs_nothing(self, course, post, mailbox, command):
        _, mail = asked(course, post)
        mailbox.put(answer(mail).as_bytes())
        mailbox.hang_up_at = command
        read(course)
        mailbox.hang_up_at = None
        read(course, timedelta(hours=2))
        assert len(comments_of(course, "ines")) == 1
        assert mailbox.left() == []

    def test_a_mailbox_that_is_away_for_days_is_read_when_it_is_back(self, course, post, mailbox):
        _, mail = asked(course, post)
        chosen = course.world.app.extensions["settings"]
        there = chosen.inbound_mail_url
        object.__setattr__(chosen, "inbound_mail_url", "imap://a:b@127.0.0.1:1")
        for day in range(3):
            read(course, timedelta(days=day))
        with course.world.app.app_context():
            state = inbox.state()
        assert (state.problem, state.read_at) == ("connection", None)
        assert abs(state.failing_since - clock.now()) < timedelta(minutes=1)
        mailbox.put(answer(mail).as_bytes())
        object.__setattr__(chosen, "inbound_mail_url", there)
        read(course, timedelta(days=3))
        with course.world.app.app_context():
            assert inbox.state().failing_since is None
        assert len(comments_of(course, "ines")) == 1

    def test_what_we_cannot_work_with_holds_up_nobody(self, course, post, mailbox, monkeypatch, caplog):
        _, mail = asked(course, post)
        mailbox.put(answer(mail, "Bad luck").as_bytes())
        mailbox.put(answer(mail, "Fine").as_bytes())
        right = replying.typed_in

        def typed_in(words: str) -> str:
            if "Bad luck" in words:
                raise ValueError(words)
            return right(words)

        monkeypatch.setattr(replying, "typed_in", typed_in)
        read(course)
        assert [one.body for one in comments_of(course, "ines")] == ["Fine"]
        assert [one.flags for one in mailbox.left()] == [{r"\Flagged"}]


class TestAWorkerThatDies:
    @pytest.mark.parametrize(
        "step", [f"{when}-{number}" for number in (1, 2, 3, 4, 5) for when in ("before", "after")]
    )
    def test_at_any_step_leaves_one_comment_in_the_end(self, course, post, mailbox, dying_workers, step):
        _, mail = asked(course, post)
        mailbox.put(answer(mail).as_bytes())
        behind = clock.now() - datetime.now(UTC)
        assert dying_workers.run(course.world.app, "answers", step, behind) == -signal.SIGKILL
        read(course, inbox.LEASE * 2)
        read(course, inbox.LEASE * 4)
        assert len(comments_of(course, "ines")) == 1
        assert (mailbox.left(), course.count(InboundMail)) == ([], 1)


class TestTheClock:
    def test_forgets_mails_that_were_dealt_with_long_ago(self, course, post, mailbox):
        _, mail = asked(course, post)
        mailbox.put(answer(mail).as_bytes())
        read(course)
        for days, left in ((89, 1), (91, 0)):
            with course.world.app.app_context(), transaction():
                replying.sweep(clock.now() + timedelta(days=days))
            assert course.count(InboundMail) == left
