import pytest

from tests.demo_lms.pretend_tool import CONTAINER, ITEM, SCOPE

LIST = "/lti/services/2/lineitems?type_id=1"


class TestReadingColumns:
    def test_lists_what_was_made(self, tool, column):
        answer = tool.columns()

        assert answer.content_type == f"{CONTAINER}; charset=utf-8"
        assert answer.get_json(force=True) == [
            {"id": column, "label": "Participation", "scoreMaximum": 20, "resourceId": "r", "tag": "t"}
        ]

    def test_hides_the_own_one_while_the_activity_is_not_graded(self, tool, app):
        assert tool.columns().get_json(force=True) == []

    def test_shows_the_own_one_with_its_link_when_the_activity_is_graded(self, tool, own_column):
        (shown,) = tool.columns().get_json(force=True)

        assert (shown["id"], shown["resourceLinkId"], shown["scoreMaximum"]) == (own_column, "5", 100)

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"tag": "t"}, ["a", "b"]),
            ({"resource_id": "2"}, ["b", "c"]),
            ({"resource_link_id": "5"}, ["a"]),
            ({"tag": "t", "resource_id": "2"}, ["b"]),
            ({"tag": "none"}, []),
        ],
    )
    def test_filters_alone_and_combined(self, tool, app, filters, found):
        tool.make_column(label="a", tag="t", resourceId="1", resourceLinkId="5")
        tool.make_column(label="b", tag="t", resourceId="2")
        tool.make_column(label="c", tag="u", resourceId="2")

        shown = tool.columns(**filters).get_json(force=True)

        assert [item["label"] for item in shown] == found

    def test_keeps_the_columns_of_each_course_apart(self, tool, column):
        assert tool.columns("3").get_json(force=True) == []

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "", ITEM])
    def test_wants_the_exact_media_type(self, tool, app, accept):
        answer = tool.call("GET", LIST, accept=accept)

        assert answer.status_code == 400
        assert answer.status.startswith("400 No handler found for /2/lineitems")

    def test_pages_with_moodle_s_typographic_quotes(self, tool, app):
        tool.make_column(label="a")
        tool.make_column(label="b")

        first, last = tool.columns(limit=1), tool.columns(**{"limit": 1, "from": 1})

        assert [item["label"] for item in first.get_json(force=True)] == ["a"]
        assert "rel=“next”" in first.headers["Link"].encode("latin-1").decode()
        assert [item["label"] for item in last.get_json(force=True)] == ["b"]
        assert "Link" not in last.headers

    def test_reads_one(self, tool, column):
        answer = tool.call("GET", column, accept=ITEM)

        assert answer.get_json(force=True)["id"] == column
        assert tool.call("GET", column).status_code == 400


class TestMakingAColumn:
    def test_echoes_what_was_sent_with_its_address(self, tool, app, lms):
        answer = tool.make_column(label="Détail", tag="x", gradesReleased=True)

        echoed = answer.get_json(force=True)
        assert answer.status_code == 201
        assert answer.content_type == f"{ITEM}; charset=utf-8"
        assert echoed | {"id": ""} == {
            "label": "Détail",
            "scoreMaximum": 20,
            "tag": "x",
            "gradesReleased": True,
            "id": "",
        }
        assert echoed["id"].startswith("http://localhost:8081/lti/services/2/lineitems/")
        assert echoed["id"].endswith("/lineitem?type_id=1")
        assert [item.label for item in lms.lineitems("2")] == ["Détail"]

    def test_makes_two_when_asked_twice(self, tool, app, lms):
        tool.make_column(tag="same")
        tool.make_column(tag="same")

        assert len(lms.lineitems("2")) == 2

    def test_accepts_a_maximum_of_zero(self, tool, app):
        assert tool.make_column(scoreMaximum=0).status_code == 201

    @pytest.mark.parametrize(
        "column",
        [
            {"label": ""},
            {"label": None},
            {"scoreMaximum": None},
            {"scoreMaximum": "20"},
            {"scoreMaximum": True},
        ],
    )
    def test_wants_label_and_maximum(self, tool, app, column):
        answer = tool.make_column(**column)

        assert answer.status == "400 No label or Score Maximum"
        assert answer.get_json()["reason"] == "No label or Score Maximum"

    @pytest.mark.parametrize("body", ["", "no JSON", "[]", '{"label": "x", "scoreMaximum": NaN}'])
    def test_refuses_what_is_no_column(self, tool, app, body):
        assert tool.call("POST", LIST, content_type=ITEM, body=body).status_code == 400

    def test_refuses_the_link_of_another_activity(self, tool, app):
        assert tool.make_column(resourceLinkId="6").status_code == 403

    @pytest.mark.parametrize("sent", ["application/json", None])
    def test_wants_the_exact_media_type(self, tool, app, sent):
        answer = tool.call("POST", LIST, content_type=sent, body={"label": "x", "scoreMaximum": 1})

        assert answer.status_code == 400

    def test_tolerates_a_charset(self, tool, app):
        sent = {"label": "x", "scoreMaximum": 1}

        assert tool.call("POST", LIST, content_type=f"{ITEM}; charset=utf-8", body=sent).status_code == 201


class TestChangingAColumn:
    def put(self, tool, column, **changes):
        body = {"label": "Renamed", "scoreMaximum": 40, **changes}
        return tool.call("PUT", column, content_type=ITEM, body=body)

    def test_replaces_label_maximum_tag_and_resource(self, tool, column, lms):
        answer = self.put(tool, column, tag="new")

        assert answer.get_json(force=True)["id"] == column
        (item,) = lms.lineitems("2")
        assert (item.label, item.maximum, item.tag, item.resource_id) == ("Renamed", 40, "new", "")

    def test_rescales_grades_and_stamps_the_server_s_time(self, tool, column, lms, clock):
        tool.send(column, scoreGiven=15)
        clock.advance(10)

        self.put(tool, column)

        grade = lms.grade_of("2", "u-ines")
        assert (grade.score, grade.stamp) == (30, clock())

    def test_makes_an_empty_grade_zero_as_moodle_does(self, tool, column, lms):
        tool.send(column, without=("scoreGiven",))

        self.put(tool, column)

        assert lms.score_of("2", "u-ines") == 0

    def test_leaves_grades_alone_when_the_maximum_stays(self, tool, column, lms):
        tool.send(column, scoreGiven=15)

        self.put(tool, column, scoreMaximum=20)

        assert lms.score_of("2", "u-ines") == 15

    def test_wants_label_and_maximum(self, tool, column):
        assert self.put(tool, column, label=None).status == "400 Bad Request"


class TestDeletingAColumn:
    def test_removes_it_with_its_grades(self, tool, column, lms):
        tool.send(column)

        answer = tool.call("DELETE", column)

        assert (answer.status_code, answer.data) == (204, b"")
        assert tool.call("GET", column, accept=ITEM).status_code == 404
        assert lms.score_of("2", "u-ines") is None


class TestRefusingACall:
    @pytest.mark.parametrize(
        ("method", "scope"),
        [("POST", "lineitem.readonly"), ("POST", "score"), ("GET", "score"), ("GET", "result.readonly")],
    )
    def test_answers_401_for_a_missing_scope(self, tool, app, method, scope):
        answer = tool.call(
            method,
            LIST,
            tool.token(SCOPE + scope),
            CONTAINER,
            content_type=ITEM,
            body={"label": "x", "scoreMaximum": 1},
        )

        assert answer.status_code == 401
        assert answer.get_json() == {
            "status": 401,
            "reason": "Unauthorized",
            "request": {"method": method, "url": LIST, "accept": CONTAINER, "contentType": ITEM},
        }

    @pytest.mark.parametrize(
        "header", [{}, {"Authorization": "Bearer dead"}, {"Authorization": "Basic eA=="}]
    )
    def test_answers_401_for_a_missing_or_unknown_token(self, app, header):
        answer = app.test_client().get(LIST, headers={"Accept": CONTAINER, **header})

        assert answer.status_code == 401

    def test_answers_401_for_another_tool_s_type(self, tool, app):
        assert tool.call("GET", "/lti/services/2/lineitems?type_id=2", accept=CONTAINER).status_code == 401

    def test_may_do_without_the_type(self, tool, app):
        assert tool.call("GET", "/lti/services/2/lineitems", accept=CONTAINER).status_code == 200

    def test_names_the_course_or_column_that_does_not_exist(self, tool, app):
        course = tool.columns("999")
        item = tool.call("GET", "/lti/services/2/lineitems/999/lineitem", accept=ITEM)

        assert (course.status_code, item.status_code) == (404, 404)
        assert course.get_json()["reason"] == "Not Found: Course 999 doesn't exist"
        assert item.get_json()["reason"] == "Not Found: Grade item 999 doesn't exist"

    def test_does_not_find_a_column_through_another_course(self, tool, column):
        elsewhere = column.replace("/services/2/", "/services/3/")

        assert tool.call("GET", elsewhere, accept=ITEM).status_code == 404

    @pytest.mark.parametrize(
        ("method", "path"), [("PATCH", LIST), ("GET", "/lti/services/2/nothing"), ("PUT", LIST)]
    )
    def test_knows_no_other_method_or_address(self, tool, app, method, path):
        assert tool.call(method, path).status.startswith("400 No handler found")
