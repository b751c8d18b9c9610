"""The members page: who is here, where each role came from, and what staff decide there."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from demo_lms.people import LEARNER
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Enrolment, Membership, Role, User
from lti_tool.transactions import transaction
from tests.support.world import FRENCH

pytestmark = pytest.mark.slow_on_postgresql


def row_of(page, name: str):
    """Return somebody's line of the members page."""
    return next(row for row in page.soup.select("tbody tr") if name in row.select_one("th").text)


def names(page) -> list[str]:
    rows = page.soup.select("tbody tr, .people > li")
    return [" ".join(row.select_one(".named, th").text.split()) for row in rows]


class TestThePage:
    def test_lists_staff_first_then_everybody_by_name(self, space):
        for person in ("thomas", "ines", "bruno", "claire", "patrick"):
            space.home(person)
        listed = " / ".join(names(space.home("ines").get("members")))
        order = ["Claire Dubois", "Bruno Caron", "Inès Lefèvre", "Patrick Roy", "Thomas Girard"]
        assert [name for name in order if name in listed] == order
        assert sorted(order, key=listed.index) == order

    def test_says_where_a_role_came_from(self, space):
        space.home("marc")
        page = space.home("claire").get("members")
        assert [code.text for code in row_of(page, "Claire Dubois").select("code")] == ["Instructor"]
        assert "TeachingAssistant" in [code.text for code in row_of(page, "Marc Vidal").select("code")]

    def test_says_who_appointed_whom(self, space):
        space.home("karim")
        trainer = space.home("claire")
        page = trainer.post(f"members/{space.number('karim')}/appointment", role="community_manager")
        row = row_of(page, "Karim Haddad")
        assert row.select_one(".role-cm")
        assert "Claire Dubois" in row.text
        assert [code.text for code in row.select("code")] == ["Learner"]

    def test_offers_acts_to_staff_alone(self, space):
        space.home("karim")
        assert space.home("claire").get("members").soup.select("form[action*='/appointment']")
        assert not space.home("ines").get("members").soup.select("form[action*='/appointment']")


class TestUntilADay:
    """An appointment with a last day, by the clock of the community; observers are admitted by it."""

    def appoint(self, space, person, **fields):
        space.home(person)
        return space.home("claire").post(f"members/{space.number(person)}/appointment", **fields)

    def test_holds_to_the_end_of_that_day(self, space, time_machine):
        time_machine.move_to(datetime(2026, 3, 27, 9, 0, tzinfo=UTC), tick=True)
        page = self.appoint(space, "karim", role="guest_expert", last_day="2026-03-28")
        assert "28 mars" in row_of(page, "Karim Haddad").text
        time_machine.move_to(datetime(2026, 3, 28, 22, 58, tzinfo=UTC), tick=True)  # 23.58 in Paris
        again = space.world.enter("karim")
        assert "invité" in again.soup.select_one(".pop .who").text.casefold()
        time_machine.move_to(datetime(2026, 3, 28, 23, 1, tzinfo=UTC), tick=True)
        assert "apprenant" in again.get("members").soup.select_one(".pop .who").text.casefold()

    def test_is_refused_in_the_past_and_nothing_typed_is_lost(self, space):
        for day, problem in [("2020-01-01", "passé"), ("2999-01-01", "cinq ans"), ("soon", "date")]:
            page = self.appoint(space, "karim", role="sponsor", last_day=day)
            assert page.status == 422
            assert problem in page.soup.select_one("#last-day-error").text
            assert page.soup.select_one("input[value=sponsor]").has_attr("checked")
        assert space.count(Membership, Membership.appointed_role.is_not(None)) == 0

    def test_admits_an_observer_as_a_learner_without_grade_and_ends(self, space):
        assert "discussions" not in space.home("patrick").get("").html
        chosen = space.home("claire").get(f"members/{space.number('patrick')}/appointment")
        assert [one["value"] for one in chosen.soup.select("input[name=role]")] == [
            *("learner", "community_manager", "guest_expert", "sponsor"),
        ]
        self.appoint(space, "patrick", role="learner")
        patrick = space.home("patrick")
        assert patrick.get("discussions").status == 200
        assert "/posts/" in patrick.post("posts", kind="question", title="May I?", body="Ask.").path
        assert patrick.get("participation").status in (200, 403, 404)
        assert "Patrick" not in space.home("claire").get("grading").text
        space.home("claire").post(f"members/{space.number('patrick')}/appointment/end")
        assert patrick.get("discussions").status == 403

    def test_as_a_learner_is_for_observers_alone(self, space):
        assert self.appoint(space, "karim", role="learner").status == 404
        assert self.appoint(space, "karim", role="trainer").status == 404
        assert self.appoint(space, "patrick", role="observer").status == 404

    def test_of_staff_to_less_is_refused(self, space):
        space.home("bruno")
        page = space.home("claire").get(f"members/{space.number('bruno')}/appointment")
        assert page.status == 409


class TestAnAppointment:
    def appoint(self, space, person="karim", role="community_manager", by="claire"):
        space.home(person)
        return space.home(by).post(f"members/{space.number(person)}/appointment", role=role)

    def entries(self, space) -> list[tuple]:
        with space.world.database() as session:
            found = session.scalars(select(AuditEntry).where(AuditEntry.act != "platform.added"))
            return [(one.act, one.actor_id, one.subject, one.detail) for one in found]

    def test_holds_at_once_in_pages_that_are_open(self, space):
        home = space.home("karim")
        self.appoint(space, role="sponsor")
        assert home.get("").soup.select_one("nav.nav") is None
        assert home.get("members").status == 403

    def test_is_in_the_audit_log(self, space):
        self.appoint(space)
        trainer, karim = space.number("claire"), f"membership:{space.number('karim')}"
        detail = {"role": "community_manager", "before": "learner"}
        assert self.entries(space) == [("member.appointed", trainer, karim, detail)]

    def test_ends_and_the_role_is_again_what_the_lms_says(self, space):
        self.appoint(space, role="sponsor")
        karim = space.number("karim")
        page = space.home("claire").post(f"members/{karim}/appointment/end")
        assert not row_of(page, "Karim Haddad").select_one(".role-sponsor")
        assert space.home("karim").get("members").status == 200
        assert [entry[0] for entry in self.entries(space)] == ["member.appointed", "member.appointment-ended"]

    def test_ended_twice_ends_once(self, space):
        self.appoint(space)
        for _ in range(2):
            space.home("claire").post(f"members/{space.number('karim')}/appointment/end")
        assert len(self.entries(space)) == 2

    def test_stays_through_later_launches(self, space):
        self.appoint(space)
        assert space.world.enter("karim").soup.select_one(".who").text.count("Karim")
        row = row_of(space.home("claire").get("members"), "Karim Haddad")
        assert row.select_one(".role-cm")

    def test_of_an_observer_lets_them_in(self, space):
        self.appoint(space, "patrick")
        assert space.home("patrick").get("members").status == 200

    def test_makes_nobody_of_staff_less(self, space):
        for person in ("claire", "bruno"):
            assert self.appoint(space, person, by="bruno").status == 409
        assert self.entries(space) == []

    def test_is_not_for_people_of_elsewhere(self, space):
        space.world.enter("omar", "3")
        number = space.number("omar")
        assert space.home("claire").post(f"members/{number}/appointment", role="sponsor").status == 404
        assert space.home("claire").post("members/9999/appointment", role="sponsor").status == 404


class TestConfirmingALowerRole:
    def test_is_in_the_audit_log_and_final(self, space, time_machine):
        space.home("claire")
        time_machine.move_to(clock.now() + timedelta(minutes=1), tick=True)
        space.world.lms.enrol("claire", FRENCH, LEARNER)
        space.world.enter("claire")
        lead, claire = space.home("bruno"), space.number("claire")
        page = lead.post(f"members/{claire}/role")
        assert not row_of(page, "Claire Dubois").select_one(".role-trainer")
        assert page.soup.select_one("form[action*='/role']") is None
        with space.world.database() as session:
            entry = session.scalars(
                select(AuditEntry).where(AuditEntry.act == "enrolment.role-confirmed")
            ).one()
            assert entry.detail == {"before": Role.TRAINER, "after": Role.LEARNER}
            assert entry.actor_id == space.number("bruno")

    def test_is_not_asked_for_when_it_counts_by_itself(self, space, time_machine):
        space.home("claire")
        space.world.lms.enrol("claire", FRENCH, LEARNER)
        space.world.enter("claire")
        assert space.home("bruno").get("members").soup.select_one("form[action*='/role']")
        time_machine.move_to(clock.now() + timedelta(days=31), tick=True)
        page = space.world.enter("bruno").get("members")
        assert not row_of(page, "Claire Dubois").select_one(".role-trainer")
        assert page.soup.select_one("form[action*='/role']") is None

    def test_waits_for_a_launch_of_the_same_moment_and_heeds_it(self, space):
        space.home("claire")
        space.world.lms.enrol("claire", FRENCH, LEARNER)
        space.world.enter("claire")
        lead, claire = space.home("bruno"), space.number("claire")
        hers = select(User.id).where(User.sub == "u-claire").scalar_subquery()
        higher = {"lower_role": None, "lower_roles": None, "lowered_at": None}
        with space.world.app.app_context(), transaction():
            # A launch locks the two rows in this order.
            db.session.execute(update(Enrolment).where(Enrolment.user_id == hers).values(higher))
            decision = threading.Thread(target=lead.post, args=(f"members/{claire}/role",))
            decision.start()
            time.sleep(0.5)
            db.session.execute(
                update(Membership).where(Membership.id == claire).values(last_seen_at=clock.now())
            )
        decision.join()
        with space.world.database() as session:
            confirmed = select(AuditEntry).where(AuditEntry.act == "enrolment.role-confirmed")
            assert session.scalars(confirmed).all() == []
            launched = select(Enrolment.launch_role).where(Enrolment.user_id == hers)
            assert session.scalars(launched).one() is Role.TRAINER

    def test_cannot_be_done_by_the_person_who_was_lowered(self, space):
        space.home("claire")
        space.world.lms.enrol("claire", FRENCH, LEARNER)
        lowered = space.world.enter("claire")
        assert lowered.post(f"members/{space.number('claire')}/role").status == 403
