"""Every reason for which an LMS is not connected has a title, a cause of its own and a remedy."""

import pytest

from lti_tool.lti.registration_refusals import CODES
from tests.unit.templates.sheets import macros


def said(name: str, code: str) -> str:
    return str(getattr(macros("registration/_refusals.html"), name)(code)).strip()


class TestARefusedRegistration:
    @pytest.mark.parametrize("code", CODES)
    def test_has_title_and_remedy(self, code):
        assert said("refusal_title", code)
        assert said("refusal_remedy", code).startswith("<li>")

    def test_has_a_cause_of_its_own(self):
        causes = {said("refusal_cause", code) for code in CODES}
        assert len(causes) == len(CODES)


class TestAProduct:
    @pytest.mark.parametrize(
        "product", ["moodle", "canvas", "brightspace", "blackboard", "sakai", "ilias", "other"]
    )
    def test_has_a_name_a_place_and_next_steps(self, product):
        sheet = macros("registration/_products.html")
        assert str(sheet.product_name(product)).strip()
        assert str(sheet.paste_here(product)).strip()
        assert str(sheet.next_steps(product)).count("<li>") >= 2
