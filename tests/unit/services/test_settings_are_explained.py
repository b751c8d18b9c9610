"""Every setting has a sentence, and the doctor knows them all."""

import re

from lti_tool import settings
from lti_tool.services.diagnosis_settings import unknown_variables
from lti_tool.services.findings import Level


class TestEverySetting:
    def test_has_a_sentence_above_it(self):
        text = (settings.directory("configs") / "default.py").read_text(encoding="utf-8")
        blocks = [block for block in text.split("\n\n")[1:] if re.search(r"^[A-Z_]+ =", block, re.MULTILINE)]
        assert len(blocks) > 10
        for block in blocks:
            assert re.match(r"# .+[.…]\n", block), block


class TestVariables:
    def test_of_settings_are_known(self):
        assert unknown_variables({"LTI_TOOL_BASE_URL": "x", "HOME": "y"}, ["BASE_URL"]) == []

    def test_the_name_of_the_file_in_configs_is_known(self):
        assert unknown_variables({"LTI_TOOL_ENVIRONMENT": "production"}, []) == []

    def test_that_resemble_no_setting_are_to_be_taken_away(self):
        (finding,) = unknown_variables({"LTI_TOOL_XYZZY": "1"}, ["BASE_URL"])
        assert (finding.level, finding.remedy) == (Level.WARNING, "Take it away.")
