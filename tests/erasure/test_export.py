"""What is held about one person, for that person."""

import json
import re

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.errors import NotFound
from lti_tool.extensions import Base
from lti_tool.models import Membership
from lti_tool.services import accounts, person_export
from lti_tool.transactions import reading

pytestmark = pytest.mark.slow_on_postgresql


def exported(lived, number):
    with lived.app.app_context(), reading():
        return json.loads(json.dumps(person_export.of_person(number, clock.now())))


class TestTheExport:
    def test_holds_every_text_about_her_that_the_database_holds(self, lived):
        told = exported(lived, lived.user_id())
        kept = json.dumps(told, ensure_ascii=False)
        # What proves who is asking is no text about anybody; revisions of others are not hers.
        missing = [(table, column) for table, column, text in lived.traces() if short(text) not in kept]
        assert missing == []
        for words in ("As it reads now", "An earlier-version", "From her", "A secret question of Inès"):
            assert words in kept

    def test_is_sorted_by_what_it_is(self, lived):
        told = exported(lived, lived.user_id())
        assert told["person"]["email"] == "ines@example.org"
        assert told["platform"]["name"] == "Test LMS"
        assert [course["id"] for course in told["courses"]] == [1]
        tables = told["held"].keys()
        assert tables >= {"post", "comment", "revision", "contribution_fact", "assessment_fact"}
        assert tables >= {"score_statement", "score_delivery", "feedback", "score_question"}
        assert tables >= {"enrolment", "membership", "seat", "launch_record", "kept_text", "running_score"}
        assert [line["name"] for line in told["lists_being_read"]] == ["Inès Lefèvre"]
        acts = {entry["act"] for entry in told["audit"]}
        assert acts >= {"grade.marked", "grade.override", "grade.feedback", "question.asked"}

    def test_names_nobody_else_and_carries_no_secret(self, lived):
        told = exported(lived, lived.user_id())
        kept = json.dumps(told, ensure_ascii=False)
        for word in ("Karim", "Claire", "u-karim", "token_hash"):
            assert word not in kept
        assert set(re.findall(r'"member_id": (\d+)', kept)) == {str(lived.ines)}
        assert "return_url" not in told["held"]["seat"][0]

    def test_of_an_act_on_several_people_holds_what_it_says_of_her_alone(self, lived):
        told = exported(lived, lived.user_id())["audit"]
        rows = [entry["detail"]["marks"] for entry in told if "marks" in (entry["detail"] or ())]
        assert [[row[:2] for row in several] for several in rows] == [[["comment:1", lived.ines]]] * 3

    def test_of_a_trainer_says_what_they_did_without_the_marks_of_others(self, lived):
        told = exported(lived, lived.user_id("claire"))
        done = {(one["table"], one["as"]) for one in told["acts"]}
        assert done >= {("grade_decision", "decided_by_id"), ("score_question", "answered_by_id")}
        kept = json.dumps(told["held"], ensure_ascii=False)
        assert "Dear Inès, secret" in kept
        assert '"quality"' not in kept

    def test_of_nobody_is_refused(self, world):
        with world.app.app_context(), reading(), pytest.raises(NotFound):
            person_export.of_person(4711, clock.now())

    def test_knows_every_table_that_points_to_a_person(self):
        """A column that is neither an owner's nor an act's nor a counterpart's would be left out."""
        people = {"user_account", "membership"}
        named = {
            column.name
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if people & {key.column.table.name for key in column.foreign_keys}
        }
        acts = {name for name in named if name.endswith("_by_id")} - set(person_export.OWNERS)
        assert named <= {*person_export.OWNERS, *person_export.COUNTERPARTS, *acts, "actor_id"}


def short(text: str) -> str:
    """A piece of a text as JSON has it."""
    return json.dumps(text[:30], ensure_ascii=False)[1:-1] if not text.startswith(("{", "[")) else ""


class TestFindingSomebody:
    def test_by_any_of_her_names(self, lived):
        number = lived.user_id()
        with lived.app.app_context(), reading():
            for typed in ("INES", "lefevre", "nès lef", "ines@exam", "u-ines", "marguerite"):
                found = accounts.found(typed)
                assert [one.id for one in found] == [number], typed
            assert accounts.found("nobody") == []
        assert found[0].names == ["Inès Lefèvre", "Marguerite"]
        assert len(found[0].courses) == 1

    def test_no_more_when_she_was_erased(self, visited):
        number = visited.user_id()
        visited.erase()
        with visited.app.app_context(), reading():
            assert accounts.found("ines") == accounts.found("erased") == []
            assert accounts.one(number).names == []
            assert accounts.written_by(number).posts == 1
        told = exported(visited, number)
        assert told["person"]["name"] is None
        assert visited.rows(select(Membership.id).where(Membership.user_id == number)) == [(visited.ines,)]
