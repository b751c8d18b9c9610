"""MAIL_URL: what cannot be used is refused when the tool starts, not by the first mail."""

import pytest

from lti_tool import create_app
from lti_tool.errors import UnsafeSettings


def settings_with(tmp_path, mail_url: str):
    chosen = {
        "MAIL_URL": mail_url,
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite",
    }
    return create_app("testing", chosen).extensions["settings"]


@pytest.mark.parametrize(
    "unfit",
    [
        *("mail.test", "http://mail.test", "smtp://", "smtp://mail.test:mail", "smtp://mail.test:99999"),
        # Neither name nor password of other letters can be handed over by Python's smtplib.
        *("smtp://ruth:gar%C3%A7on@mail.test", "smtp://[mail.test"),
    ],
)
def test_what_names_no_server_is_refused(tmp_path, unfit):
    with pytest.raises(UnsafeSettings) as refusal:
        settings_with(tmp_path, unfit)
    assert refusal.value.facts["setting"] == "MAIL_URL"


def test_the_usual_ones_are_taken(tmp_path):
    for fit in ("", "smtp://mail.test", "smtps://ruth:a%40b@mail.test:465"):
        assert settings_with(tmp_path, fit).mail_url == (fit or None)
