"""Certification checklist, deep linking: items 55 to 60 (requirements sheet, section 8)."""

import pytest

from tests.functional.launches import CLAIM, claims_of, launch_with, setting
from tests.support.classroom import Classroom
from tests.support.content import ITEMS, SETTINGS, Answer, Dialog, link_form, open_link, recorded, set_prompt

pytestmark = pytest.mark.slow_on_postgresql

DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"


def asking(**changes):
    """Return a change of the settings of a request; None takes one away."""

    def change(claims):
        said = claims[SETTINGS] | changes
        claims[SETTINGS] = {name: value for name, value in said.items() if value is not None}

    return change


def as_recorded(path):
    """Return a change into a recorded request: only what binds it to this very login stays."""
    said = recorded(path)
    kept = ("nonce", "iat", "exp", "iss", "aud", CLAIM + "deployment_id", CLAIM + "target_link_uri")

    def change(claims):
        bound = {name: claims[name] for name in kept}
        asked = said[SETTINGS] | {"deep_link_return_url": claims[SETTINGS]["deep_link_return_url"]}
        claims.clear()
        claims.update(said | bound | {SETTINGS: asked})
        if "azp" in claims:
            claims["azp"] = bound["aud"]

    return change


@pytest.fixture
def trainer(world):
    return world.browser("claire")


RECORDED = (
    "moodle/deep_linking_request.json",
    "lti/moodle-deep-linking-request.json",
    "lti/canvas-deep-linking-request.json",
)


@pytest.mark.parametrize("path", RECORDED)
def test_cert_55_a_deep_linking_request_is_answered_with_what_can_be_placed(trainer, path):
    """Deep linking: the request is answered with what can be placed"""
    dialog = Dialog(trainer, change=as_recorded(path))

    assert dialog.page.status == 200
    assert dialog.page.soup.select_one("h1").text == "Add to the course"
    assert "space" in dialog.choices()


@pytest.mark.parametrize("missing", ["deep_link_return_url", "accept_types"])
def test_cert_55_a_request_without_what_it_must_say_is_refused(trainer, missing):
    """Deep linking: a request without return address or accepted types is refused"""
    dialog = Dialog(trainer, change=asking(**{missing: None}))

    assert dialog.page.status == 400


def test_cert_56_the_answer_is_signed_with_our_published_key(trainer, world):
    """Deep linking: the answer is signed with our published key"""
    answer = Dialog(trainer).choose("space")

    claims, header = answer.claims, answer.decoded.header
    assert (header["alg"], bool(header["kid"])) == ("RS256", True)
    assert claims["iss"] == world.lms.settings.client_id
    assert claims["aud"] == world.lms.settings.issuer
    assert claims["nonce"]
    assert claims["iat"] < claims["exp"] <= claims["iat"] + 3600
    assert claims[CLAIM + "deployment_id"] == "1"
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert claims[CLAIM + "version"] == "1.3.0"


@pytest.mark.parametrize("data", ["opaque", '{"a": "é&=<b>"}  ', "x" * 5000, "0"])
def test_cert_56_data_comes_back_exactly_as_it_was_received(trainer, data):
    """Deep linking: `data` comes back exactly as it was received"""
    assert Dialog(trainer, change=asking(data=data)).choose("space").claims[DATA] == data
    assert Dialog(trainer, change=asking(data=data)).cancel().claims[DATA] == data


def test_cert_56_data_that_was_not_received_is_not_sent(trainer):
    """Deep linking: without `data` in the request there is none in the answer"""
    assert DATA not in Dialog(trainer).choose("space").claims
    assert DATA not in Dialog(trainer).cancel().claims


def test_cert_56_the_answer_says_what_moodle_took_from_another_tool(trainer):
    """Deep linking: the answer has the members of one that Moodle took"""
    taken = recorded_answers()[0]

    claims = Dialog(trainer).choose("space").claims

    assert set(claims) == set(taken)
    assert claims[ITEMS][0]["type"] == taken[ITEMS][0]["type"]
    assert set(claims[ITEMS][0]) <= set(taken[ITEMS][0])


def recorded_answers():
    import json
    from pathlib import Path

    text = (Path(__file__).parents[1] / "data/moodle/deep_linking_responses_sent.json").read_text("utf-8")
    return json.loads(text)["responses"]


def test_cert_57_an_item_is_launched_afterwards_with_its_parameter_intact(world):
    """Deep linking: an item is launched afterwards with its `custom` intact"""
    room = Classroom(world).ready()
    number = set_prompt(room.trainer, title="A useful disagreement")
    dialog = Dialog(room.trainer.browser)
    chosen = dialog.choose(f"prompt-{number}", **{f"column-prompt-{number}": "1"})
    assert dialog.give(chosen) == 200
    (link,) = world.lms.links_of("2")

    form = link_form(world.browser("ines"), link)
    opened = open_link(world.browser("ines"), link)

    assert claims_of(form)[CLAIM + "custom"]["activity"] == chosen.items[0]["custom"]["activity"]
    assert opened.status in (200, 302)
    if opened.status == 302:
        opened = opened.browser.get(opened.response.location)
    assert opened.soup.select_one("h1").text.strip() == "A useful disagreement"


@pytest.mark.parametrize("said", [True, "true"])
def test_cert_58_several_items_where_the_platform_takes_several(trainer, said):
    """Deep linking: several items where the platform takes several"""
    dialog = Dialog(trainer, change=asking(accept_multiple=said))

    answer = dialog.choose("space", "new", **{"title-new": "Say hello", "body-new": "Tell us who you are."})

    assert [item["title"] for item in answer.items][1] == "Say hello"
    assert {kind["type"] for kind in dialog.page.soup.select("input[name=what]")} == {"checkbox"}


@pytest.mark.parametrize("said", [False, "false", None])
def test_cert_58_never_several_where_it_takes_one(trainer, said):
    """Deep linking: never several where it takes one"""
    dialog = Dialog(trainer, change=asking(accept_multiple=said))

    page = dialog.choose("space", "new", **{"title-new": "Say hello", "body-new": "Tell us who you are."})

    assert {kind["type"] for kind in dialog.page.soup.select("input[name=what]")} == {"radio"}
    assert not isinstance(page, Answer)
    assert page.status == 422


@pytest.mark.parametrize("types", [["file"], ["link", "html"], []])
def test_cert_59_without_links_among_the_accepted_types_the_dialog_is_closed_politely(trainer, types):
    """Deep linking: where no links are accepted, a polite page and a way back"""
    dialog = Dialog(trainer, change=asking(accept_types=types))

    assert dialog.page.status == 200
    assert dialog.choices() == []
    assert dialog.cancel().items == []


def test_cert_59_nothing_can_be_smuggled_into_such_a_dialog(trainer):
    """Deep linking: where no links are accepted, none is sent"""
    dialog = Dialog(trainer, change=asking(accept_types=["file"]))

    assert dialog.choose("space", **{"title-space": "The community"}).items == []


def test_cert_60_cancelling_is_a_signed_answer_without_items(trainer, world):
    """Deep linking: cancelling is a signed answer with an empty list"""
    dialog = Dialog(trainer)

    answer = dialog.cancel()

    assert answer.items == []
    assert answer.address == dialog_address(world)
    assert dialog.give(answer) == 200
    assert world.lms.links_of("2") == []


def dialog_address(world) -> str:
    """Return the address of the signed request, the only one to which an answer may go."""
    (choice,) = list(world.lms.choices._open.values())
    return f"{world.lms.settings.issuer}/courses/2/content/return?choice={choice.name}&course=2"


@pytest.mark.parametrize("person", ["ines", "patrick"])
def test_the_message_grants_nothing_to_whoever_is_not_staff(world, person):
    browser = world.browser("claire")
    roles = world.lms.people[person].roles["2"]

    dialog = Dialog(browser, change=setting(roles=list(roles), sub=f"u-{person}"))

    assert dialog.page.status == 403
    assert launch_with(world.browser(person), lambda claims: None).status == 200
