"""Guests: invited by mail into one community until a day, let in once by each link, gone when it is over."""

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock, mailing
from lti_tool.extensions import db
from lti_tool.models import (
    AuditEntry,
    BrowserSession,
    Community,
    CommunityState,
    Enrolment,
    GuestInvitation,
    GuestLink,
    Membership,
    Message,
    Platform,
    PlatformState,
    Role,
    RunningScore,
    ScoreDelivery,
    Seat,
    User,
)
from lti_tool.services import (
    erasure,
    guest_entry,
    guests,
    housekeeping,
    messages,
    person_export,
    purging,
    rosters,
    sessions,
)
from lti_tool.transactions import transaction
from tests.functional.space import Space, id_of
from tests.support.classroom import Classroom
from tests.support.world import ENGLISH, TOOL, Page

EMAIL = "nadia@expert.test"
NAME = "Nadia Benali"
LINK = re.compile(r"https://tool\.test(/o/guest/\S+)")


class Desk:
    """Staff who invite, the mails that go out, and guests with browsers of their own."""

    def __init__(self, space: Space, post) -> None:
        self.space, self.world, self.post = space, space.world, post

    def invite(self, by: str = "claire", **fields) -> Page:
        sent = {
            "name": NAME,
            "email": EMAIL,
            "role": "guest_expert",
            "last_day": (clock.now() + timedelta(days=60)).date().isoformat(),
            "language": "en",
        } | fields
        return self.space.home(by).post("members/guests", **sent)

    def mailed(self) -> list:
        """Send what is due; return every mail so far."""
        with self.world.app.app_context():
            messages.send_due(clock.now, transaction, mailing.deliver)
        return self.post.mails

    def link(self) -> str:
        """Return the path of the link in the latest mail."""
        body = self.mailed()[-1].get_body(("plain",)).get_content()
        return LINK.search(body)[1]

    def invited(self, **fields) -> str:
        """Invite somebody and return the path of their link."""
        page = self.invite(**fields)
        assert page.path.partition("?")[0].endswith("/members/guests"), page.text
        return self.link()

    def browser(self):
        opened = self.world.browser()
        opened.headers = {"Sec-Fetch-Dest": "document", "Accept-Language": "en", "Origin": TOOL}
        return opened

    def press(self, link: str, browser=None, follow: bool = True) -> Page:
        """Open a link and press its button."""
        return (browser or self.browser()).post(link, {}, follow=follow)

    def guest(self, **fields) -> Page:
        """Invite somebody who accepts; return their home page."""
        return self.press(self.invited(**fields))

    def ask(self, email: str = EMAIL, browser=None) -> Page:
        return (browser or self.browser()).post("/sign-in/guest", {"email": email}, follow=False)

    def row(self) -> GuestInvitation:
        with self.world.database() as session:
            row = session.scalars(select(GuestInvitation)).one()
            session.expunge(row)
            return row

    def acts(self) -> list[tuple]:
        with self.world.database() as session:
            wanted = select(AuditEntry).where(AuditEntry.act.like("guest.%")).order_by(AuditEntry.id)
            return [(one.act, one.subject, one.detail) for one in session.scalars(wanted)]

    def count(self, *of) -> int:
        return self.space.count(*of)


@pytest.fixture
def desk(space, post):
    return Desk(space, post)


class TestInviting:
    def test_sends_one_mail_in_the_language_that_was_chosen(self, desk):
        desk.invite(language="fr", last_day="2027-03-28")
        (mail,) = desk.mailed()
        assert str(mail["To"]) == EMAIL
        text = mail.get_body(("plain",)).get_content()
        assert "28 mars 2027" in text and "Claire Dubois" in text and LINK.search(text)
        desk.invite(email="other@expert.test", language="en", role="sponsor", last_day="2027-03-28")
        text = desk.mailed()[1].get_body(("plain",)).get_content()
        assert "28 March 2027" in text and "sponsor" in text

    def test_keeps_no_secret_but_a_hash(self, desk):
        secret = desk.invited().rpartition("/")[2]
        with desk.world.database() as session:
            (link,) = session.scalars(select(GuestLink))
            assert link.token_hash == sessions.digest(secret)
            assert [one.about_encrypted for one in session.scalars(select(Message))] == [None]

    def test_is_listed_with_its_state_for_those_who_may_appoint(self, desk):
        desk.invited()
        page = desk.space.home("claire").get("members/guests")
        assert page.status == 200
        assert NAME in page.text and EMAIL in page.text and "Claire Dubois" in page.text
        for person in ("ines", "karim"):
            if person == "karim":
                desk.space.home_of(Role.COMMUNITY_MANAGER)
            assert desk.space.home(person).get("members/guests").status == 403

    def test_is_in_the_audit_log_without_the_address(self, desk):
        desk.guest(last_day="2027-03-28")
        number = desk.row().id
        desk.space.home("claire").post(f"members/guests/{number}/withdrawal")
        told = {"role": "guest_expert", "until": "2027-03-28"}
        subject = f"guest:{number}"
        assert desk.acts() == [("guest.invited", subject, told), ("guest.accepted", subject, told)]
        page = desk.space.home("claire").get("audit")
        assert page.text.count(NAME) >= 3 and EMAIL not in page.html

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"email": "no address"}, "email"),
            ({"email": ""}, "email"),
            ({"name": " "}, "name"),
            ({"last_day": ""}, "last_day"),
            ({"last_day": "2020-01-01"}, "last_day"),
            ({"last_day": "2999-01-01"}, "last_day"),
            ({"role": "trainer"}, None),
            ({"role": "community_manager"}, None),
            ({"language": "de"}, None),
        ],
    )
    def test_refuses_what_cannot_be_and_keeps_what_was_typed(self, desk, fields, name):
        page = desk.invite(**fields)
        assert page.status == 422
        if name is not None:
            assert page.soup.select_one(f"[name={name}][aria-invalid=true]")
        if "name" not in fields:
            assert page.soup.select_one("input[name=name]")["value"] == NAME
        assert desk.count(GuestInvitation) == desk.count(Message) == 0

    def test_takes_an_address_once_whatever_its_capitals(self, desk):
        desk.invite()
        page = desk.invite(email=EMAIL.upper())
        assert (page.status, desk.count(GuestInvitation)) == (422, 1)

    def test_leaves_those_of_the_course_to_the_list_of_members(self, desk):
        desk.space.home("ines")
        with desk.world.app.app_context(), transaction():
            user = db.session.scalars(select(User).where(User.sub == "u-ines")).one()
            user.email = "Ines@Course.test"
        assert desk.invite(email="ines@course.test").status == 422
        assert desk.count(GuestInvitation) == 0

    def test_has_an_end_each_day(self, desk, monkeypatch):
        monkeypatch.setattr(guests, "MOST_A_DAY", 2)
        answers = [desk.invite(email=f"{number}@expert.test").status for number in range(3)]
        assert answers == [200, 200, 422]


class TestALink:
    def test_shows_a_page_to_a_mail_scanner_and_stays_good(self, desk):
        link, scanner = desk.invited(), desk.browser()
        for _ in range(3):
            page = scanner.get(link)
            assert (page.status, len(page.soup.select("button"))) == (200, 1)
            assert NAME in page.text
            assert "frame-ancestors 'none'" in page.response.headers["Content-Security-Policy"]
            assert "Set-Cookie" not in page.response.headers
        assert desk.count(Membership, Membership.user_id.in_(theirs())) == 0
        assert desk.press(link).status == 200

    def test_makes_the_guest_a_member_of_this_community_alone(self, desk):
        home = desk.guest()
        assert home.status == 200 and NAME in home.text
        with desk.world.database() as session:
            user = session.scalars(select(User).where(User.email == EMAIL)).one()
            (member,) = session.scalars(select(Membership).where(Membership.user_id == user.id))
            assert user.invited and user.name == NAME
            assert member.appointed_role is Role.GUEST_EXPERT
            assert member.appointed_by_id == desk.space.number("claire")
            assert session.scalars(select(Enrolment).where(Enrolment.user_id == user.id)).all() == []
        elsewhere = desk.world.enter("grace", ENGLISH).community
        assert home.browser.get(elsewhere).status == 404

    def test_lets_in_once(self, desk):
        link = desk.invited()
        desk.press(link)
        again = desk.press(link, follow=False)
        assert (again.status, again.soup.h1.text) == (410, "This link has been used")
        assert "/sign-in/guest" in again.html
        assert desk.browser().get(link).status == 410
        assert desk.count(Seat, Seat.user_id.in_(theirs())) == 1

    def test_opened_again_where_it_was_used_leads_in_and_signs_in_nobody(self, desk):
        link = desk.invited()
        home = desk.press(link)
        assert home.status == 200
        page = home.browser.answer_of(link)
        assert (page.status_code, page.location.partition("?")[0]) == (303, home.community)
        assert "Set-Cookie" not in page.headers

    def test_is_good_for_a_fortnight_and_never_beyond_the_last_day(self, desk, time_machine):
        at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        time_machine.move_to(at, tick=True)
        long, short = desk.invited(), desk.invited(email="b@expert.test", last_day="2026-03-04")
        time_machine.move_to(datetime(2026, 3, 4, 22, 58, tzinfo=UTC), tick=True)  # 23.58 in Paris
        assert desk.browser().get(short).status == 200
        time_machine.move_to(datetime(2026, 3, 4, 23, 1, tzinfo=UTC), tick=True)
        page = desk.press(short, follow=False)
        assert (page.status, page.soup.h1.text) == (410, "Your visit is over")
        time_machine.move_to(at + timedelta(days=14, minutes=1), tick=True)
        page = desk.press(long, follow=False)
        assert (page.status, page.soup.h1.text) == (410, "This link is no longer good")
        assert desk.count(User, User.sub.like("invited:%")) == 0

    def test_that_nobody_made_is_not_known(self, desk):
        link = desk.invited()
        for forged in (link[:-1], link + "x", "/o/guest/" + "A" * 43, "/o/guest/%F0%9F", "/o/guest/é"):
            for page in (desk.browser().get(forged), desk.press(forged, follow=False)):
                assert (page.status, page.soup.h1.text) == (410, "This link is not known"), forged

    def test_is_not_used_up_by_another_sites_form(self, desk):
        link = desk.invited()
        for origin in ("https://evil.test", "null"):
            browser = desk.browser()
            browser.headers["Origin"] = origin
            assert desk.press(link, browser).status == 403
        del browser.headers["Origin"]
        assert desk.press(link, browser).status == 403
        assert desk.press(link).status == 200

    def test_of_two_who_use_it_at_once_lets_in_one(self, desk):
        link, statuses = desk.invited(), []
        ready = threading.Barrier(4)

        def use():
            browser = desk.browser()
            ready.wait()
            statuses.append(desk.press(link, browser, follow=False).status)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [303, 410, 410, 410]
        assert desk.count(Membership, Membership.user_id.in_(theirs())) == 1
        assert desk.count(Seat, Seat.user_id.in_(theirs())) == 1

    def test_waits_while_the_lms_is_suspended(self, desk):
        link = desk.invited()
        for state, status in ((PlatformState.SUSPENDED, 410), (PlatformState.ACTIVE, 200)):
            with desk.world.app.app_context(), transaction():
                db.session.get(Platform, desk.world.platform_id).state = state
            assert desk.press(link).status == status

    def test_that_is_sent_anew_ends_the_one_before(self, desk):
        first, number = desk.invited(), desk.row().id
        page = desk.space.home("claire").post(f"members/guests/{number}/link", last_day="2027-03-28")
        assert "done=guest-invited-again" in page.path
        assert desk.press(first).status == 410
        assert desk.press(desk.link()).status == 200
        assert [act for act, _, _ in desk.acts()] == [
            *("guest.invited", "guest.invited-again", "guest.accepted"),
        ]

    def test_is_sent_anew_three_times_in_a_quarter_of_an_hour(self, desk):
        desk.invited()
        claire, number = desk.space.home("claire"), desk.row().id
        answers = [
            claire.post(f"members/guests/{number}/link", last_day="2027-03-28").status for _ in range(3)
        ]
        assert answers == [200, 200, 409]

    def test_withdrawn_and_invited_anew_in_turns_is_mailed_no_more_often(self, desk, time_machine):
        answers = []
        for _ in range(4):
            page = desk.invite()
            answers.append(page.status)
            desk.mailed()
            desk.space.home("claire").post(f"members/guests/{desk.row().id}/withdrawal")
        assert answers == [200, 200, 200, 422]
        assert "Several were sent to this address" in page.text or "Plusieurs" in page.text
        assert len(desk.mailed()) == 3
        time_machine.move_to(clock.now() + timedelta(minutes=16))
        assert desk.invite().status == 200


def theirs():
    return select(User.id).where(User.sub.like("invited:%"))


class TestAnotherBrowser:
    def test_is_let_in_by_a_link_of_its_own(self, desk):
        first = desk.guest()
        other = desk.browser()
        page = other.get(first.community)
        assert page.status == 401 and "/sign-in/guest" in page.html
        assert desk.ask(browser=other).status == 200
        home = desk.press(desk.link(), other)
        assert home.status == 200 and NAME in home.text
        assert home.seat != first.seat
        assert first.get("").status == 200
        assert desk.count(Membership, Membership.user_id.in_(theirs())) == 1
        assert len(desk.post.mails) == 2

    def test_says_the_same_to_every_address(self, desk):
        desk.guest()
        answers = {desk.ask(email).response.data for email in (EMAIL, "Nadia@Expert.test", "who@x.test")}
        assert len(answers) == 1
        assert len(desk.mailed()) == 3

    def test_is_told_what_is_no_address(self, desk):
        assert desk.ask("nobody").status == 422

    def test_is_mailed_a_few_times_in_a_quarter_of_an_hour(self, desk, time_machine):
        at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        time_machine.move_to(at, tick=True)
        desk.guest()
        assert {desk.ask().status for _ in range(6)} == {200}
        assert len(desk.mailed()) == guests.MOST_LINKS
        time_machine.move_to(at + timedelta(minutes=16), tick=True)
        desk.ask()
        assert len(desk.mailed()) == guests.MOST_LINKS + 1

    def test_is_mailed_no_more_when_very_many_asked(self, desk, monkeypatch):
        desk.guest()
        monkeypatch.setattr(guest_entry, "MOST_AT_ALL", 1)
        desk.ask()
        desk.ask()
        assert len(desk.mailed()) == 2

    def test_of_somebody_who_has_not_accepted_may_ask_as_well(self, desk, time_machine):
        at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        time_machine.move_to(at, tick=True)
        desk.invited(last_day="2026-06-30")
        time_machine.move_to(at + timedelta(days=20), tick=True)
        assert "expirée" in desk.space.world.enter("claire").get("members/guests").html
        desk.ask()
        assert desk.press(desk.link()).status == 200

    def test_has_an_hour(self, desk, time_machine):
        at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        time_machine.move_to(at, tick=True)
        desk.guest(last_day="2026-06-30")
        desk.ask()
        link = desk.link()
        time_machine.move_to(at + timedelta(minutes=61), tick=True)
        assert desk.press(link).status == 410

    def test_gets_a_link_for_each_community(self, desk):
        desk.invited()
        elsewhere = desk.world.enter("claire", ENGLISH)
        sent = {"name": NAME, "email": EMAIL, "role": "sponsor", "last_day": "2027-03-28", "language": "en"}
        elsewhere.post("members/guests", **sent)
        first = len(desk.mailed())
        desk.ask()
        links = [LINK.search(mail.get_body(("plain",)).get_content())[1] for mail in desk.mailed()[first:]]
        homes = [desk.press(link) for link in links]
        assert {home.community for home in homes} == {desk.space.home("ines").community, elsewhere.community}
        assert desk.count(User, User.sub.like("invited:%")) == 2


class TestSomebodyElse:
    def test_who_is_signed_in_is_named_and_nothing_is_mixed(self, desk):
        link, ines = desk.invited(), desk.space.home("ines")
        ines.browser.headers |= {"Origin": TOOL}
        page = ines.browser.get(link)
        assert page.status == 200 and "Inès Lefèvre" in page.text
        assert [form["action"] for form in page.soup.select("form")] == [f"{link}/sign-out"]
        refused = ines.browser.post(link, {}, follow=False)
        assert refused.status == 409 and "Inès Lefèvre" in refused.text
        assert desk.count(Seat, Seat.user_id.in_(theirs())) == 0
        assert "Inès" in ines.get("").text

    def test_is_signed_out_first_and_then_the_guest_comes_in(self, desk):
        link, ines = desk.invited(), desk.space.home("ines")
        ines.browser.headers |= {"Origin": TOOL}
        page = ines.browser.post(f"{link}/sign-out", {})
        assert page.status == 200 and "Inès Lefèvre" not in page.text
        assert ines.get("").status == 401
        home = desk.press(link, ines.browser)
        assert home.status == 200 and NAME in home.text
        shown = home.browser.get(home.community)
        assert NAME in shown.text and "Inès Lefèvre" not in shown.soup.select_one(".own-name").text

    def test_who_was_invited_as_well_is_somebody_else(self, desk):
        first = desk.guest()
        link = desk.invited(email="b@expert.test", name="Bea Long")
        refused = first.browser.post(link, {}, follow=False)
        assert refused.status == 409 and NAME in refused.text

    def test_of_another_community_is_in_nobodys_way(self, desk):
        link, grace = desk.invited(), desk.world.enter("grace", ENGLISH)
        grace.browser.headers |= {"Origin": TOOL}
        home = desk.press(link, grace.browser)
        assert home.status == 200 and NAME in home.text
        assert grace.get("").status == 200
        assert grace.get("members").status == 200
        assert NAME not in grace.get("members").text

    def test_is_signed_out_by_no_other_site(self, desk):
        link, ines = desk.invited(), desk.space.home("ines")
        ines.browser.headers |= {"Origin": "https://evil.test"}
        assert ines.browser.post(f"{link}/sign-out", {}).status == 403
        assert ines.get("").status == 200

    def test_a_made_up_link_signs_nobody_out(self, desk):
        ines = desk.space.home("ines")
        ines.browser.headers |= {"Origin": TOOL}
        assert ines.browser.post("/o/guest/made-up/sign-out", {}).status == 410
        assert ines.get("").status == 200


class TestTheEnd:
    def test_comes_with_the_last_day_in_every_browser_at_once(self, desk, time_machine):
        time_machine.move_to(datetime(2026, 3, 28, 21, 0, tzinfo=UTC), tick=True)
        home = desk.guest(last_day="2026-03-28")
        time_machine.move_to(datetime(2026, 3, 28, 22, 58, tzinfo=UTC), tick=True)  # 23.58 in Paris
        assert home.get("").status == 200
        token = home.seat_token
        time_machine.move_to(datetime(2026, 3, 28, 23, 1, tzinfo=UTC), tick=True)
        for page in (home.get(""), home.get("members"), home.get("nothing")):
            assert (page.status, page.soup.h1.text) == (403, "Your visit is over")
        refused = home.post("posts/1/comments", body="Too late", seat_token=token)
        assert refused.status == 403 and "Too late" in refused.html
        desk.ask()
        assert len(desk.mailed()) == 1

    def test_by_staff_is_at_once(self, desk):
        home, number = desk.guest(), desk.row().id
        desk.space.home("claire").post(f"members/guests/{number}/withdrawal")
        assert (home.get("").status, home.get("").soup.h1.text) == (403, "Your visit is over")
        desk.ask()
        assert len(desk.mailed()) == 1
        assert NAME not in desk.space.home("ines").get("members").text

    def test_by_dismissal_in_the_list_of_members_is_the_same(self, desk):
        home, member = desk.guest(), desk.row().member_id
        desk.space.home("claire").post(f"members/{member}/appointment/end")
        assert home.get("").status == 403

    def test_by_removal_is_the_same_and_no_link_brings_them_back(self, desk):
        home, row = desk.guest(), desk.row()
        desk.ask()
        link, claire = desk.link(), desk.space.home("claire")
        claire.post(f"members/{row.member_id}/moderation", act="removed", body="Enough.")
        assert home.get("").status == 403
        assert desk.press(link).status == 410
        again = claire.post(f"members/guests/{row.id}/link", last_day="2027-03-28")
        assert again.status == 409

    def test_of_an_invitation_before_it_is_accepted(self, desk):
        link, number = desk.invited(), desk.row().id
        desk.space.home("claire").post(f"members/guests/{number}/withdrawal")
        page = desk.press(link)
        assert (page.status, page.soup.h1.text) == (410, "This invitation was withdrawn")
        desk.ask()
        assert len(desk.mailed()) == 1
        assert [act for act, _, _ in desk.acts()] == ["guest.invited", "guest.withdrawn"]
        assert desk.invite().path.partition("?")[0].endswith("/guests")
        assert desk.press(desk.link()).status == 200

    def test_calls_back_the_mail_that_waits(self, desk):
        desk.invite()
        desk.space.home("claire").post(f"members/guests/{desk.row().id}/withdrawal")
        assert desk.mailed() == []
        desk.invite()
        assert len(desk.mailed()) == 1

    def test_can_be_followed_by_another_visit_of_the_same_person(self, desk):
        home, row = desk.guest(), desk.row()
        claire = desk.space.home("claire")
        claire.post(f"members/guests/{row.id}/withdrawal")
        assert claire.get(f"members/guests/{row.id}").status == 200
        claire.post(f"members/guests/{row.id}/link", last_day="2027-03-28")
        assert home.get("").status == 200
        assert desk.press(desk.link()).status == 200
        assert desk.count(User, User.sub.like("invited:%")) == 1

    def test_is_asked_for_again_by_nobody_who_is_here(self, desk):
        desk.guest()
        row = desk.row()
        page = desk.space.home("claire").post(f"members/guests/{row.id}/link", last_day="2027-03-28")
        assert page.status == 409

    def test_may_be_another_day_and_never_none(self, desk):
        desk.guest()
        claire, member = desk.space.home("claire"), desk.row().member_id
        chosen = claire.get(f"members/{member}/appointment")
        assert [one["value"] for one in chosen.soup.select("input[name=role]")] == ["guest_expert", "sponsor"]
        address = f"members/{member}/appointment"
        assert claire.post(address, role="guest_expert", last_day="").status == 422
        assert claire.post(address, role="community_manager", last_day="2027-03-28").status == 404
        assert claire.post(address, role="sponsor", last_day="2027-03-28").status == 200
        assert "sponsor" in claire.get("members/guests").html


class TestElsewhere:
    def test_invitations_of_another_community_are_not_there(self, desk):
        desk.invited()
        number = desk.row().id
        outsider = desk.world.enter("claire", ENGLISH)
        assert outsider.get(f"members/guests/{number}").status == 404
        assert outsider.post(f"members/guests/{number}/withdrawal").status == 404
        assert outsider.post(f"members/guests/{number}/link", last_day="2027-03-28").status == 404
        assert NAME not in outsider.get("members/guests").text


class TestAGuest:
    def test_is_listed_with_who_invited_them_and_until_when(self, desk):
        desk.guest(last_day="2027-03-28")
        page = desk.space.home("claire").get("members")
        row = next(one for one in page.soup.select("tbody tr") if NAME in one.text)
        assert "Claire Dubois" in row.text and "2027" in row.text
        assert not row.select("button[value=community_manager]")
        assert NAME in desk.space.home("ines").get("members").text

    def test_reads_and_answers_and_nothing_of_it_is_graded(self, world, post):
        classroom = Classroom(world).ready()
        desk = Desk(Space(world), post)
        home = desk.guest()
        asked = classroom.ask("ines")
        words = " ".join(f"word{one}" for one in range(30))
        page = home.post(f"posts/{id_of(asked)}/comments", body=words)
        assert page.status == 200 and words in page.text
        classroom.send()
        classroom.deliver()
        member = desk.row().member_id
        assert desk.count(ScoreDelivery, ScoreDelivery.member_id != member) == 1
        for table in (ScoreDelivery, RunningScore, Enrolment):
            whose = table.user_id if table is Enrolment else table.member_id
            ours = theirs() if table is Enrolment else select(Membership.id).where(Membership.id == member)
            assert desk.count(table, whose.in_(ours)) == 0
        assert NAME not in classroom.trainer.get("grading").text
        assert home.get("participation").status == 403

    def test_finds_every_page_that_their_role_opens(self, desk):
        home = desk.guest()
        thread = desk.space.write()
        pages = ["", "to-answer", "my-data", "help", "welcome", "charter", "life", "discussions", "topics"]
        pages += ["notifications", "mails", "mails/sent", "calendar", f"posts/{id_of(thread)}", "members"]
        pages += ["bookmarks", "search?q=begin", "profile", f"members/{desk.row().member_id}", "subgroups"]
        for page in pages:
            assert home.browser.get(f"{home.community}{page}").status == 200, page
        own = home.get("my-data")
        assert EMAIL in own.text and "invited:" not in own.html

    def test_who_is_a_sponsor_finds_the_lobby(self, desk):
        home = desk.guest(role="sponsor")
        assert home.status == 200 and "sponsor" in home.text
        assert home.get("discussions").status == 403

    def test_stays_when_the_list_of_the_course_is_read(self, desk):
        home = desk.guest()
        desk.space.home("claire").post("members/roster")
        read_rosters(desk.world)
        assert desk.count(User) > 10
        assert home.get("").status == 200
        assert desk.count(User, User.sub.like("invited:%"), User.name == NAME) == 1

    def test_signs_out_and_is_told_how_to_come_back(self, desk):
        home = desk.guest()
        page = home.post("sign-out")
        assert page.status == 200 and "/sign-in/guest" in page.html
        assert home.get("").status == 401

    def test_is_not_framed_by_the_lms(self, desk):
        home = desk.guest()
        assert "frame-ancestors 'none'" in home.response.headers["Content-Security-Policy"]

    def test_goes_on_in_a_session_that_ends_like_every_other(self, desk, time_machine):
        at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        time_machine.move_to(at, tick=True)
        home = desk.guest(last_day="2026-06-30")
        time_machine.move_to(at + timedelta(hours=5), tick=True)
        assert home.get("").status == 401
        assert desk.count(BrowserSession) >= 1


def read_rosters(world) -> None:
    """Run the worker for rosters until it has nothing to do."""
    with world.app.app_context():
        rosters.read_due_rosters(clock.now, transaction)


class TestForgetting:
    def later(self, desk, at: datetime) -> None:
        with desk.world.app.app_context(), transaction():
            housekeeping.sweep(at)

    def test_an_invitation_that_nobody_accepted_goes_with_its_address(self, desk):
        desk.invited()
        at = clock.now()
        self.later(desk, at + timedelta(days=43))
        assert desk.count(GuestInvitation) == 1
        self.later(desk, at + timedelta(days=45))
        assert desk.count(GuestInvitation) == desk.count(GuestLink) == 0
        assert desk.count(Message, Message.recipient == EMAIL) == 0

    def test_one_that_was_withdrawn_too(self, desk):
        desk.invited()
        desk.space.home("claire").post(f"members/guests/{desk.row().id}/withdrawal")
        self.later(desk, clock.now() + timedelta(days=31))
        assert desk.count(GuestInvitation) == 0

    def test_one_that_was_accepted_stays_and_its_links_go(self, desk):
        desk.guest()
        self.later(desk, clock.now() + timedelta(days=300))
        assert (desk.count(GuestInvitation), desk.count(GuestLink)) == (1, 0)

    def test_a_guest_who_is_erased_leaves_no_address_and_no_name(self, desk):
        home = desk.guest()
        desk.ask()
        desk.mailed()
        with desk.world.database() as session:
            number = session.scalars(select(User.id).where(User.email == EMAIL)).one()
            told = person_export.of_person(number, clock.now())
        assert told["held"]["guest_invitation"][0]["email"] == EMAIL
        with desk.world.app.app_context():
            assert erasure.erase(number, clock.now(), transaction)
        assert home.get("").status == 401
        for table in db.metadata.sorted_tables:
            with desk.world.database() as session:
                for row in session.execute(select(table)):
                    said = " ".join(map(str, row))
                    assert EMAIL not in said and NAME not in said, (table.name, row)
        assert desk.invite().status == 200

    def test_a_community_that_is_emptied_forgets_its_guests(self, desk):
        home = desk.guest()
        desk.invited(email="b@expert.test", name="Bea Long")
        at = clock.now() + timedelta(minutes=10)
        with desk.world.app.app_context():
            with transaction():
                community = db.session.scalars(
                    select(Community).where(Community.id == int(home.community.split("/")[2]))
                ).one()
                community.state, community.due_at = CommunityState.PURGING, at
            assert purging.purge_what_is_due(lambda: at, transaction) == 1
        assert desk.count(GuestInvitation) == desk.count(GuestLink) == 0
        assert desk.count(Message, Message.recipient.like("%@expert.test")) == 0
        assert desk.count(User, User.email.like("%@expert.test")) == 0


class TestWithoutAMailServer:
    def test_pages_say_so_and_the_mail_waits(self, space):
        desk = Desk(space, None)
        page = desk.invite()
        assert page.status == 200 and "serveur de courriel" in page.text
        assert desk.count(Message) == 1
        asked = desk.browser().get("/sign-in/guest")
        assert asked.status == 200 and not asked.soup.select("form")
        assert desk.ask().status == 200
        assert desk.count(Message) == 1
