"""News in a member's own browser: what a real push service on this machine takes, and its browser reads.

No push service of a browser maker is reached in any test.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from lti_tool import clock, pushing
from lti_tool.extensions import db
from lti_tool.models import PushDevice, PushKey
from lti_tool.services import push_devices, pushes, signing
from lti_tool.transactions import transaction
from tests.functional.test_moderation import measure
from tests.functional.test_plans import PREPARED, forget_earlier_tests, noted
from tests.support.push_service import Browser, PushService
from tests.support.statements import counted

SOON = pushes.SETTLES_FOR + timedelta(seconds=1)


@pytest.fixture
def service():
    opened = PushService()
    yield opened
    opened.close()


@pytest.fixture
def course(space, time_machine):
    """A course on a Tuesday morning, whose people have come in."""
    space.machine = time_machine
    now = datetime.now(ZoneInfo("Europe/Paris"))
    tuesday = now + timedelta(days=(1 - now.weekday()) % 7 or 7)
    time_machine.move_to(tuesday.replace(hour=10, minute=0, second=0))
    for person in ("ines", "karim", "claire"):
        space.home(person)
    return space


def switch_on(course, browser: Browser, person="ines", **more):
    page = course.home(person)
    assert page.post("push/key").status == 200
    answer = page.post("push/devices", **browser.subscription(browser="firefox"), **more)
    assert answer.status == 201, answer.text
    return answer


def work(course, after: timedelta = SOON, **how) -> None:
    course.machine.shift(after)
    with course.world.app.app_context():
        pushes.send_due(clock.now, transaction, pushing.worded, **how)


def reply(course, person="karim", body="An answer.") -> None:
    assert course.home(person).post("posts/1/comments", body=body).status == 200


class TestNewsInABrowser:
    def test_are_told_in_one_sentence_without_what_was_written(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines", title="My own question")
        reply(course, body="The secret of it.")
        work(course)
        (told,) = service.told(browser)
        assert told["title"] == "Manager de proximité"
        assert told["body"].startswith("1 réponse à votre question, par") and "Karim" in told["body"]
        assert told["address"] == "/communities/1/posts/1/comments/1"
        assert (told["language"], told["tag"]) == ("fr", "community-1")
        assert "The secret of it." not in str(told) and "My own question" not in str(told)

    def test_come_signed_by_us_sealed_and_for_a_day_at_most(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        reply(course)
        work(course)
        (sent,) = service.got
        key = course.home("ines").post("push/key")
        assert sent.sender()["k"] == key.response.json["key"]
        assert sent.headers["content-encoding"] == "aes128gcm"
        assert (sent.headers["ttl"], sent.headers["topic"]) == ("86400", "community-1")
        assert b"Karim" not in sent.body

    def test_are_told_once_and_several_together(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines", title="One")
        course.write("ines", title="Other")
        reply(course)
        course.home("karim").post("posts/2/comments", body="And here.")
        work(course)
        work(course)
        (told,) = service.told(browser)
        assert told["body"] == "2 nouveautés vous concernent"
        assert told["address"] == "/communities/1/notifications"

    def test_are_not_told_of_what_was_read_meanwhile_or_before(self, course, service):
        course.write("ines")
        reply(course)
        browser = service.browser()
        switch_on(course, browser)
        reply(course, body="Another answer.")
        until = f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
        course.home("ines").post("notifications/read", until=until)
        work(course)
        assert service.got == []

    def test_are_only_what_speaks_to_oneself(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("karim")
        course.home("ines").post("posts/1/attention", attention="followed")
        course.home("claire").post("posts/1/comments", body="For who follows.")
        work(course)
        assert service.got == []

    def test_wait_for_the_morning_and_come_then(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        course.machine.move_to(datetime.now(ZoneInfo("Europe/Paris")).replace(hour=23))
        course._pages.clear()  # their sessions are over
        reply(course)
        work(course)
        assert service.got == []
        work(course, timedelta(hours=12))
        assert len(service.told(browser)) == 1

    def test_of_a_friday_night_come_on_monday(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        friday = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(days=3)
        assert friday.weekday() == 4
        course.machine.move_to(friday.replace(hour=21))
        course._pages.clear()
        reply(course)
        work(course)
        work(course, timedelta(days=2))
        assert service.got == []
        work(course, timedelta(hours=12))
        assert len(service.told(browser)) == 1

    def test_that_take_the_place_of_others_tell_of_them_too(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        reply(course)
        work(course)
        reply(course, body="Another answer.")
        work(course)
        first, second = service.told(browser)
        assert (first["body"][:9], second["body"][:10]) == ("1 réponse", "2 réponses")

    def test_end_for_somebody_who_was_removed(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        reply(course)
        measure(course, "removed", "ines")
        work(course)
        assert service.got == []

    def test_are_of_each_community_by_itself(self, course, service):
        one, other = service.browser("one"), service.browser("other")
        switch_on(course, one)
        switch_on(course, other, "karim")
        course.write("ines")
        reply(course)
        work(course)
        assert len(service.told(one)) == 1 and service.told(other) == []


class TestAPushService:
    def test_that_knows_the_browser_no_longer_ends_it(self, course, service):
        for gone in (404, 410):
            browser = service.browser(str(gone))
            switch_on(course, browser)
            service.answers[f"/{gone}"] = (gone, {})
        course.write("ines")
        reply(course)
        work(course)
        assert course.count(PushDevice) == 0

    def test_that_is_busy_is_asked_again_when_it_says(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        service.answers["/one"] = (429, {"Retry-After": "600"})
        reply(course)
        work(course)
        service.answers.clear()
        work(course, timedelta(minutes=5))
        assert len(service.got) == 1
        work(course, timedelta(minutes=6))
        assert len(service.got) == 2
        work(course, timedelta(minutes=6))
        assert len(service.got) == 2

    def test_that_refuses_one_piece_of_news_gets_the_next(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        service.answers["/one"] = (413, {})
        reply(course)
        work(course)
        assert "ne répond pas" in course.home("ines").get("mails").text
        service.answers.clear()
        work(course)
        assert len(service.got) == 1
        reply(course, body="Another answer.")
        work(course)
        assert len(service.got) == 2
        assert "ne répond pas" not in course.home("ines").get("mails").text

    def test_that_is_away_holds_up_nobody_else(self, course, service):
        away = PushService()
        switch_on(course, away.browser())
        away.close()
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        reply(course)
        work(course)
        assert len(service.told(browser)) == 1

    @pytest.mark.parametrize("dies_after", ["claimed", "sent"])
    def test_is_told_again_by_who_comes_after_a_worker_that_died(self, course, service, dies_after):
        """Between the two nobody knows whether it arrived: the topic makes one of both."""
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        reply(course)

        class Died(BaseException):
            pass

        def pause(after):
            if after == dies_after:
                raise Died

        with pytest.raises(Died):
            work(course, pause=pause)
        work(course)
        before = len(service.got)
        work(course, pushes.LEASE)
        assert len(service.got) == before + 1
        assert {one.headers["topic"] for one in service.got} == {"community-1"}
        work(course, pushes.LEASE)
        assert len(service.got) == before + 1

    def test_holds_up_nobody_when_ours_is_at_fault(self, course, service, monkeypatch):
        one, other = service.browser("one"), service.browser("other")
        switch_on(course, one)
        switch_on(course, other, "karim")
        course.write("ines", title="Of Ines")
        course.write("karim", title="Of Karim")
        reply(course)
        course.home("ines").post("posts/2/comments", body="And to Karim.")
        usual = pushes.readers.reader
        ines = course.number("ines")

        def reader(member_id, now):
            if member_id == ines:
                raise RuntimeError("a fault of ours")
            return usual(member_id, now)

        monkeypatch.setattr(pushes.readers, "reader", reader)
        work(course)
        assert (service.told(one), len(service.told(other))) == ([], 1)
        monkeypatch.undo()
        work(course, timedelta(minutes=2))
        assert len(service.told(one)) == 1


class TestWhatARunCosts:
    def test_looks_once_at_devices_for_which_nothing_is_new(self, course, service):
        """Ten browsers more that wait for nothing are no statement more."""

        def cost(body: str) -> int:
            reply(course, body=body)
            course.machine.shift(SOON)
            with course.world.app.app_context(), counted() as sent:
                pushes.send_due(clock.now, transaction, pushing.worded)
            return len(sent)

        course.write("ines")
        switch_on(course, service.browser("of-ines"))
        few = cost("An answer.")
        with course.world.app.app_context(), transaction():
            kept = db.session.scalars(select(PushDevice)).one()
            same = {
                "endpoint": kept.endpoint,
                "public": kept.public,
                "secret": kept.secret,
                "browser": "other",
            }
            for number in range(10):
                row = {"community_id": 1, "member_id": course.number("karim"), "digest": f"{number:064}"}
                moments = dict.fromkeys(("told_until", "created_at", "due_at"), clock.now())
                db.session.add(PushDevice(**same, **row, **moments, attempts=0))
        assert cost("Another answer.") == few
        assert len(service.got) == 2

    def test_stands_on_indexes(self, course, service):
        switch_on(course, service.browser())
        course.write("ines")
        reply(course)
        course.machine.shift(SOON)
        with course.world.app.app_context():
            forget_earlier_tests()
            with noted() as sent:
                pushes.send_due(clock.now, transaction, pushing.worded)
            connection = db.session.connection()
            scans = PREPARED[connection.dialect.name](connection)
            ours = {one: values for one, values in sent.items() if "push_device" in one}
            scanned = {one: scans(connection, one, values) for one, values in ours.items()}
            db.session.rollback()
        assert len(ours) >= 3
        assert {one: steps for one, steps in scanned.items() if steps} == {}


class TestSwitching:
    def test_shows_where_it_is_on_and_off_again(self, course, service):
        browser = service.browser()
        assert "Firefox" in switch_on(course, browser).text
        page = course.home("ines").get("mails")
        (form,) = page.soup.select("form[action*='/push/devices/']")
        assert page.soup.select_one("[data-device]")["data-device"] == push_devices.digest_of(
            browser.endpoint
        )
        number = form["action"].split("/devices/")[1].partition("/")[0]
        assert course.home("karim").post(f"push/devices/{number}/off").status == 404
        assert "done=push-off" in course.home("ines").post(f"push/devices/{number}/off").path
        assert course.count(PushDevice) == 0

    def test_takes_the_browser_from_whoever_had_it(self, course, service):
        """A shared computer: the next person's news are not those of whoever was there before."""
        browser = service.browser()
        switch_on(course, browser, "karim")
        switch_on(course, browser, "ines")
        with course.world.database() as session:
            assert session.scalars(select(PushDevice.member_id)).all() == [course.number("ines")]

    def test_makes_our_key_where_nobody_asked_for_it(self, course, service):
        said = service.browser().subscription(browser="edge")
        assert course.home("ines").post("push/devices", **said).status == 201
        assert course.count(PushKey) == 1

    def test_twice_is_once_and_keeps_five(self, course, service):
        for _ in range(2):
            switch_on(course, service.browser("again"))
        assert course.count(PushDevice) == 1
        for number in range(6):
            switch_on(course, service.browser(str(number)))
        assert course.count(PushDevice) == push_devices.MOST_DEVICES

    @pytest.mark.parametrize(
        "wrong",
        [
            {"endpoint": "javascript:alert(1)"},
            {"endpoint": "https://user@push.test/"},
            {"endpoint": "https://push.test/" + "x" * 3000},
            {"public": "nonsense"},
            {"secret": ""},
            {"browser": "<b>"},
        ],
    )
    def test_refuses_what_no_browser_says(self, course, service, wrong):
        said = service.browser().subscription() | wrong
        assert course.home("ines").post("push/devices", **said).status == 422
        assert course.count(PushDevice) == 0

    def test_calls_no_address_that_may_not_be_called(self, course):
        """The end point is whatever a browser says: the same rules hold for it as for every call."""
        browser = Browser("https://169.254.169.254/latest/")
        switch_on(course, browser)
        course.write("ines")
        reply(course)
        work(course)
        with course.world.database() as session:
            assert session.scalars(select(PushDevice.problem)).one() == "outbound-forbidden"

    def test_ends_when_its_member_signs_out_there(self, course, service):
        here, elsewhere = service.browser("here"), service.browser("elsewhere")
        for browser in (here, elsewhere):
            switch_on(course, browser)
        course.home("ines").post("sign-out", push_endpoint=here.endpoint)
        with course.world.database() as session:
            assert session.scalars(select(PushDevice.endpoint)).all() == [elsewhere.endpoint]

    def test_of_others_is_not_ended_by_signing_out(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.home("karim").post("sign-out", push_endpoint=browser.endpoint)
        assert course.count(PushDevice) == 1


class TestOurKey:
    def test_is_made_once_and_kept_encrypted(self, course):
        keys = {course.home(person).post("push/key").response.json["key"] for person in ("ines", "karim")}
        assert len(keys) == 1
        with course.world.database() as session:
            assert "PRIVATE" not in session.scalars(select(PushKey.private_encrypted)).one()

    def test_is_encrypted_anew_with_the_others(self, course):
        course.home("ines").post("push/key")
        with course.world.app.app_context(), transaction():
            before = db.session.scalars(select(PushKey.private_encrypted)).one()
            signing.encrypt_anew(clock.now())
            assert db.session.scalars(select(PushKey.private_encrypted)).one() != before

    def test_that_cannot_be_opened_sends_nothing_and_tries_again(self, course, service):
        browser = service.browser()
        switch_on(course, browser)
        course.write("ines")
        reply(course)
        with course.world.app.app_context(), transaction():
            kept = db.session.scalars(select(PushKey.private_encrypted)).one()
            db.session.execute(update(PushKey).values(private_encrypted="gAAAA"))
        work(course)
        assert service.got == []
        with course.world.app.app_context(), transaction():
            db.session.execute(update(PushKey).values(private_encrypted=kept))
        work(course, timedelta(minutes=2))
        assert len(service.got) == 1
