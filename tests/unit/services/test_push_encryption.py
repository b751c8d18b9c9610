"""What is sent to a browser can be read by it alone: the RFC's own example, and a reader of another make."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.services import push_encryption
from tests.support.push_service import CURVE, Browser, plain, safe

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_makes_of_the_example_of_rfc_8291_what_stands_there():
    """Section 5 and appendix A."""
    ours = int.from_bytes(plain("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    made = push_encryption.sealed(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        ec.derive_private_key(ours, CURVE),
        plain("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert safe(made) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
        "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(max_size=push_encryption.LARGEST))
def test_is_read_by_the_browser_that_it_is_for(message):
    browser = Browser("https://push.test/1")
    said = browser.subscription()
    sent = push_encryption.encrypted(message, said["public"], said["secret"])
    assert browser.reads(sent) == message
    assert len(sent) <= push_encryption.RECORD_SIZE


def test_is_another_one_each_time():
    said = Browser("https://push.test/1").subscription()
    assert len({push_encryption.encrypted(b"x", said["public"], said["secret"]) for _ in range(5)}) == 5


POINT, SECRET = safe(Browser("").point), safe(b"k" * 16)
WRONG = {
    "no-point": ("", SECRET),
    "no-base64": ("no base64 é", SECRET),
    "not-on-the-curve": (safe(b"\x04" + b"\x01" * 64), SECRET),
    "too-short": (safe(b"\x04" * 64), SECRET),
    "secret-too-short": (POINT, safe(b"k" * 15)),
    "secret-no-base64": (POINT, "é"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_refuses_keys_that_cannot_be_right(wrong):
    with pytest.raises(push_encryption.UnusableKeys):
        push_encryption.check(*WRONG[wrong])


def test_says_who_sends_so_that_the_push_service_can_check_it():
    public, pem = push_encryption.new_key()
    token = push_encryption.token("https://push.test", "mailto:us@school.test", pem, NOW)
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, plain(public))
    said = jwt.decode(
        token, key, algorithms=["ES256"], audience="https://push.test", options={"verify_exp": False}
    )
    assert said["sub"] == "mailto:us@school.test"
    assert NOW < datetime.fromtimestamp(said["exp"], UTC) <= NOW + timedelta(hours=24)
