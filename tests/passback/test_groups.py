"""The trainer's table, narrowed to a group of the LMS."""

import csv
import io

import pytest
from sqlalchemy import select

from demo_lms import Group
from demo_lms.people import LEARNER
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Community, Course, CourseGroup, CourseGroupMember, Enrolment, GroupSource
from lti_tool.services import rosters
from lti_tool.transactions import transaction
from tests.functional.test_plans import PREPARED, forget_earlier_tests, noted
from tests.support.statements import counted
from tests.support.world import ENGLISH, FRENCH

pytestmark = pytest.mark.slow_on_postgresql

LEARNERS = ("ines", "karim", "lea", "hugo")  # two in Lyon, two in Nantes


@pytest.fixture
def graded(graded):
    """The classroom, whose trainer reads English in a French course."""
    graded.trainer.post("preferences/language", language="en")
    return graded


@pytest.fixture
def grouped(graded):
    """Four learners in two groups, each with a question of their own; the list of the course was read."""
    for key in LEARNERS:
        graded.ask(key, about=key)
    read_lists(graded)
    return graded


def read_lists(graded) -> None:
    with graded.world.app.app_context():
        rosters.read_due_rosters(clock.now, transaction)


def numbers(graded) -> dict[str, str]:
    """The groups that the page offers, by what they are called: their numbers."""
    options = graded.trainer.get("grading").soup.select("select[name=group] option")
    return {" ".join(option.text.split()): option["value"] for option in options}


def shown(page) -> list[str]:
    """Whom the table shows, in its order."""
    return [" ".join(title.text.split()) for title in page.soup.select("#grade-rows a.title")]


class TestTheFilter:
    def test_offers_the_groups_by_name(self, grouped):
        assert list(numbers(grouped)) == [
            "All groups",
            "Atelier Lyon · Ateliers",
            "Atelier Nantes · Ateliers",
        ]

    def test_shows_the_learners_of_one_group_with_their_counts(self, grouped):
        page = grouped.trainer.get("grading", group=numbers(grouped)["Atelier Lyon · Ateliers"], sort="name")
        assert shown(page)[:4] == ["Awa Diallo", "Inès Lefèvre", "Karim Haddad", "Thomas Girard"]
        assert [name.partition(" ")[0] for name in shown(page)[4:]] == ["Member"]
        counts = [count.text for count in page.soup.select("nav.segmented .num")]
        assert counts[:2] == ["5", "2"]
        assert page.soup.select_one("select[name=group] option[selected]").text == "Atelier Lyon · Ateliers"

    def test_goes_together_with_the_other_filters_and_stays_in_every_address(self, grouped):
        lyon = numbers(grouped)["Atelier Lyon · Ateliers"]
        page = grouped.trainer.get(
            "grading", group=lyon, show="to-send", search="e", sort="score", order="down"
        )
        assert shown(page) == ["Inès Lefèvre"]
        kept = page.soup.select("nav.segmented a[href*='show='], a.sort")
        assert len(kept) > 8
        assert all(f"group={lyon}" in link["href"] for link in kept)
        fields = {
            field["name"]: field["value"] for field in page.soup.select("main form[role=search] input[name]")
        }
        assert (fields["show"], fields["sort"], "group" in fields) == ("to-send", "score", False)

    def test_that_is_left_open_leaves_the_rest_of_the_address_in_force(self, grouped):
        page = grouped.trainer.get("grading", group="", search="Inès", show="to-send")
        assert shown(page) == ["Inès Lefèvre"]

    @pytest.mark.parametrize("group", ["0", "999999", "x", "1' OR 1"])
    def test_for_a_group_that_there_is_not_shows_everybody(self, grouped, group):
        everybody = shown(grouped.trainer.get("grading"))
        assert shown(grouped.trainer.get("grading", group=group)) == everybody
        assert len(everybody) == 11

    def test_of_an_empty_group_says_so(self, grouped):
        grouped.lms.groups[FRENCH].append(Group("30", "Nobody", frozenset()))
        grouped.trainer.post("members/roster")
        read_lists(grouped)
        page = grouped.trainer.get("grading", group=numbers(grouped)["Nobody"])
        assert "Nobody of this group is graded here." in page.text

    def test_is_not_there_without_groups(self, graded):
        graded.ask()
        assert graded.trainer.get("grading").soup.select_one("select[name=group]") is None

    def test_marks_a_hidden_group_for_staff_and_tells_learners_of_none(self, grouped):
        grouped.lms.groups[FRENCH] = [
            Group("21", "Secret helpers", frozenset({"u-ines"}), hidden=True),
            Group("22", "Open", frozenset({"u-ines"})),
        ]
        grouped.trainer.post("members/roster")
        read_lists(grouped)
        assert "Secret helpers (hidden from learners)" in numbers(grouped)
        for below in ("", "participation", "members", "participation/evidence.json"):
            page = grouped.learner("ines").get(below).html
            assert "Secret helpers" not in page
            assert "Atelier" not in page

    def test_speaks_french(self, grouped):
        grouped.trainer.post("preferences/language", language="fr")
        assert "Tous les groupes" in numbers(grouped)

    def test_costs_as_many_statements_for_many_groups_as_for_two(self, grouped):
        def cost(group: str) -> int:
            with grouped.world.app.app_context(), counted() as sent:
                assert grouped.trainer.get("grading", group=group).status == 200
            return len(sent)

        lyon = numbers(grouped)["Atelier Lyon · Ateliers"]
        few = cost(""), cost(lyon)
        grouped.lms.groups[FRENCH] += [
            Group(str(number), f"Group {number}", frozenset({"u-ines", "u-awa"})) for number in range(40, 80)
        ]
        grouped.trainer.post("members/roster")
        read_lists(grouped)
        assert len(numbers(grouped)) == 43
        assert (cost(""), cost(lyon)) == few
        assert few[0] == few[1]


class TestThePlans:
    def test_scan_no_table_that_grows(self, grouped):
        lyon = numbers(grouped)["Atelier Lyon · Ateliers"]
        with grouped.world.app.app_context():
            forget_earlier_tests()
            with noted() as sent:
                assert grouped.trainer.get("grading", group=lyon).status == 200
                assert "Atelier Lyon" in grouped.trainer.get("grading/scores.csv").html
                grouped.trainer.post("grading/send", everyone="1", group=lyon)
            ours = {one: values for one, values in sent.items() if "course_group" in one}
            connection = db.session.connection()
            scans = PREPARED[connection.dialect.name](connection)
            scanned = {one: scans(connection, one, values) for one, values in ours.items()}
            db.session.rollback()
        # Three of the group, and three that read facts: a title is told of those who are in its sub-group.
        assert len(ours) == 6
        assert {one: steps for one, steps in scanned.items() if steps} == {}


class TestNamesOfGroups:
    def add(self, graded, context: str, *groups: tuple[str, str | None]) -> None:
        """Store groups of a course, each with everybody who is enrolled there."""
        with graded.world.app.app_context(), transaction():
            course = db.session.scalars(select(Course).where(Course.context_id == context)).one()
            enrolled = db.session.scalars(select(Enrolment.id).where(Enrolment.course_id == course.id)).all()
            for number, name in groups:
                source = GroupSource.SERVICE if name else GroupSource.LAUNCH
                made = CourseGroup(
                    course_id=course.id, group_id=number, name=name, hidden=False, source=source
                )
                db.session.add(made)
                db.session.flush()
                for one in enrolled:
                    db.session.add(CourseGroupMember(course_group_id=made.id, enrolment_id=one))

    def test_stand_before_numbers_and_count_as_people_do(self, graded):
        self.add(graded, FRENCH, ("12", None), ("9", None), ("a", "Team 10"), ("b", "Team 9"), ("c", "blue"))
        assert list(numbers(graded)) == ["All groups", "blue", "Team 9", "Team 10", "Group 9", "Group 12"]

    def test_of_numbers_are_said_in_french(self, graded):
        self.add(graded, FRENCH, ("12", None))
        graded.trainer.post("preferences/language", language="fr")
        assert list(numbers(graded)) == ["Tous les groupes", "Groupe 12"]

    def test_name_the_course_where_several_share_the_space(self, graded):
        self.add(graded, FRENCH, ("1", "Red"))
        share_the_space(graded)
        self.add(graded, ENGLISH, ("1", "Red"))
        assert list(numbers(graded))[1:] == ["Red · First-line leaders", "Red · Manager de proximité"]


def share_the_space(graded) -> None:
    """Have the English course lead into the community of the French one."""
    graded.world.enter("grace", ENGLISH)
    with graded.world.app.app_context(), transaction():
        courses = {one.context_id: one for one in db.session.scalars(select(Course))}
        courses[ENGLISH].community_id = courses[FRENCH].community_id


class TestAGroupOfAnotherCommunity:
    def test_narrows_nothing_and_sends_nobody(self, grouped):
        grouped.lms.groups[ENGLISH] = [Group("50", "Elsewhere", frozenset({"u-ines", "u-claire"}))]
        grouped.lms.enrol("ines", ENGLISH, LEARNER)
        grouped.world.enter("claire", ENGLISH)
        read_lists(grouped)
        with grouped.world.database() as session:
            foreign = session.scalars(select(CourseGroup.id).where(CourseGroup.group_id == "50")).one()
            assert len(session.scalars(select(Community.id)).all()) == 2
        assert len(shown(grouped.trainer.get("grading", group=str(foreign)))) == 11
        grouped.trainer.post("grading/send", everyone="1", group=str(foreign))
        grouped.deliver()
        assert all(grouped.grade(key) is None for key in LEARNERS)


class TestSending:
    def test_everybody_is_everybody_of_the_group(self, grouped):
        lyon = numbers(grouped)["Atelier Lyon · Ateliers"]
        page = grouped.trainer.get("grading", group=lyon)
        assert "Send 2 changed scores" in page.text
        assert "Only for the learners of “Atelier Lyon · Ateliers”." in page.text
        form = page.soup.select_one("input[name=everyone]").find_parent("form")
        fields = {field["name"]: field["value"] for field in form.select("input[name]")}
        answer = grouped.trainer.post("grading/send", **fields)
        assert f"group={lyon}" in answer.path
        grouped.deliver()
        assert [grouped.grade(key) is not None for key in LEARNERS] == [True, True, False, False]

    def test_of_named_learners_asks_for_no_group(self, grouped):
        lyon = numbers(grouped)["Atelier Lyon · Ateliers"]
        grouped.trainer.post("grading/send", member=[str(grouped.number("hugo"))], group=lyon)
        grouped.deliver()
        assert [grouped.grade(key) is not None for key in LEARNERS] == [False, False, False, True]

    def test_to_a_group_that_is_gone_by_now_sends_nobody(self, grouped):
        nantes = numbers(grouped)["Atelier Nantes · Ateliers"]
        grouped.lms.groups[FRENCH] = grouped.lms.groups[FRENCH][:1]
        grouped.trainer.post("members/roster")
        read_lists(grouped)
        grouped.trainer.post("grading/send", everyone="1", group=nantes)
        grouped.deliver()
        assert all(grouped.grade(key) is None for key in LEARNERS)


class TestTheExport:
    def rows(self, graded) -> list[dict]:
        text = graded.trainer.get("grading/scores.csv").response.get_data().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    def test_names_the_groups_of_each_learner(self, grouped):
        grouped.lms.groups[FRENCH].append(Group("30", "=Danger()", frozenset({"u-ines"})))
        grouped.trainer.post("members/roster")
        read_lists(grouped)
        groups = {row["Learner"]: row["Groups"] for row in self.rows(grouped)}
        assert groups["Léa Fontaine"] == "Atelier Nantes · Ateliers"
        assert groups["Inès Lefèvre"] == "'=Danger(); Atelier Lyon · Ateliers"
        assert groups["Nadia Benali"] == ""

    def test_has_no_such_column_without_groups(self, graded):
        graded.ask()
        assert "Groups" not in self.rows(graded)[0]
