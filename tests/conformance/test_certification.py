"""The certification checklist of LTI Advantage tools, one test for each number.

The docstrings are the lines of docs/conformance.md, which `make conformance` writes from the results.
"""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from demo_lms.people import INSTRUCTOR, LEARNER, MENTOR, VOCABULARY
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.lti import keys
from lti_tool.models import Seat
from tests.functional import launches as way
from tests.functional.launches import launch_with, role_of, setting, without
from tests.support.world import TOOL

pytestmark = pytest.mark.slow_on_postgresql

SEVERAL = [INSTRUCTOR, f"{VOCABULARY}/institution/person#Staff"]
SEVERAL_OF_A_LEARNER = [LEARNER, f"{VOCABULARY}/institution/person#Student", MENTOR]
UNKNOWN = [f"{VOCABULARY}/unknown/unknown#Helper"]


def refused(world, code, *changes, **header):
    """A visible page, no session, 4xx, and a line in the launch log that says why."""
    browser = world.browser("ines")
    page = launch_with(browser, together(*changes), **header)
    way.assert_calmly_refused(world, page, code)
    with world.database() as session:
        assert session.scalars(select(Seat)).all() == []


def let_in(world, role, *changes, person="ines"):
    home = launch_with(world.browser(person), together(*changes))
    assert (home.status, role_of(home)) == (200, role)
    return home


def together(*changes):
    return lambda claims: [change(claims) for change in changes]


def only(*kept):
    return without(*(name for name in way.PERSONAL if name not in kept))


def test_cert_01_no_key_id(world):
    """Bad launch: no `kid` in the header"""
    refused(world, "key-id-missing", kid=None)


def test_cert_02_wrong_key_id(world):
    """Bad launch: incorrect `kid`"""
    refused(world, "key-unknown", kid="another")


def test_cert_03_wrong_version(world):
    """Bad launch: another LTI version"""
    refused(world, "version-wrong", setting(version="11.3"))


def test_cert_04_no_version(world):
    """Bad launch: version missing"""
    refused(world, "version-missing", without("version"))


def test_cert_05_no_lti_token(world):
    """Bad launch: the JWT is no LTI 1.3 token"""
    browser = world.browser("ines")
    token = "e30.eyJuYW1lIjoiYmFkbHRpbGF1bmNoIn0.e30"
    page = browser.launch(browser.launch_form() | {"id_token": token})
    way.assert_calmly_refused(world, page, "algorithm-forbidden")


def test_cert_06_claims_missing(world):
    """Bad launch: several claims missing"""
    refused(world, "version-missing", without("message_type", "version", "roles"))


def test_cert_07_wrong_times(world):
    """Bad launch: wrong `exp` and `iat`"""
    refused(world, "expired", setting(exp=22222, iat=11111))


def test_cert_08_no_message_type(world):
    """Bad launch: message type missing"""
    refused(world, "message-type-missing", without("message_type"))


def test_cert_09_no_roles(world):
    """Bad launch: roles missing"""
    refused(world, "roles-missing", without("roles"))


def test_cert_10_no_deployment(world):
    """Bad launch: deployment id missing"""
    refused(world, "deployment-missing", without("deployment_id"))


def test_cert_11_no_resource_link(world):
    """Bad launch: resource link id missing"""
    refused(world, "resource-link-missing", setting(resource_link={"title": "x"}))


@pytest.mark.parametrize("change", [setting(sub=""), without("sub")], ids=["empty", "absent"])
def test_cert_12_nobody(world, change):
    """Bad launch: user missing"""
    refused(world, "anonymous", change)


def test_cert_13_wrong_signature(world):
    """Bad launch: wrong signature"""
    browser = world.browser("ines")
    form = browser.launch_form()
    head, body, signature = form["id_token"].split(".")
    page = browser.launch(form | {"id_token": f"{head}.{body}.{signature[::-1]}"})
    way.assert_calmly_refused(world, page, "signature-wrong")


def test_cert_14_wrong_audience(world):
    """Bad launch: wrong `aud` or `azp`"""
    refused(world, "audience-mismatch", setting(aud="somebody-else"))
    refused(world, "authorized-party-wrong", setting(azp="somebody-else"))


def test_cert_15_replayed(world):
    """Bad launch: nonce used before"""
    browser = world.browser("ines")
    form = browser.launch_form()
    assert browser.launch(form).status == 200
    way.assert_calmly_refused(world, browser.launch(form), "launch-replayed")


def test_cert_16_wrong_state(world):
    """Bad launch: state not of this browser, or not ours"""
    form, other = world.browser("ines").launch_form(), world.browser("karim")
    other.launch_form()
    way.assert_calmly_refused(world, other.launch(form), "state-other-browser")
    way.assert_calmly_refused(world, other.launch(form | {"state": "made-up"}), "state-unknown")


def test_cert_17_unknown_deployment(world):
    """Bad launch: unknown deployment"""
    world.enter("ines")
    page = launch_with(world.browser("karim"), setting(deployment_id="unknown"))
    way.assert_calmly_refused(world, page, "deployment-waiting")


def test_cert_18_expired(world):
    """Bad launch: expired; within what clocks may differ it works"""
    for seconds, status in ((-62, 400), (-50, 200)):
        expires = way.seconds_from_now(seconds)
        assert launch_with(world.browser("ines"), setting(exp=expires)).status == status


def test_cert_19_altered_target(world):
    """Bad launch: target link URI of another host"""
    refused(world, "target-foreign", setting(target_link_uri="https://evil.example/"))


def test_cert_20_instructor(world):
    """Instructor: everything sent"""
    let_in(world, "trainer", person="claire")


def test_cert_21_instructor_several_roles(world):
    """Instructor: several roles"""
    let_in(world, "trainer", setting(roles=SEVERAL), person="claire")


def test_cert_22_instructor_short_role(world):
    """Instructor: short role name"""
    let_in(world, "trainer", setting(roles=["Instructor"]), person="claire")


def test_cert_23_instructor_unknown_role(world):
    """Instructor: unknown role, lowest privilege"""
    let_in(world, "observer", setting(roles=UNKNOWN), person="claire")


def test_cert_24_instructor_no_role(world):
    """Instructor: no role"""
    let_in(world, "observer", setting(roles=[""]), person="claire")


def test_cert_25_instructor_mail_only(world):
    """Instructor: mail address only"""
    let_in(world, "trainer", only("email"), person="claire")


def test_cert_26_instructor_names_only(world):
    """Instructor: names only"""
    let_in(world, "trainer", only("name", "given_name", "family_name"), person="claire")


def test_cert_27_instructor_nothing_personal(world):
    """Instructor: no personal data"""
    let_in(world, "trainer", only(), person="claire")


def no_course(world, person):
    page = launch_with(world.browser(person), together(only("email"), without("context")))
    assert (page.status, page.soup.h1.text) == (200, "Aucun cours n’accompagne ce lien")


def test_cert_28_instructor_no_context(world):
    """Instructor: mail address, no context: a page that says so"""
    no_course(world, "claire")


def test_cert_29_learner(world):
    """Learner: everything sent"""
    let_in(world, "learner")


def test_cert_30_learner_several_roles(world):
    """Learner: several roles"""
    let_in(world, "learner", setting(roles=SEVERAL_OF_A_LEARNER))


def test_cert_31_learner_short_role(world):
    """Learner: short role name"""
    let_in(world, "learner", setting(roles=["Learner"]))


def test_cert_32_learner_unknown_role(world):
    """Learner: unknown role, lowest privilege"""
    let_in(world, "observer", setting(roles=UNKNOWN))


def test_cert_33_learner_no_role(world):
    """Learner: no role"""
    let_in(world, "observer", setting(roles=[]))


def test_cert_34_learner_mail_only(world):
    """Learner: mail address only"""
    let_in(world, "learner", only("email"))


def test_cert_35_learner_names_only(world):
    """Learner: names only"""
    let_in(world, "learner", only("name", "given_name", "family_name"))


def test_cert_36_learner_nothing_personal(world):
    """Learner: no personal data"""
    let_in(world, "learner", only())


def test_cert_37_learner_only_resource_link(world):
    """Learner: resource link only, no service"""
    world.lms.quirks.roster_in_launch = world.lms.quirks.groups_in_launch = False
    endpoint = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    let_in(world, "learner", only(), lambda claims: claims.pop(endpoint, None))


def test_cert_38_learner_no_context(world):
    """Learner: mail address, no context: a page that says so"""
    no_course(world, "ines")


def login(world, method, **changes):
    params = {**world.browser("ines").login_form(), **changes}
    params = {name: value for name, value in params.items() if value is not None}
    where = {"query_string": params} if method == "GET" else {"data": params}
    return world.app.test_client().open("/lti/login", method=method, base_url=TOOL, **where)


def asks_the_lms(world, answer) -> None:
    """The page goes on to the LMS with what OpenID Connect asks for, and to our launch address from there."""
    assert answer.status_code == 200
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    address, _, query = page.select_one("[data-auth-url]")["data-auth-url"].partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    assert address == f"{world.lms.settings.issuer}/lti/auth"
    assert (asked["response_type"], asked["response_mode"]) == ("id_token", "form_post")
    assert asked["redirect_uri"] == f"{TOOL}/lti/launch"
    assert asked["state"] and asked["nonce"] and asked["login_hint"]


def test_cert_61_login_by_get(world):
    """Login: GET initiation"""
    asks_the_lms(world, login(world, "GET"))


def test_cert_62_login_by_post(world):
    """Login: POST initiation"""
    asks_the_lms(world, login(world, "POST"))


def test_cert_63_unknown_issuer(world):
    """Login: unknown issuer refused"""
    for method in ("GET", "POST"):
        answer = login(world, method, iss="https://unknown.example")
        assert answer.status_code == 400 and "Location" not in answer.headers
        assert "login-unknown-issuer" in answer.get_data(as_text=True)


def test_cert_64_error_of_the_platform(world):
    """Login: `error` answered by the platform is shown"""
    browser = world.browser("ines")
    said = {"state": browser.launch_form()["state"], "error": "access_denied"}
    way.assert_calmly_refused(world, browser.launch(said), "platform-error")


def test_cert_65_no_login_hint(world):
    """Login: missing `login_hint` refused"""
    for method in ("GET", "POST"):
        answer = login(world, method, login_hint=None)
        assert answer.status_code == 400 and "Location" not in answer.headers
        assert "login-no-hint" in answer.get_data(as_text=True)


def test_cert_66_key_set(world):
    """Keys: our key set is public, with `kid`, `use`, `alg` and no private member"""
    published = world.app.test_client().get("/lti/jwks.json", base_url=TOOL).json["keys"]
    for key in published:
        assert key.keys() == {"kty", "kid", "use", "alg", "n", "e"}
        assert (key["use"], key["alg"]) == ("sig", "RS256")
    assert published


def test_cert_67_rotation(world):
    """Keys: after a rotation the old key is still published"""
    before = world.app.test_client().get("/lti/jwks.json", base_url=TOOL).json["keys"]
    with world.app.app_context():
        new = keys.rotate(clock.now(), clock.now() + timedelta(days=1))
        after = keys.public_key_set()["keys"]
        db.session.rollback()  # the other tests sign with the key that they know
    assert [key for key in after if key["kid"] != new] == before
    assert new in {key["kid"] for key in after}
