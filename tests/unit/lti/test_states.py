"""Check 1: the state is ours, fresh, and of this browser."""

import hashlib
from datetime import timedelta

import pytest

from lti_tool.errors import LaunchRefused
from lti_tool.lti import launches
from lti_tool.lti.states import PREFIX, LaunchState, sealed
from tests.unit.lti.simulator import TOOL, data

SECRET = "the browser's cookie"


@pytest.fixture
def state(app, now):
    return LaunchState(3, "nonce", f"{TOOL}/lti/launch", now)


def opened(form, secrets, now):
    return launches.open_state(form, secrets, now)


class TestOpeningAState:
    def test_gives_back_what_the_login_put_in(self, state, now):
        assert opened({"state": PREFIX + sealed(state, SECRET)}, ["another", SECRET], now) == state

    @pytest.mark.parametrize("seconds", [0, 599, -59])
    def test_accepts_ten_minutes_and_a_little_difference_of_clocks(self, state, now, seconds):
        assert opened({"state": sealed(state, SECRET)}, [SECRET], now + timedelta(seconds=seconds)) == state

    def test_that_the_page_of_the_lms_proves_says_so_and_which_secret_is_meant(self, app, now):
        kept = LaunchState(3, "nonce", f"{TOOL}/lti/launch", now, "_parent", "https://lms.test")
        back = opened({"state": sealed(kept, SECRET)}, [], now)
        assert back == kept
        assert back.storage_key == kept.storage_key != LaunchState(3, "other", "", now).storage_key
        assert back.secret_digest == hashlib.sha256(SECRET.encode()).hexdigest()

    @pytest.mark.parametrize("seconds", [601, 11 * 60, -120])
    def test_refuses_an_old_one_and_one_from_the_future(self, state, now, seconds):
        with pytest.raises(LaunchRefused, match="state-expired"):
            opened({"state": sealed(state, SECRET)}, [SECRET], now + timedelta(seconds=seconds))

    @pytest.mark.parametrize("secrets", [[], [""], ["another"], [SECRET + " "]])
    def test_refuses_another_browser(self, state, now, secrets):
        with pytest.raises(LaunchRefused, match="state-other-browser") as refusal:
            opened({"state": sealed(state, SECRET)}, secrets, now)

        assert refusal.value.facts["platform_id"] == 3

    def test_refuses_an_empty_cookie_even_for_a_state_made_with_one(self, state, now):
        with pytest.raises(LaunchRefused, match="state-other-browser"):
            opened({"state": sealed(state, "")}, [""], now)

    @pytest.mark.parametrize("form", [{}, {"state": ""}])
    def test_refuses_a_launch_without_one(self, app, now, form):
        with pytest.raises(LaunchRefused, match="state-missing"):
            opened(form, [SECRET], now)

    @pytest.mark.parametrize("sent", ["random", "state-x.y", "é", "\x00", "x" * 100_000])
    def test_refuses_one_that_is_not_ours(self, app, now, sent):
        with pytest.raises(LaunchRefused, match="state-unknown"):
            opened({"state": sent}, [SECRET], now)

    def test_refuses_one_that_was_changed(self, state, now):
        content, _, signature = sealed(state, SECRET).rpartition(".")

        with pytest.raises(LaunchRefused, match="state-unknown"):
            opened({"state": f"{content}x.{signature}"}, [SECRET], now)

    def test_refuses_one_signed_with_another_key(self, state, now, app):
        sent = sealed(state, SECRET)
        app.extensions["settings"].secret_key = "another secret of the tests, just as long"

        with pytest.raises(LaunchRefused, match="state-unknown"):
            opened({"state": sent}, [SECRET], now)


class TestReceivingAnErrorInsteadOfAToken:
    def test_says_what_the_lms_said_in_harmless_words(self, state, now):
        form = data("lti", "auth-error-response")["params"] | {"state": sealed(state, SECRET)}

        with pytest.raises(LaunchRefused, match="platform-error") as refusal:
            opened(form, [SECRET], now)

        assert refusal.value.detail == "access_denied: No launch id in LTI hint"
        assert refusal.value.facts["platform_id"] == 3

    def test_needs_no_state_to_say_it(self, app, now):
        with pytest.raises(LaunchRefused, match="platform-error") as refusal:
            opened({"error": "<script>x</script>login_required\x00"}, [], now)

        assert refusal.value.detail == "login_required"
        assert "platform_id" not in refusal.value.facts
