"""Settings: what cannot be used is refused when the tool starts; what is written otherwise is understood."""

import pytest

from lti_tool import create_app
from lti_tool.errors import UnsafeSettings


def settings_with(tmp_path, **chosen: str):
    chosen |= {"VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite"}
    return create_app("testing", chosen).extensions["settings"]


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://Community.Example.org/", "https://community.example.org"),
        ("https://community.example.org:443", "https://community.example.org"),
        ("https://community.example.org:8443", "https://community.example.org:8443"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_the_public_address_is_kept_as_browsers_write_it(tmp_path, written, origin):
    """Else nobody could sign in to the console: the origin of a form would never be ours."""
    assert settings_with(tmp_path, BASE_URL=written).base_url == origin


@pytest.mark.parametrize(
    "unfit",
    [
        *("mail.test", "http://mail.test", "smtp://", "smtp://mail.test:mail", "smtp://mail.test:99999"),
        # Neither name nor password of other letters can be handed over by Python's smtplib.
        *("smtp://ruth:gar%C3%A7on@mail.test", "smtp://[mail.test"),
    ],
)
def test_a_mail_url_that_names_no_server_is_refused(tmp_path, unfit):
    with pytest.raises(UnsafeSettings) as refusal:
        settings_with(tmp_path, MAIL_URL=unfit)
    assert refusal.value.facts["setting"] == "MAIL_URL"


def test_the_usual_mail_urls_are_taken(tmp_path):
    for fit in ("", "smtp://mail.test", "smtps://ruth:a%40b@mail.test:465"):
        assert settings_with(tmp_path, MAIL_URL=fit).mail_url == (fit or None)


@pytest.mark.parametrize(
    "unfit",
    [
        *(
            "mail.test",
            "smtp://a:b@mail.test",
            "imaps://mail.test",
            "imaps://a@mail.test",
            "imaps://:b@mail.test",
        ),
        *("imaps://a:b@mail.test:0", "imaps://a:b@mail.test:x", "imaps://a:gar%C3%A7on@mail.test"),
        *("imaps://a:b%0d%0ac@mail.test", "imaps://a:b@mail.test/In%00box", "imaps://a:b@mail.test/X?y=1"),
    ],
)
def test_a_mailbox_that_cannot_be_is_refused_without_being_quoted(tmp_path, unfit):
    with pytest.raises(UnsafeSettings) as refusal:
        settings_with(tmp_path, INBOUND_MAIL_URL=unfit, REPLY_ADDRESS="reply@mail.test")
    assert refusal.value.facts["setting"] == "INBOUND_MAIL_URL"
    assert unfit not in refusal.value.facts["sentence"]


@pytest.mark.parametrize(
    ("mailbox", "address", "setting"),
    [
        ("imaps://a:b@mail.test", "", "REPLY_ADDRESS"),
        ("", "reply@mail.test", "INBOUND_MAIL_URL"),
        ("imaps://a:b@mail.test", "reply", "REPLY_ADDRESS"),
        ("imaps://a:b@mail.test", "reply+x@mail.test", "REPLY_ADDRESS"),
        ("imaps://a:b@mail.test", "a-name-that-is-long@mail.test", "REPLY_ADDRESS"),
    ],
)
def test_an_address_for_answers_that_leads_nowhere_is_refused(tmp_path, mailbox, address, setting):
    with pytest.raises(UnsafeSettings) as refusal:
        settings_with(tmp_path, INBOUND_MAIL_URL=mailbox, REPLY_ADDRESS=address)
    assert refusal.value.facts["setting"] == setting


def test_a_usual_mailbox_is_taken(tmp_path):
    for url in ("imaps://a%40b:c%20d@mail.test", "imap://a:b@localhost:1143/Answers/2026"):
        chosen = settings_with(tmp_path, INBOUND_MAIL_URL=url, REPLY_ADDRESS="community.replies@mail.test")
        assert chosen.inbound_mail_url == url
