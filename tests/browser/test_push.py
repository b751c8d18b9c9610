"""News in a browser: what its worker shows, and what the page says where nothing can come.

Chromium without a screen reaches no push service, and no test may: the news are handed to it by DevTools.
"""

import json

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER, axe
from tests.support.waiting import until

pytestmark = BROWSER

SHOWN = """async () => {
  const [one] = await navigator.serviceWorker.getRegistrations();
  return (await one.getNotifications()).map(({ title, body, tag, lang }) => ({ title, body, tag, lang }));
}"""


@pytest.mark.parametrize("language", ["fr"])
def test_the_worker_of_a_browser_shows_what_it_is_handed(visitor, campus, language):
    someone = visitor(locale=language)
    someone.context.grant_permissions(["notifications"], origin=campus.addresses.tool)
    ines = someone.enters("ines", campus.open_course("ines", locale=language)).goes_to("mails")
    place = ines.shown.locator("[data-push]")
    expect(place.locator("[data-when=off]")).to_be_visible()
    assert axe.violations(ines.page) == []

    place.locator("[data-push-on]").click()
    # No push service can be reached from here: the page says that nothing was changed.
    expect(place.locator("[data-when=failed]")).to_be_visible()
    expect(place.locator("[data-device]")).to_have_count(0)

    session = someone.context.new_cdp_session(ines.page)
    registrations = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated", lambda told: registrations.extend(told["registrations"])
    )
    session.send("ServiceWorker.enable")
    until(lambda: ines.page.wait_for_timeout(50) or registrations, lambda: "no worker was registered")
    address = ines.address.removeprefix(campus.addresses.tool) + "notifications"
    shown = {"title": "Équipe Nord", "body": "1 réponse", "tag": "community-7"}
    told = shown | {"language": "fr", "address": address}
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": campus.addresses.tool,
            "registrationId": registrations[0]["registrationId"],
            "data": json.dumps(told),
        },
    )
    until(lambda: ines.shown.evaluate(SHOWN), lambda: "nothing was shown")
    assert ines.shown.evaluate(SHOWN) == [shown | {"lang": "fr"}]


def test_inside_the_course_the_page_says_where_it_can_be_switched_on(visitor, campus):
    course = campus.open_course("ines", locale="en")
    frame = visitor(locale="en").is_in_lms("ines").opens_course(course).community.goes_to("mails")
    expect(frame.shown.locator("[data-push] [data-when=framed]")).to_be_visible()
    expect(frame.shown.locator("[data-push-on]")).to_be_hidden()


def test_signing_out_goes_on_where_no_browser_was_ever_told(visitor, campus):
    ines = visitor(locale="en").enters("ines", campus.open_course("ines", locale="en"))
    ines.shown.locator(".topbar details.menu summary").click()
    ines.shown.locator("form[data-sign-out] button").click()
    ines.shown.wait_for_url("**/sign-out*")
