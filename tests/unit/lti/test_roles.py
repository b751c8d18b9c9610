"""The vectors of roles-mapping.json and the rules of DESIGN part 1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.lti.roles import (
    TEST_USER,
    ParsedRole,
    higher,
    is_lms_administrator,
    is_test_user,
    parse,
    role_of,
)
from lti_tool.models import Role
from tests.unit.lti.simulator import data

VECTORS = data("lti", "roles-mapping")
LIS = "http://purl.imsglobal.org/vocab/lis/v2/membership"


class TestParsingOneRole:
    @pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["in"] or "empty")
    def test_takes_it_apart_as_the_vectors_say(self, case):
        assert parse(case["in"]) == ParsedRole(case["scope"], case["role"], case["sub"])

    @pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["in"] or "empty")
    def test_gives_the_community_role_of_the_vectors(self, case):
        assert role_of([case["in"]]) == (case["community"] or "observer")

    @given(st.text(max_size=80))
    def test_never_fails(self, raw):
        assert parse(raw).scope in (None, "context")


class TestMappingASetOfRoles:
    @pytest.mark.parametrize("case", VECTORS["sets"], ids=lambda case: case["expect"])
    def test_follows_the_vectors(self, case):
        expected = case["expect"].removeprefix("no context role: ").partition(",")[0].partition(":")[0]
        expected = expected.partition(" (")[0]

        assert role_of(case["in"]) == expected

    @pytest.mark.parametrize(
        ("roles", "expected"),
        [
            ([f"{LIS}#Manager", f"{LIS}/Manager#Observer"], Role.OBSERVER),
            ([f"{LIS}#Manager", f"{LIS}/Manager#ExternalObserver"], Role.OBSERVER),
            ([f"{LIS}#Manager", f"{LIS}/Manager#CourseCoordinator"], Role.PEDAGOGICAL_LEAD),
            ([f"{LIS}/Learner#Instructor"], Role.LEARNER),
            ([f"{LIS}#Learner", f"{LIS}/Learner#Instructor"], Role.LEARNER),
            ([f"{LIS}#ContentDeveloper", f"{LIS}#Instructor"], Role.TRAINER),
            ([f"{LIS}#Learner", f"{LIS}#ContentDeveloper"], Role.PEDAGOGICAL_LEAD),
            ([f"{LIS}#Mentor", f"{LIS}/Mentor#Tutor"], Role.OBSERVER),
            ([f"{LIS}/Instructor#SomethingNew"], Role.TRAINER),
            ([f"{LIS}#TeachingAssistant"], Role.TRAINER),
            (["urn:lti:role:ims/lis/Learner/NonCreditLearner"], Role.LEARNER),
            (["urn:lti:instrole:ims/lis/Instructor", "urn:lti:sysrole:ims/lis/SysAdmin"], Role.OBSERVER),
            ([f"{LIS}#Instructor#Learner", f"x{LIS}#Instructor", "instructor "], Role.OBSERVER),
        ],
    )
    def test_narrows_by_sub_role_and_takes_the_highest(self, roles, expected):
        assert role_of(roles) is expected


class TestRanking:
    def test_puts_trainer_over_lead_over_learner_over_observer(self):
        assert higher(Role.OBSERVER, Role.LEARNER) is Role.LEARNER
        assert higher(Role.PEDAGOGICAL_LEAD, Role.LEARNER) is Role.PEDAGOGICAL_LEAD
        assert higher(Role.PEDAGOGICAL_LEAD, Role.TRAINER) is Role.TRAINER

    def test_knows_no_rank_for_what_only_an_appointment_gives(self):
        with pytest.raises(ValueError):
            higher(Role.SPONSOR, Role.LEARNER)


class TestRecognisingTheStudentView:
    def test_goes_by_its_own_role_only(self):
        assert is_test_user([f"{LIS}#Learner", TEST_USER])
        assert not is_test_user([f"{LIS}#Learner"])


class TestRecognisingWhoAdministersTheLms:
    @pytest.mark.parametrize(
        "role",
        [
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
            "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
            "http://purl.imsglobal.org/vocab/lis/v2/person#Administrator",
            "urn:lti:instrole:ims/lis/Administrator",
            "urn:lti:sysrole:ims/lis/Administrator",
        ],
    )
    def test_goes_by_roles_beyond_courses(self, role):
        assert is_lms_administrator([f"{LIS}#Learner", role])
        assert role_of([role]) is Role.OBSERVER

    @pytest.mark.parametrize(
        "role",
        [
            f"{LIS}#Administrator",
            "Administrator",
            "urn:lti:role:ims/lis/Administrator",
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Staff",
            "http://purl.imsglobal.org/vocab/lis/v2/system/person#User",
            "http://purl.imsglobal.org/vocab/lti/system/person#Administrator",
            "http://elsewhere.example/system/person#Administrator",
            "",
        ],
    )
    def test_and_by_nothing_else(self, role):
        assert not is_lms_administrator([role])
