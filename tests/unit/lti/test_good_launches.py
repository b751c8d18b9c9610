"""The launches that must work, and what is kept of them."""

import json
from datetime import timedelta, timezone

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import event

from lti_tool.extensions import db
from lti_tool.lti import launches, names
from lti_tool.lti.launch import GroupService
from lti_tool.models import Role
from tests.unit.lti.examples import LEARNER, Example
from tests.unit.lti.simulator import CLAIM, PLATFORM_KEY, TOOL, data, fresh, public, signed

pytestmark = pytest.mark.slow_on_postgresql

GENERIC_GOOD = [
    ("moodle-resource-link-instructor", Role.TRAINER),
    ("moodle-resource-link-learner", Role.LEARNER),
    ("moodle-resource-link-admin", Role.TRAINER),
    ("moodle-resource-link-no-pii", Role.LEARNER),
    ("canvas-course-navigation-teacher", Role.TRAINER),
    ("canvas-course-navigation-ta", Role.TRAINER),
    ("canvas-observer", Role.OBSERVER),
    ("canvas-assignment-student", Role.LEARNER),
    ("canvas-anonymous-privacy-student", Role.LEARNER),
    ("canvas-student-view-test-user", Role.LEARNER),
    ("canvas-account-navigation-admin", Role.OBSERVER),
    ("no-context-instructor", Role.TRAINER),
]
RECORDED_GOOD = [
    ("launch_student", Role.LEARNER),
    ("launch_student_anonymous", Role.LEARNER),
    ("launch_student_new_window", Role.LEARNER),
    ("launch_teacher", Role.TRAINER),
    ("launch_tutor", Role.TRAINER),
    ("launch_manager", Role.TRAINER),
    ("launch_admin", Role.TRAINER),
    ("launch_observer", Role.LEARNER),
    ("launch_teacher_and_student", Role.TRAINER),
    ("launch_copied_course", Role.LEARNER),
]


class TestVerifyingAGoodLaunch:
    @pytest.mark.parametrize(("name", "role"), GENERIC_GOOD)
    def test_of_the_sheet_gives_the_role_of_the_course(self, add_platform, now, name, role):
        launch = Example(add_platform, data("lti", name)["jwt_payload"], now).verify()

        assert launch.role is role
        assert launch.test_user is (name == "canvas-student-view-test-user")

    @pytest.mark.parametrize(("name", "role"), RECORDED_GOOD)
    def test_recorded_from_moodle_gives_the_role_of_the_course(self, add_platform, now, name, role):
        launch = Example(add_platform, data("moodle", name)["claims"], now).verify()

        assert launch.role is role
        assert launch.context.is_course
        assert launch.product == "moodle"

    def test_says_everything_that_moodle_said(self, add_platform, now):
        launch = Example(add_platform, data("moodle", "launch_student")["claims"], now).verify()

        assert (launch.sub, launch.name, launch.email) == ("5", "Alice Durand", "student1@example.org")
        assert (launch.context.id, launch.context.title) == ("2", "Management d'équipe")
        assert (launch.link.id, launch.link.title) == ("5", "Forum « Cas Renault »")
        assert (
            launch.grades.line_items_url == "http://localhost:8080/mod/lti/services.php/2/lineitems?type_id=1"
        )
        assert launch.grades.line_item_url.endswith("/2/lineitems/10/lineitem?type_id=1")
        assert len(launch.grades.scopes) == 4
        assert launch.roster_url.endswith("/bindings/1/memberships")
        assert launch.custom["space_id"] == "77"
        assert launch.locale == "en"
        assert launch.document_target == "iframe"
        assert launch.return_url.startswith("http://localhost:8080/mod/lti/return.php?course=2")
        assert launch.frame_origins == ("http://localhost:8080",)

    def test_needs_nobody_s_name(self, add_platform, now):
        launch = Example(add_platform, data("moodle", "launch_student_anonymous")["claims"], now).verify()

        assert (launch.name, launch.given_name, launch.family_name, launch.email) == (None, None, None, None)
        assert launch.document_target == "window"

    @pytest.mark.parametrize(
        ("name", "is_course"),
        [("canvas-course-navigation-teacher", True), ("canvas-account-navigation-admin", False)],
    )
    def test_tells_a_course_from_an_account(self, add_platform, now, name, is_course):
        launch = Example(add_platform, data("lti", name)["jwt_payload"], now).verify()

        assert launch.context.is_course is is_course

    def test_works_without_a_context(self, add_platform, now):
        launch = Example(add_platform, data("lti", "no-context-instructor")["jwt_payload"], now).verify()

        assert launch.context is None
        assert launch.grades is None

    @pytest.mark.parametrize(
        "roles", [[], [""], [None, 5], ["http://purl.imsglobal.org/vocab/lis/v2/unknown#Helper"]]
    )
    def test_makes_an_observer_of_somebody_without_a_known_role(self, add_platform, now, roles):
        example = Example(add_platform, LEARNER, now)
        example.claims[CLAIM + "roles"] = roles

        assert example.verify().role is Role.OBSERVER

    def test_follows_the_signed_target_and_notes_that_it_differs(self, add_platform, now):
        example = Example(add_platform, LEARNER, now)
        example.claims[CLAIM + "target_link_uri"] = f"{TOOL}/communities/12/posts/3"

        launch = example.verify()

        assert launch.target_link_uri == f"{TOOL}/communities/12/posts/3"
        assert launch.target_differs

    def test_takes_an_empty_line_item_for_none(self, add_platform, now):
        example = Example(add_platform, LEARNER, now)
        endpoint = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
        example.claims[endpoint] = example.claims[endpoint] | {"lineitem": ""}

        assert example.verify().grades.line_item_url is None

    def test_makes_names_from_the_lms_harmless(self, add_platform, now):
        example = Example(add_platform, LEARNER, now)
        example.claims |= {
            "name": "\u202eAda\x00\u2066 Lovelace\n" + "a" * 500,
            "given_name": "\ud800",
            "email": 5,
            "picture": "javascript:alert(1)",
            "locale": "x" * 100,
        }
        example.claims[CLAIM + "context"] = {"id": "7", "title": "<b>\x07Course</b>", "type": None}
        example.claims[CLAIM + "launch_presentation"] = {
            "return_url": "https://evil.example;script-src/",
            "document_target": ["iframe"],
        }

        launch = example.verify()

        assert launch.name.startswith("Ada Lovelace a")
        assert len(launch.name) == 200
        assert (launch.given_name, launch.email, launch.picture) == (None, None, None)
        assert launch.context.title == "<b>Course</b>"
        assert launch.document_target is None
        assert launch.frame_origins == ("https://moodle.example.edu",)

    def test_ignores_claims_that_are_null_or_of_the_wrong_kind(self, add_platform, now):
        example = Example(add_platform, LEARNER, now)
        for claim in ("custom", "launch_presentation", "tool_platform", "lis", "context"):
            example.claims[CLAIM + claim] = None
        example.claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = ["?"]
        example.claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = "?"

        launch = example.verify()

        assert (launch.context, launch.grades, launch.roster_url, launch.custom) == (None, None, None, {})
        assert (launch.groups, launch.group_numbers) == (None, None)

    def test_says_where_groups_are_listed(self, add_platform, now):
        example = Example(add_platform, LEARNER, now)
        example.claims |= data("lti", "course-groups")["claim"]

        assert example.verify().groups == GroupService(
            "https://platform.example.org/ctx/7/groups", "https://platform.example.org/ctx/7/sets"
        )

    @pytest.mark.parametrize(
        "claim",
        [
            "?",
            [],
            None,
            {},
            {"context_group_sets_url": "https://x.example/"},
            {"context_groups_url": "ftp://x/"},
        ],
    )
    def test_says_nothing_of_groups_where_no_list_is_named(self, add_platform, now, claim):
        example = Example(add_platform, LEARNER, now)
        example.claims[names.GROUPS] = claim

        assert example.verify().groups is None

    @pytest.mark.parametrize(
        ("said", "read"),
        [
            ("12", ("12",)),
            ("12,7, 100,7", ("7", "12", "100")),
            ("", ()),
            ("$Moodle.Person.userGroupIds", None),
            ("12,$x", None),
            ("12,,7", None),
            ("Team red", None),
            ("-1", None),
            ("٣", None),
            ("1" * 21, None),
            (",".join(str(number) for number in range(501)), None),
            (None, None),
            (12, None),
        ],
    )
    def test_takes_the_numbers_that_moodle_puts_for_its_variable(self, add_platform, now, said, read):
        example = Example(add_platform, LEARNER, now)
        example.claims[names.CUSTOM] = {"user_group_ids": said}

        assert example.verify().group_numbers == read

    def test_accepts_a_key_without_an_algorithm(self, add_platform, state, now):
        key = PLATFORM_KEY.as_dict(private=False)
        del key["alg"]
        add_platform(deployments=("5",), key_set={"keys": [key]})

        assert launches.verify(signed(fresh(LEARNER, now.timestamp(), state.nonce)), state, now).sub

    def test_accepts_several_keys_and_takes_the_named_one(self, add_platform, state, now):
        other = RSAKey.generate_key(2048, {"kid": "other"}, private=True)
        add_platform(deployments=("5",), key_set=public(other, PLATFORM_KEY))

        assert launches.verify(signed(fresh(LEARNER, now.timestamp(), state.nonce)), state, now).sub

    def test_asks_the_database_once(self, moodle, state, now):
        statements = []
        event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))

        launches.verify(signed(fresh(LEARNER, now.timestamp(), state.nonce)), state, now)

        assert len([statement for statement in statements if statement.startswith("SELECT")]) == 1

    def test_compares_moments_in_any_time_zone(self, moodle, state, now):
        elsewhere = now.astimezone(timezone(timedelta(hours=5, minutes=30)))

        assert launches.verify(signed(fresh(LEARNER, now.timestamp(), state.nonce)), state, elsewhere).sub


class TestKeepingALaunchForTheLog:
    def test_shows_what_describes_the_launch_and_hides_what_describes_the_person(self, add_platform, now):
        launch = Example(add_platform, data("moodle", "launch_student")["claims"], now).verify()

        written = json.dumps(launch.masked_claims)

        assert launch.masked_claims[CLAIM + "context"]["title"] == "Management d'équipe"
        assert launch.masked_claims["sub"] == "(hidden)"
        for personal in ("Alice", "Durand", "student1", "SESSKEY", "Lyon", launch.email):
            assert personal not in written

    def test_is_small_and_storable_whatever_was_sent(self, add_platform, now):
        example = Example(add_platform, LEARNER, now)
        deep = {"id": "1"}
        for _ in range(50):
            deep = {"id": "1", "more": deep}
        example.claims[CLAIM + "context"] = deep
        example.claims[CLAIM + "tool_platform"] = {
            "name": "\x00\ud800" + "x" * 5000,
            "n": 10**300,
            "f": 1e308,
        }

        kept = example.verify().masked_claims

        assert len(json.dumps(kept)) < 3000
        assert "\\u0000" not in json.dumps(kept)
