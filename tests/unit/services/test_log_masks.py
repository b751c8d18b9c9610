"""What the log hides by looking at it."""

import logging

import pytest

from lti_tool import logs
from lti_tool.log_masks import HIDDEN, masked_text, masked_value

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJpbmVzIn0.c2lnbmF0dXJlLW9mLWl0"


class TestMaskingText:
    @pytest.mark.parametrize(
        ("text", "secret"),
        [
            (f"token {TOKEN} came", TOKEN),
            (f"id_token={TOKEN}&state=abc", "abc"),
            ('{"access_token": "opaque-value", "expires_in": 3600}', "opaque-value"),
            ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
            ("Cookie: __Host-cv_session=s3cr3t; other=1", "s3cr3t"),
            ("X-Seat-Token: 12.abcdef", "12.abcdef"),
            ("{'name': 'Inès Benali', 'roles': []}", "Inès"),
            ('{"given_name":"Inès","family_name":"Benali"}', "Benali"),
            ("cannot reach ines.benali@example.org today", "ines"),
            ("GET /lti/register/abcDEF?openid_configuration=https://x", "abcDEF"),
            ("at /o/Zm9vYmFy", "Zm9vYmFy"),
            ("https://lms.example/return?sesskey=q1w2e3", "q1w2e3"),
            ("postgresql://tool:hunter2@db/tool", "hunter2"),
            ("key 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "9f86d081"),
            ("login_hint=2-1 client_secret='x y z'", "x y z"),
            ("password: hunter2", "hunter2"),
        ],
    )
    def test_hides_what_is_nobody_s_business(self, text, secret):
        masked = masked_text(text)
        assert secret not in masked
        assert HIDDEN in masked

    @pytest.mark.parametrize("part", ["a.", "a-", "eyJ", "token"])
    def test_takes_no_longer_than_a_text_is_long(self, part):
        """Not with the square of it: an LMS's page in a traceback held the process for minutes."""
        text = f"https://{part * 40_000} ines@example.org"
        assert "ines@" not in masked_text(text)

    @pytest.mark.parametrize(
        "text",
        [
            "refused /communities/12/posts: not-allowed",
            "the queue cannot be reached; line_items are swept within a minute",
            "task 7cf5c2e4-1111-4222-8333-444455556666 of deliver_scores",
            "a_very_long_name_of_a_function_in_a_module_of_ours",
            "https://lms.example/mod/lti/token.php answered 503",
            "login refused, CV-7K4M-92QX: login-unknown-issuer",
        ],
    )
    def test_leaves_what_helps(self, text):
        assert masked_text(text) == text


class TestMaskingFields:
    def test_a_field_is_hidden_by_its_name_however_deep(self):
        masked = masked_value("detail", {"state": "x", "list": [{"Email": "a@b.org"}], "status": 200})
        assert masked == {"state": HIDDEN, "list": [{"Email": HIDDEN}], "status": 200}

    def test_numbers_and_nothing_stay(self):
        assert [masked_value("status", value) for value in (503, 1.5, True, None)] == [503, 1.5, True, None]


class TestALineForPeople:
    def test_nobody_begins_a_line_of_their_own(self):
        record = logging.LogRecord(
            "lti_tool", logging.INFO, "x.py", 1, "at %s", ("/a\n2026 error forged",), None
        )
        (line,) = logs.formatter("text").format(record).splitlines()
        assert "info" in line
        assert "forged" in line
