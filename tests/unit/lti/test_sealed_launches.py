"""A launch that waits in a form: it comes back as it was, to the same browser, for a quarter of an hour."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from lti_tool.errors import LaunchRefused
from lti_tool.lti import sealed_launches
from lti_tool.lti.launch import Context, GradeService, GroupService, Launch, Link
from lti_tool.models import Role
from lti_tool.transactions import transaction

SECRET, OTHER = "the browser's secret", "another one"
FULL = Launch(
    platform_id=3,
    deployment_key=4,
    deployment_id="5",
    accept_deployment=False,
    message_type="LtiResourceLinkRequest",
    sub="u-é",
    name="Claire Müller",
    given_name="Claire",
    family_name=None,
    email=None,
    picture=None,
    locale="fr",
    roles=("Instructor", "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"),
    role=Role.TRAINER,
    test_user=False,
    context=Context("2", "Manager", None, ("CourseSection",)),
    link=Link("91", "La communauté"),
    target_link_uri="https://tool.test/lti/launch",
    target_differs=False,
    return_url="https://lms.test/return?a=1&b=2",
    document_target="iframe",
    grades=GradeService("https://lms.test/items", None, ("a", "b")),
    roster_url="https://lms.test/members",
    groups=GroupService("https://lms.test/groups", None),
    group_numbers=("3", "12"),
    custom={"a": "b"},
    product="moodle",
    issuer="https://lms.test",
    client_id="client",
    frame_origins=("https://lms.test",),
    masked_claims={"iss": "https://lms.test", "nested": {"list": [1, None]}},
)
BARE = replace(
    FULL,
    context=Context("2", None, None, ()),
    link=None,
    grades=None,
    groups=None,
    group_numbers=None,
    roles=(),
    custom={},
)


class TestASealedLaunch:
    @pytest.mark.parametrize("launch", [FULL, BARE])
    def test_comes_back_as_it_was(self, app, now, launch):
        text = sealed_launches.sealed(launch, SECRET, now)
        assert sealed_launches.opened(text, [OTHER, SECRET], now).launch == launch

    @pytest.mark.parametrize(
        ("after", "secrets", "code"),
        [
            (sealed_launches.LIFETIME + timedelta(seconds=1), [SECRET], "state-expired"),
            (timedelta(minutes=-2), [SECRET], "state-expired"),
            (timedelta(), [OTHER], "state-other-browser"),
            (timedelta(), [], "state-other-browser"),
            (timedelta(), [""], "state-other-browser"),
        ],
    )
    def test_is_refused_late_or_elsewhere(self, app, now, after, secrets, code):
        text = sealed_launches.sealed(FULL, SECRET, now)
        with pytest.raises(LaunchRefused, match=code):
            sealed_launches.opened(text, secrets, now + after)

    @pytest.mark.parametrize("text", ["x", "é" * 10, "e30.e30.e30", "x" * 300_000, "\0"])
    def test_is_refused_when_it_is_not_ours(self, app, now, text):
        with pytest.raises(LaunchRefused, match="state-unknown"):
            sealed_launches.opened(text, [SECRET], now)

    def test_is_refused_when_a_letter_was_changed(self, app, now):
        text = sealed_launches.sealed(FULL, SECRET, now)
        swapped = text[:20] + ("A" if text[20] != "A" else "B") + text[21:]
        with pytest.raises(LaunchRefused, match="state-unknown"):
            sealed_launches.opened(swapped, [SECRET], now)

    @pytest.mark.parametrize(
        "of_another_release", [{"new_claim": "x"}, {"link": {"id": "9"}}, {"role": "dean"}]
    )
    def test_of_another_release_is_refused_calmly(self, app, now, monkeypatch, of_another_release):
        """While old and new processes run together, one may open what the other has sealed."""
        monkeypatch.setattr(sealed_launches, "asdict", lambda launch: asdict(launch) | of_another_release)
        text = sealed_launches.sealed(FULL, SECRET, now)
        with pytest.raises(LaunchRefused, match="state-expired"):
            sealed_launches.opened(text, [SECRET], now)

    def test_cannot_be_a_login_state(self, app, now):
        """Each has a salt of its own: one is never taken for the other."""
        from lti_tool.lti.states import LaunchState, sealed

        state = sealed(LaunchState(1, "n", "t", now), SECRET)
        with pytest.raises(LaunchRefused, match="state-unknown"):
            sealed_launches.opened(state, [SECRET], now)

    def test_is_used_once(self, app, now):
        came = sealed_launches.opened(sealed_launches.sealed(FULL, SECRET, now), [SECRET], now)
        with transaction():
            sealed_launches.use_up(came, now)
        with pytest.raises(LaunchRefused, match="launch-replayed"), transaction():
            sealed_launches.use_up(came, now)
