"""The list of members in parts: who stands where, and that SQL and Python agree on who somebody is."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Community, Course, Enrolment, Membership, MembershipState, Role, User
from lti_tool.services import member_list, people, roles, standings
from lti_tool.services.acting import ActingMember
from lti_tool.services.member_list import PAGE
from lti_tool.transactions import transaction
from tests.functional.filling import fill
from tests.functional.test_members import names
from tests.support.words import said
from tests.support.world import ENGLISH, FRENCH

LMS_ROLES = (Role.OBSERVER, Role.LEARNER, Role.PEDAGOGICAL_LEAD, Role.TRAINER)
NEXT, BACK = said("fr", "Show the next ones"), said("fr", "Back to the beginning")
EVERYONE, STAFF = said("fr", "Everyone"), said("fr", "Staff")


def linked(page, text: str):
    """Follow the link with this text."""
    link = next(link for link in page.soup.select("a[href]") if text in link.text)
    return page.browser.get(link["href"])


def shares(page) -> dict[str, str]:
    """The filters of the page and their counts."""
    links = page.soup.select("nav.segmented a:has(.num)")
    return {link.contents[0].strip(): link.select_one(".num").text for link in links}


@pytest.fixture
def crowd(world):
    """A trainer's page of a community with many more people than one part of the list holds."""
    home = world.enter("claire")
    fill(world, members=PAGE + 30, posts=1, comments=1)
    return home


class TestManyMembers:
    def test_are_shown_in_parts_and_each_once(self, crowd):
        first = crowd.get("members")
        second = linked(first, NEXT)
        assert len(names(first)) == PAGE
        assert len(names(second)) == 31
        assert len({*names(first), *names(second)}) == PAGE + 31
        assert "Claire" in names(first)[0]
        assert "131" in first.text

    def test_go_back_to_the_beginning(self, crowd):
        second = linked(crowd.get("members"), NEXT)
        assert names(linked(second, BACK)) == names(crowd.get("members"))

    @pytest.mark.parametrize("after", ["0", "-1", "x", "999999999", "", "1.5"])
    def test_begin_at_the_beginning_after_nobody(self, crowd, after):
        assert names(crowd.get("members", after=after)) == names(crowd.get("members"))

    def test_do_not_follow_somebody_of_another_community(self, crowd, world):
        elsewhere = world.enter("claire", ENGLISH)
        assert elsewhere.community == "/communities/2/"
        with world.database() as session:
            foreign = session.scalars(select(Membership.id).where(Membership.community_id == 2)).first()
        assert names(crowd.get("members", after=str(foreign))) == names(crowd.get("members"))


class TestLookingForSomebody:
    def test_finds_part_of_a_name_whatever_its_case(self, space):
        for person in ("ines", "karim", "claire"):
            space.home(person)
        for typed in ("Inès", "INÈS", "lefè", "  inès   lefèvre "):
            found = names(space.home("claire").get("members", name=typed))
            assert ["Inès" in name for name in found] == [True]

    def test_knows_capitals_with_accents_whatever_the_locale_of_the_database(self, space, world):
        space.home("ines")
        with world.app.app_context(), transaction():
            db.session.execute(update(User).where(User.sub == "u-ines").values(name="Émile ŒUVRARD-ŽIŽEK"))
        for typed in ("émile", "Émile", "ÉMILE", "emile", "œuvrard", "Žižek", "zizek"):
            assert len(names(space.home("claire").get("members", name=typed))) == 1, typed

    def test_leaves_out_what_no_name_has(self, space):
        space.home("ines")
        page = space.home("claire").get("members", name="in\0ès\x07 ")
        assert ["Inès" in name for name in names(page)] == [True]
        assert page.soup.select_one("input[name=name]")["value"] == "inès"

    def test_takes_no_sign_for_a_wildcard(self, space):
        for person in ("ines", "karim"):
            space.home(person)
        for typed in ("%", "_", "\\", "'"):
            assert names(space.home("ines").get("members", name=typed)) == []

    def test_says_that_nobody_is_called_so(self, space):
        page = space.home("ines").get("members", name="<b>Zoé</b>")
        assert "<b>Zoé</b>" in page.text
        assert len(names(linked(page, said("fr", "Show everyone")))) == 1

    def test_goes_on_to_the_next_part(self, crowd):
        first = crowd.get("members", name="person", show="learners")
        second = linked(first, NEXT)
        assert len(names(first)) == PAGE
        assert len({*names(first), *names(second)}) == PAGE + 30
        assert second.soup.select_one("input[name=name]")["value"] == "person"


class TestAGroup:
    def test_is_counted_and_shown_alone(self, space):
        for role in (Role.TRAINER, Role.LEARNER, Role.COMMUNITY_MANAGER, Role.SPONSOR, Role.OBSERVER):
            space.home_of(role)
        page = space.home("claire").get("members")
        assert shares(page) == {
            EVERYONE: "5",
            "Apprenants": "1",
            STAFF: "2",
            "Commanditaires": "1",
            "Autres": "1",
        }
        assert len(names(linked(page, STAFF))) == 2
        assert "Inès" in names(space.home("claire").get("members", show="learners"))[0]

    def test_that_does_not_exist_is_everybody(self, space):
        space.home("ines")
        assert len(names(space.home("claire").get("members", show="wizards"))) == 2

    def test_that_nobody_is_in_says_so(self, space):
        page = space.home("claire").get("members", show="sponsors")
        assert names(page) == []
        assert page.soup.select_one(".empty h3")


@pytest.fixture
def everything(world):
    """Somebody of every kind: each role by launch, launch that said less, roster and appointment."""
    world.enter("claire")
    now = clock.now()
    long_ago, lately = now - timedelta(days=31), now - timedelta(days=3)
    lowered = [(None, None), *((role, at) for role in LMS_ROLES for at in (long_ago, lately))]
    kinds = [
        (launched, lower, at, rostered, active, appointed, until)
        for launched in LMS_ROLES
        for lower, at in lowered
        for rostered in (None, *LMS_ROLES)
        for active in (True, False)
        for appointed, until in ((None, None), (Role.SPONSOR, None), (Role.SPONSOR, lately))
    ]
    with world.app.app_context(), transaction():
        course, community = db.session.execute(
            select(Course.id, Course.community_id).where(Course.context_id == FRENCH)
        ).one()
        for place, (launched, lower, at, rostered, active, appointed, until) in enumerate(kinds):
            known = {"platform_id": world.platform_id, "sub": f"kind-{place}", "created_at": now}
            user = db.session.scalar(
                insert(User).values(known | {"name": f"K {place % 9}"}).returning(User.id)
            )
            said = {"lower_role": lower, "lowered_at": at, "roster_role": rostered, "active": active}
            launch = {"launch_roles": [], "launch_role": launched, "launched_at": now, "created_at": now}
            here = {"user_id": user, "course_id": course, "test_user": place % 17 == 0}
            db.session.execute(insert(Enrolment).values(here | launch | said))
            state = MembershipState.REMOVED if place % 13 == 0 else MembershipState.ACTIVE
            decided = {"appointed_role": appointed, "appointed_until": until, "state": state}
            joined = {"community_id": community, "user_id": user, "joined_at": now}
            db.session.execute(insert(Membership).values(joined | decided))
    return now


class TestWhoSomebodyIs:
    def test_is_the_same_in_sql_as_for_one_person(self, world, everything):
        with world.database() as session:
            listed = standings.listed_in(1, everything)
            in_sql = dict(session.execute(select(listed.c.id, listed.c.role)).all())
            enrolments = people.enrolments_of(1)
            one_by_one = {}
            for membership in session.scalars(select(Membership).where(Membership.community_id == 1)):
                theirs = enrolments.get(membership.user_id, [])
                role = roles.in_force(membership, theirs, everything)
                if role is not None and not any(one.test_user for one in theirs):
                    one_by_one[membership.id] = role
        assert len(one_by_one) > 500
        assert in_sql == one_by_one

    def test_who_is_staff_is_found_without_looking_at_everybody(self, world, everything):
        with world.database() as session:
            listed = standings.listed_in(1, everything)
            wanted = select(listed.c.id).where(listed.c.role.in_(member_list.GROUPS["staff"]))
            in_order = session.scalars(wanted.order_by(*standings.order_of(listed))).all()
            found = people.described_in_one(standings.perhaps_staff(1), everything)
            claire = session.scalars(select(Membership).order_by(Membership.id)).first()
            here = ActingMember(claire, claire.user, session.get(Community, 1), Role.TRAINER, False)
            shown = member_list.staff_of(here, everything)
        assert set(in_order) <= found.keys()
        assert len(in_order) > member_list.MOST_STAFF
        assert [one.number for one in shown] == in_order[: member_list.MOST_STAFF]

    def test_all_parts_together_are_everybody(self, world, everything):
        page = world.enter("claire").get("members")
        total, seen = int(shares(page)[EVERYONE]), len(names(page))
        while NEXT in page.text:
            page = linked(page, NEXT)
            seen += len(names(page))
        assert seen == total > 500

    def test_is_sorted_as_if_names_had_no_accents(self, world, space):
        for person in ("ines", "karim", "thomas"):
            space.home(person)
        with world.app.app_context(), transaction():
            for person, name in (("ines", "Émile"), ("karim", "Zoé"), ("thomas", "eva")):
                db.session.execute(update(User).where(User.sub == f"u-{person}").values(name=name))
        listed = " ".join(names(space.home("karim").get("members")))
        assert listed.index("Émile") < listed.index("eva") < listed.index("Zoé")

    def test_without_a_name_comes_last(self, world, space):
        for person in ("ines", "karim"):
            space.home(person)
        with world.app.app_context(), transaction():
            nameless = {"name": None, "given_name": "", "family_name": None}
            db.session.execute(update(User).where(User.sub == "u-ines").values(nameless))
        listed = names(space.home("karim").get("members"))
        assert "Karim" in listed[0]
        assert "Membre" in listed[1]
