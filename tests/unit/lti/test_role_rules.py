"""Rules of a deployment before the usual ones: what a rule names, in which order they decide."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.lti.role_rules import USUAL, RoleRule, RuleKind, Rules, problems_of, rules_of, stored
from lti_tool.lti.roles import RANKING, is_lms_administrator, role_of
from lti_tool.models import Role
from tests.unit.lti.simulator import data

LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
CONTEXT = f"{LIS}membership"
ELSEWHERE = (
    f"{LIS}institution/person#Administrator",
    f"{LIS}system/person#Administrator",
    f"{LIS}person#Administrator",
    "urn:lti:instrole:ims/lis/Administrator",
    "urn:lti:sysrole:ims/lis/SysAdmin",
)
VECTORS = data("lti", "roles-mapping")
RAW = st.sampled_from([case["in"] for case in VECTORS["cases"]] + ["urn:school:tutor", *ELSEWHERE]) | st.text(
    max_size=30
)
RAWS = st.lists(RAW, max_size=5)
MATCHES = RAW | st.sampled_from(
    ["*", "Inst*", "*#*", "Manager#*", "urn:school:*", f"{LIS}*", "*Administrator"]
)
CUSTOM = st.dictionaries(st.sampled_from(["cv_role", "other"]), st.text(max_size=5), max_size=2)


def rule(match, role, parameter=None) -> RoleRule:
    return RoleRule(RuleKind.PARAMETER if parameter else RuleKind.ROLE, match, role, parameter)


RULES = st.lists(
    st.builds(rule, MATCHES, st.sampled_from(RANKING), st.sampled_from([None, "cv_role", "other"])),
    max_size=6,
).map(tuple)


def by(*rules, parameters=()) -> Rules:
    return Rules(tuple(rules), tuple(parameters))


class TestWithoutRules:
    @given(RAWS, CUSTOM)
    def test_the_usual_ones_decide(self, raw, custom):
        assert USUAL.role_of(raw, custom) == role_of(raw)
        assert USUAL.deciding(raw, custom) is None


class TestARuleAboutRoles:
    @pytest.mark.parametrize(
        "raw",
        [f"{CONTEXT}#Mentor", "Mentor", "urn:lti:role:ims/lis/Mentor"],
    )
    def test_names_a_role_in_whatever_form_it_is_sent(self, raw):
        for match in (f"{CONTEXT}#Mentor", "Mentor", "urn:lti:role:ims/lis/Mentor"):
            assert by(rule(match, Role.TRAINER)).role_of([raw]) is Role.TRAINER

    @pytest.mark.parametrize(
        "match", ["Instructor#Grader", "Instructor/Grader", f"{CONTEXT}/Instructor#Grader"]
    )
    def test_names_a_sub_role(self, match):
        rules = by(rule(match, Role.LEARNER))
        assert rules.role_of([f"{CONTEXT}#Instructor", f"{CONTEXT}/Instructor#Grader"]) is Role.LEARNER
        assert rules.role_of([f"{CONTEXT}#Instructor"]) is Role.TRAINER

    def test_of_a_base_role_does_not_name_who_is_its_sub_role(self):
        rules = by(rule("Instructor", Role.OBSERVER))
        assert rules.role_of([f"{CONTEXT}#Instructor"]) is Role.OBSERVER
        both = [f"{CONTEXT}#Instructor", f"{CONTEXT}/Instructor#TeachingAssistant"]
        assert rules.role_of(both) is Role.TRAINER

    def test_takes_a_pattern_of_the_short_name_or_of_the_whole_one(self):
        sent = [f"{CONTEXT}/Mentor#Tutor"]
        for match in ("Mentor#*", "*#Tutor", f"{CONTEXT}/Mentor#*", "*Tutor"):
            assert by(rule(match, Role.TRAINER)).role_of(sent) is Role.TRAINER, match
        assert by(rule("Tutor*", Role.TRAINER)).role_of(sent) is Role.OBSERVER

    def test_takes_a_name_of_no_vocabulary_as_it_stands(self):
        rules = by(rule("urn:school:tutor", Role.TRAINER))
        assert rules.role_of(["urn:school:tutor"]) is Role.TRAINER
        assert rules.role_of(["urn:school:Tutor", "xurn:school:tutor"]) is Role.OBSERVER

    def test_lets_the_first_that_fits_decide_also_for_less(self):
        first, second = rule("Learner", Role.OBSERVER), rule("*", Role.TRAINER)
        assert by(first, second).role_of(["Learner"]) is Role.OBSERVER
        assert by(second, first).role_of(["Learner"]) is Role.TRAINER
        assert by(first, second).deciding(["Mentor"]) == 1

    def test_never_fits_who_has_no_role(self):
        assert by(rule("*", Role.TRAINER)).role_of([]) is Role.OBSERVER


class TestRolesOfTheInstitutionAndTheSystem:
    @pytest.mark.parametrize("raw", ELSEWHERE)
    def test_give_something_only_when_a_rule_names_them_whole(self, raw):
        assert by(rule(raw, Role.PEDAGOGICAL_LEAD)).role_of([raw]) is Role.PEDAGOGICAL_LEAD

    @given(st.lists(st.sampled_from(ELSEWHERE), min_size=1, max_size=3), MATCHES, st.sampled_from(RANKING))
    def test_are_reached_by_no_pattern_and_no_short_name(self, raw, match, role):
        if match in ELSEWHERE or match.startswith((f"{LIS}inst", f"{LIS}sys", f"{LIS}person", "urn:lti:")):
            return
        assert by(rule(match, role)).role_of(raw) is Role.OBSERVER

    def test_make_an_administrator_of_the_lms(self):
        assert all(is_lms_administrator([raw]) for raw in ELSEWHERE)
        others = [f"{CONTEXT}#Administrator", "Administrator", f"{LIS}institution/person#Faculty", ""]
        assert not is_lms_administrator(others)


class TestARuleAboutAParameter:
    rules = by(rule("tutor*", Role.TRAINER, "cv_role"), parameters=["cv_role"])

    def test_looks_at_its_value(self):
        assert self.rules.role_of(["Learner"], {"cv_role": "tutor-2"}) is Role.TRAINER
        assert self.rules.role_of(["Learner"], {"cv_role": "a tutor"}) is Role.LEARNER
        assert self.rules.role_of(["Learner"], {"other": "tutor"}) is Role.LEARNER
        assert self.rules.role_of(["Learner"]) is Role.LEARNER

    def test_decides_nothing_unless_the_deployment_allows_the_parameter(self):
        forbidden = Rules(self.rules.rules, ())
        assert forbidden.role_of(["Learner"], {"cv_role": "tutor"}) is Role.LEARNER

    def test_has_only_its_parameters_kept(self):
        assert self.rules.kept_of({"cv_role": "x", "secret": "y"}) == {"cv_role": "x"}
        assert self.rules.kept_of({"secret": "y"}) is None


class TestAPattern:
    @given(st.text("ab*", max_size=6).filter(lambda match: match.strip("*")), st.text("ab", max_size=8))
    def test_takes_any_letters_for_a_star(self, match, value):
        expected = re.fullmatch(".*".join(map(re.escape, match.split("*"))), value) is not None
        rules = Rules((rule(match, Role.TRAINER, "cv_role"),), ("cv_role",))
        assert (rules.deciding([], {"cv_role": value}) == 0) == expected

    def test_is_decided_at_once_whatever_an_lms_sends(self):
        """A regular expression takes eight times as long for a value twice as long: here, for hours."""
        rules = Rules((rule("*a*a*ab", Role.TRAINER, "cv_role"),), ("cv_role",))
        assert rules.deciding([], {"cv_role": "a" * 50_000}) is None


class TestAnyRules:
    @given(RULES, RAWS, CUSTOM)
    def test_give_a_role_that_an_lms_can_give(self, rules, raw, custom):
        assert Rules(rules, ("cv_role",)).role_of(raw, custom) in RANKING

    @given(RULES, RAWS, CUSTOM)
    def test_decide_by_the_first_that_fits_alone(self, rules, raw, custom):
        whole = Rules(rules, ("cv_role",))
        place = whole.deciding(raw, custom)
        if place is None:
            assert whole.role_of(raw, custom) == role_of(raw)
        else:
            assert Rules(rules[: place + 1], ("cv_role",)).deciding(raw, custom) == place
            assert Rules(rules[:place], ("cv_role",)).deciding(raw, custom) is None

    @given(RULES, RAWS, st.randoms())
    def test_do_not_depend_on_the_order_in_which_roles_are_sent(self, rules, raw, random):
        shuffled = list(raw)
        random.shuffle(shuffled)
        assert Rules(rules).role_of(shuffled) == Rules(rules).role_of(raw)

    @given(RULES)
    def test_come_back_from_the_row_as_they_were(self, rules):
        assert rules_of(stored(rules), ["cv_role"]) == Rules(rules, ("cv_role",))


class TestWhatIsWrongWithARule:
    @pytest.mark.parametrize(
        ("one", "expected"),
        [
            (rule("", Role.TRAINER), "match-missing"),
            (rule("x" * 301, Role.TRAINER), "match-too-long"),
            (rule("a*b*c*d*e", Role.TRAINER), "too-many-stars"),
            (rule("**", Role.TRAINER), "match-everything"),
            (rule("Mentor", Role.SPONSOR), "role-by-appointment-only"),
            (rule("x", Role.TRAINER, "other"), "parameter-not-allowed"),
        ],
    )
    def test_has_a_code(self, one, expected):
        assert problems_of(one, ["cv_role"]) == [expected]

    def test_is_nothing_mostly(self):
        assert problems_of(rule("Mentor#*", Role.TRAINER), []) == []
        assert problems_of(rule("*", Role.TRAINER, "cv_role"), ["cv_role"]) == []
