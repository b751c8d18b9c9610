import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from demo_lms import Course, LmsSettings, Person, StateUnreadable, create_lms
from demo_lms.people import LEARNER


@pytest.fixture
def settings(settings, tmp_path):
    return replace(settings, state_file=tmp_path / "deeper" / "lms.json")


class TestStartingAgain:
    def test_finds_columns_and_grades_as_they_were(self, settings, tool, column, lms):
        tool.send(column, scoreGiven=14.2, comment="Très clair")
        before = lms.lineitems("2")

        again = create_lms(settings).lms

        assert again.lineitems("2") == before
        assert again.gradebook == lms.gradebook

    def test_does_not_make_the_own_column_twice(self, settings, app):
        again = create_lms(settings).lms
        again.quirks.lineitem_in_launch = True

        assert len(again.lineitems("2")) == 1

    def test_keeps_a_deleted_column_deleted(self, settings, tool, own_column):
        tool.call("DELETE", own_column)

        assert create_lms(settings).lms.own_lineitem("2") is None

    def test_keeps_key_and_sessions(self, settings, clock):
        settings.signing_key = None
        first, second = create_lms(settings), create_lms(settings)

        assert second.lms.key.published() == first.lms.key.published()
        assert second.secret_key == first.secret_key

    def test_remembers_a_teacher_s_override(self, settings, lms, own_column):
        lms.teacher_sets_grade("2", "u-ines", 91, own_column)

        assert create_lms(settings).lms.grade_of("2", "u-ines").overridden


class TestTheStateFile:
    def test_is_whole_at_every_moment_and_alone(self, settings, tool, column):
        tool.send(column)

        assert json.loads(settings.state_file.read_text("utf-8"))["gradebook"]["items"]
        assert [path.name for path in settings.state_file.parent.iterdir()] == ["lms.json"]

    def test_is_for_its_owner_only(self, settings, app):
        assert settings.state_file.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"signing_key": {}, "gradebook": {}}'])
    def test_is_refused_by_name_when_it_cannot_be_read(self, settings, text):
        settings.state_file.parent.mkdir()
        settings.state_file.write_text(text)

        with pytest.raises(StateUnreadable, match=r"lms\.json"):
            create_lms(settings)

    def test_is_optional(self, lms_key):
        assert create_lms(LmsSettings(signing_key=lms_key)).lms.lineitems("2") == []


class TestWorkingInThreads:
    def test_loses_no_column_and_no_grade(self, settings, lms):
        item = lms.gradebook.add("2", "x", 20)

        def work(number):
            with lms.changing():
                lms.gradebook.add("2", f"column {number}", 20)
            lms.teacher_sets_grade("2", f"u-{number}", number, item.id)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(40)))

        again = create_lms(settings).lms
        assert len({column.id for column in again.lineitems("2")}) == 41
        assert len(again.lineitem("2", item.id).grades) == 40


class TestAddingToTheCast:
    def test_enrols_somebody_more(self, lms, tool, column):
        lms.add_person(Person("new", "u-new", "N.", "Ew", None, "fr", {"2": (LEARNER,)}))

        assert tool.send(column, userId="u-new").status_code == 200

    def test_ends_an_enrolment(self, lms, tool, column):
        lms.enrol("ines", "2")

        assert tool.send(column).status_code == 400

    def test_opens_another_course_with_its_own_column(self, lms):
        lms.quirks.lineitem_in_launch = True

        lms.add_course(Course("9", "NEW", "New course", "en", "90", "New community"))

        assert lms.own_lineitem("9").resource_link_id == "90"
