from datetime import timedelta

import pytest

from tests.demo_lms.pretend_tool import SCOPE, SCORE, scores_of


class TestSendingAScore:
    def test_stores_it_and_answers_an_empty_body(self, tool, column, lms, clock):
        answer = tool.send(column, scoreGiven=14.2, comment="Récit clair")

        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.content_type == f"{SCORE}; charset=utf-8"
        grade = lms.grade_of("2", "u-ines", column)
        assert (grade.score, grade.comment, grade.received_at) == (14.2, "Récit clair", clock())

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ({"scoreGiven": 25}, 20),
            ({"scoreGiven": -3}, 0),
            ({"scoreGiven": 50, "scoreMaximum": 100}, 10),
            ({"scoreGiven": 7, "scoreMaximum": 0}, 7),
            ({"scoreGiven": 1, "scoreMaximum": 3}, 6.66667),
            ({"scoreGiven": "5"}, 5),
            ({"scoreGiven": 0}, 0),
        ],
    )
    def test_cuts_rescales_and_rounds(self, tool, column, lms, sent, kept):
        tool.send(column, **sent)

        assert lms.score_of("2", "u-ines") == kept

    @pytest.mark.parametrize("progress", ["Pending", "PendingManual", "Failed", "NotReady"])
    def test_empties_the_grade_unless_fully_graded(self, tool, column, lms, clock, progress):
        tool.send(column)
        clock.advance(1)

        answer = tool.send(column, gradingProgress=progress)

        assert answer.status_code == 200
        assert lms.grade_of("2", "u-ines").score is None

    def test_keeps_other_progress_when_the_quirk_is_off(self, tool, column, lms):
        lms.quirks.only_fully_graded_keeps_the_grade = False

        tool.send(column, gradingProgress="PendingManual")

        assert lms.score_of("2", "u-ines") == 10

    def test_empties_the_grade_without_a_value(self, tool, column, lms, clock):
        tool.send(column)
        clock.advance(1)

        tool.send(column, without=("scoreGiven", "scoreMaximum"))

        assert lms.score_of("2", "u-ines") is None

    def test_erases_the_comment_when_none_is_sent(self, tool, column, lms, clock):
        tool.send(column, comment="before")
        clock.advance(1)

        tool.send(column, scoreGiven=11)

        assert lms.grade_of("2", "u-ines").comment == ""

    @pytest.mark.parametrize(
        "stamp",
        [
            "2026-11-23T09:00:00Z",
            "2026-11-23T10:00:00+01:00",
            "2026-11-23T09:00:00.395Z",
            "2026-11-23T09:00:00",
        ],
    )
    def test_reads_iso_8601_in_every_usual_form(self, tool, column, lms, clock, stamp):
        assert tool.send(column, timestamp=stamp).status_code == 200
        assert lms.grade_of("2", "u-ines").stamp == clock()


class TestSendingTooEarly:
    @pytest.mark.parametrize("offset", [0, -1, -3600, 0.9])
    def test_answers_409_unless_a_whole_second_later(self, tool, column, lms, clock, offset):
        tool.send(column)

        answer = tool.send(column, scoreGiven=12, timestamp=(clock() + timedelta(seconds=offset)).isoformat())

        assert answer.status_code == 409
        assert answer.status.startswith("409 Refusing score with an earlier timestamp")
        assert answer.get_json(force=True) == []
        assert lms.score_of("2", "u-ines") == 10

    def test_takes_the_next_second(self, tool, column, lms, clock):
        tool.send(column)

        tool.send(column, scoreGiven=12, timestamp=(clock() + timedelta(seconds=1)).isoformat())

        assert lms.score_of("2", "u-ines") == 12

    def test_stores_the_stamp_sent_for_a_column_the_tool_made(self, tool, column, clock):
        tomorrow = clock() + timedelta(days=1)
        tool.send(column, timestamp=tomorrow.isoformat())
        clock.advance(60)

        assert tool.send(column, scoreGiven=11).status_code == 409

    def test_stores_the_server_s_time_for_the_own_column(self, tool, own_column, clock):
        tool.send(own_column, timestamp=(clock() + timedelta(days=1)).isoformat())
        assert tool.send(own_column, scoreGiven=11).status_code == 409
        clock.advance(1)

        assert tool.send(own_column, scoreGiven=11).status_code == 200

    def test_loses_an_old_stamp_on_the_own_column(self, tool, own_column, clock):
        event = clock()
        clock.advance(30)
        tool.send(own_column)

        assert tool.send(own_column, timestamp=event.isoformat()).status_code == 409

    def test_does_not_move_the_stamp_for_the_same_value(self, tool, column, lms, clock):
        first = clock()
        tool.send(column, comment="as before")
        clock.advance(5)

        tool.send(column, comment="as before")

        assert lms.grade_of("2", "u-ines").stamp == first

    def test_stamps_an_emptied_grade_with_the_server_s_time(self, tool, column, lms, clock):
        tool.send(column, gradingProgress="Pending", timestamp=(clock() - timedelta(hours=1)).isoformat())

        assert lms.grade_of("2", "u-ines").stamp == clock()

    def test_refuses_only_older_ones_when_the_quirk_is_off(self, tool, column, lms, clock):
        lms.quirks.strict_timestamps = False
        tool.send(column)

        same = tool.send(column, scoreGiven=12)
        older = tool.send(column, timestamp=(clock() - timedelta(milliseconds=1)).isoformat())

        assert (same.status_code, older.status_code) == (200, 409)


class TestRefusingAScore:
    @pytest.mark.parametrize(
        "sub", ["u-nobody", "u-claire", "u-marc", "u-patrick", "u-grace", "u-testuser", "u-ruth"]
    )
    def test_wants_a_learner_of_the_course(self, tool, column, lms, sub):
        answer = tool.send(column, userId=sub)

        assert answer.status_code == 400
        assert answer.status.startswith('400 Incorrect score received{"userId"')
        assert answer.get_json(force=True) == []
        assert lms.grade_of("2", sub) is None

    def test_takes_a_teacher_who_is_learner_too(self, tool, column, lms):
        roles = (*lms.people["claire"].roles["2"], *lms.people["ines"].roles["2"])
        lms.enrol("claire", "2", *roles)

        assert tool.send(column, userId="u-claire").status_code == 200

    @pytest.mark.parametrize(
        "name", ["userId", "timestamp", "activityProgress", "gradingProgress", "scoreMaximum"]
    )
    def test_wants_every_member(self, tool, column, name):
        assert tool.send(column, without=(name,)).status_code == 400

    @pytest.mark.parametrize(
        "change",
        [
            {"timestamp": "yesterday"},
            {"timestamp": "0001-01-01T00:00:00+02:00"},
            {"scoreGiven": "much"},
            {"scoreGiven": [1]},
            {"scoreGiven": float("inf")},
            {"scoreMaximum": float("nan")},
        ],
    )
    def test_wants_readable_members(self, tool, column, change):
        assert tool.send(column, **change).status_code == 400

    @pytest.mark.parametrize("body", ["", "no JSON", "[]", '"text"'])
    def test_wants_a_json_object(self, tool, column, body):
        assert tool.call("POST", scores_of(column), content_type=SCORE, body=body).status_code == 400

    def test_shows_any_text_in_its_status_line(self, tool, column):
        answer = tool.call("POST", scores_of(column), content_type=SCORE, body="Récit\r\n\x00" + "x" * 5000)

        assert answer.status.isascii()
        assert len(answer.status) < 500

    @pytest.mark.parametrize(
        "sent", ["application/json", "application/vnd.ims.lis.v1.scorecontainer+json", None]
    )
    def test_wants_the_exact_media_type(self, tool, column, sent):
        assert tool.call("POST", scores_of(column), content_type=sent, body="{}").status_code == 400

    def test_wants_the_scope(self, tool, column):
        only_items = tool.token(SCOPE + "lineitem")

        assert (
            tool.call("POST", scores_of(column), only_items, content_type=SCORE, body="{}").status_code == 401
        )

    def test_answers_500_for_a_locked_column(self, tool, column, lms):
        lms.quirks.locked_items = True

        assert tool.send(column).status_code == 500
        assert lms.score_of("2", "u-ines") is None


class TestATeacherWritingAGrade:
    def test_resists_the_tool_on_the_own_column(self, tool, own_column, lms, clock):
        lms.teacher_sets_grade("2", "u-ines", 91)
        clock.advance(5)

        answer = tool.send(own_column, scoreGiven=20)

        assert answer.status_code == 200
        assert lms.score_of("2", "u-ines") == 91

    def test_is_overwritten_by_the_next_later_score_elsewhere(self, tool, column, lms, clock):
        lms.teacher_sets_grade("2", "u-ines", 3, column)
        assert tool.send(column).status_code == 409
        clock.advance(1)

        tool.send(column)

        assert lms.score_of("2", "u-ines") == 10

    def test_taken_away_lets_the_tool_write_again(self, tool, own_column, lms, clock):
        lms.teacher_sets_grade("2", "u-ines", 91)
        lms.teacher_sets_grade("2", "u-ines", None)
        clock.advance(1)

        tool.send(own_column, scoreGiven=20)

        assert lms.score_of("2", "u-ines") == 100

    def test_needs_a_column(self, lms):
        with pytest.raises(KeyError, match="course 2 has no column"):
            lms.teacher_sets_grade("2", "u-ines", 1)


class TestReadingResults:
    def test_tells_value_maximum_comment_and_time(self, tool, column):
        tool.send(column, scoreGiven=14, comment="bien")

        assert tool.results(column).get_json(force=True) == [
            {
                "id": column.replace("/lineitem?", "/lineitem/results?") + "&user_id=u-ines",
                "userId": "u-ines",
                "resultScore": 14,
                "resultMaximum": 20,
                "comment": "bien",
                "scoreOf": column,
                "timestamp": "2026-11-23T09:00:00+00:00",
            }
        ]

    def test_tells_nothing_of_an_empty_grade_but_whose_it_is(self, tool, column):
        tool.send(column, without=("scoreGiven",))

        (row,) = tool.results(column).get_json(force=True)
        assert set(row) == {"id", "userId"}

    def test_filters_by_person(self, tool, column):
        tool.send(column)
        tool.send(column, userId="u-awa")

        rows = tool.results(column, "&user_id=u-awa").get_json(force=True)

        assert [row["userId"] for row in rows] == ["u-awa"]

    def test_shows_the_teacher_s_value(self, tool, own_column, lms):
        lms.teacher_sets_grade("2", "u-ines", 91)

        (row,) = tool.results(own_column).get_json(force=True)
        assert row["resultScore"] == 91

    def test_answers_404_when_paged_as_moodle_does(self, tool, column):
        assert tool.results(column, "&limit=2").status_code == 404

    def test_wants_the_scope(self, tool, column):
        only_score = tool.token(SCOPE + "score")
        address = column.replace("/lineitem?", "/lineitem/results?")

        assert tool.call("GET", address, only_score).status_code == 401
