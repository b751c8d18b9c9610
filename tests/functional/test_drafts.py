"""What one has begun to write: kept whole, on every device, for its writer alone, until it is published."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Community, CommunityState, Draft, Membership, MembershipState, Post
from lti_tool.services import drafts, housekeeping
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.support.samples import samples
from tests.support.world import ENGLISH, TOOL

pytestmark = pytest.mark.slow_on_postgresql

PLACE = "new-" + "a" * 32
SCRIPT = {"Accept": "application/json"}
FORM = {"kind": "question", "title": "Half a title", "body": "Half a text."}


def keep(home, place=PLACE, version=0, page=None, **fields):
    """Let the page send what was typed so far, as its script does."""
    sent = {"draft": place, "draft_version": str(version), "draft_page": page or ""} | fields
    answer = home.browser.tool.post(
        f"{home.community}drafts",
        data=sent | {"seat_token": home.seat_token},
        base_url=TOOL,
        headers=home.browser.headers | SCRIPT,
    )
    return answer.status_code, answer.get_json()


def kept(space) -> list[dict]:
    with space.world.database() as session:
        return list(session.scalars(select(Draft.fields).order_by(Draft.id)))


def in_the_form(page) -> tuple[str, str, str]:
    form = page.soup.select_one("form[data-draft]")
    text, place = (
        form.select_one("textarea[name=body]").text.strip(),
        form.select_one("input[name=draft]")["value"],
    )
    return text, place, form.select_one("input[name=draft_version]")["value"]


def gone_on_with(listed):
    """Press the first draft in the list; return its form."""
    leads = listed.browser.get(listed.soup.select_one(".drafted a")["href"])
    assert leads.status == 302
    return listed.browser.get(leads.response.location)


class TestADraft:
    def test_holds_every_field_whatever_it_is(self, space):
        home = space.home("ines")
        more = {"option": ["one", "two"], "attachment": ["3", "4"], "topic": "7", "made_up_later": "x"}
        status, told = keep(home, **FORM, **more)
        assert (status, told["version"]) == (200, 1)
        assert kept(space) == [
            {name: value if isinstance(value, list) else [value] for name, value in (FORM | more).items()}
        ]

    def test_fills_its_form_on_any_device(self, space):
        keep(space.home("ines"), **FORM)
        elsewhere = space.world.enter("ines")
        listed = elsewhere.get("drafts")
        assert "Half a title" in listed.text
        form = gone_on_with(listed)
        assert in_the_form(form) == ("Half a text.", PLACE, "1")
        assert form.soup.select_one("input[name=title]")["value"] == "Half a title"

    def test_is_offered_where_one_begins_to_write(self, space):
        keep(space.home("ines"), **FORM)
        elsewhere = space.world.enter("ines")
        offer = elsewhere.get("posts/new").soup.select_one(".begun")
        assert "Half a title" in offer.text
        taken_up = elsewhere.browser.get(offer.select_one("a[href*='draft=']")["href"])
        assert in_the_form(taken_up) == ("Half a text.", PLACE, "1")
        assert not taken_up.soup.select(".begun")
        assert not space.home("karim").get("posts/new").soup.select(".begun")

    def test_of_a_reply_stands_in_the_thread(self, space):
        thread = space.write("karim")
        keep(space.home("ines"), f"reply-{id_of(thread)}", body="Half a reply.")
        page = space.home("ines").browser.get(thread.path)
        assert in_the_form(page) == ("Half a reply.", f"reply-{id_of(thread)}", "1")
        assert in_the_form(space.home("karim").browser.get(thread.path))[0] == ""

    @pytest.mark.long
    def test_of_an_edit_stands_in_its_form(self, space):
        thread = space.write("ines")
        form = thread.get(f"posts/{id_of(thread)}/edit")
        keep(form, f"edit-{id_of(thread)}", title="Other", body="Other words.", version="0")
        again = thread.get(f"posts/{id_of(thread)}/edit")
        assert in_the_form(again)[0] == "Other words."

    def test_sent_again_is_the_same(self, space):
        home = space.home("ines")
        for _ in range(2):
            assert keep(home, **FORM)[1]["version"] == 1
        assert space.count(Draft) == 1

    def test_holds_no_name_of_anybody_mentioned(self, space):
        space.home("karim")
        home, karim = space.home("ines"), space.number("karim")
        keep(home, **FORM | {"body": f"Ask @[Karim #{karim}]"})
        assert kept(space)[0]["body"] == [f"Ask @[{karim}]"]
        form = gone_on_with(home.get("drafts"))
        assert in_the_form(form)[0] == f"Ask @[{space.name('karim')} #{karim}]"

    def test_is_kept_without_script(self, space):
        home = space.home("ines")
        page = home.post("drafts", draft=PLACE, draft_version="0", **FORM)
        assert in_the_form(page) == ("Half a text.", PLACE, "1")
        assert page.soup.select_one(".toast")


class TestPublishing:
    def test_ends_the_draft(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        home.post("posts", **FORM, draft=PLACE, draft_version="1")
        assert (space.count(Post), space.count(Draft)) == (1, 0)

    def test_that_fails_keeps_it(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        page = home.post("posts", **FORM | {"body": " "}, draft=PLACE, draft_version="1")
        assert (page.status, space.count(Draft)) == (422, 1)
        assert in_the_form(page)[1:] == (PLACE, "1")

    def test_leaves_what_another_device_wrote_since(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        keep(home, version=1, **FORM | {"body": "Longer, on the telephone."})
        home.post("posts", **FORM, draft=PLACE, draft_version="1")
        assert kept(space)[0]["body"] == ["Longer, on the telephone."]

    @pytest.mark.long
    def test_ends_what_the_same_page_wrote_though_it_never_heard(self, space):
        home = space.home("ines")
        keep(home, page="p1", **FORM)
        keep(home, version=1, page="p1", **FORM | {"body": "More."})
        home.post("posts", **FORM, draft=PLACE, draft_version="1", draft_page="p1")
        assert space.count(Draft) == 0

    @pytest.mark.parametrize("act", ["reply", "edit", "edit of a reply"])
    @pytest.mark.long
    def test_ends_it_for_every_form(self, space, act):
        thread = space.write("ines")
        number = id_of(thread)
        reply = (
            space.reply("ines", thread)
            .soup.select_one("article[id^=comment-]")["id"]
            .removeprefix("comment-")
        )
        place, address, fields = {
            "reply": (f"reply-{number}", f"posts/{number}/comments", {}),
            "edit": (f"edit-{number}", f"posts/{number}/edit", {"title": "T", "version": "0"}),
            "edit of a reply": (
                f"edit-reply-{number}-{reply}",
                f"posts/{number}/comments/{reply}/edit",
                {"version": "0"},
            ),
        }[act]
        home = space.home("ines")
        assert keep(home, place, body="New words.", **fields)[0] == 200
        home.post(address, body="New words.", draft=place, draft_version="1", **fields)
        assert space.count(Draft) == 0


class TestTwoDevices:
    def test_are_told_of_each_other_and_nothing_is_overwritten(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        keep(home, version=1, **FORM | {"body": "From the telephone."})
        status, told = keep(home, version=1, **FORM | {"body": "From the desk."})
        assert (status, told["code"]) == (409, "draft-changed")
        assert told["other"]["fields"]["body"] == ["From the telephone."]
        assert kept(space)[0]["body"] == ["From the telephone."]
        assert keep(home, version=told["other"]["version"], **FORM | {"body": "From the desk."})[0] == 200

    @pytest.mark.long
    def test_see_both_texts_without_script(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        keep(home, version=1, **FORM | {"body": "From the telephone."})
        page = home.post("drafts", draft=PLACE, draft_version="1", **FORM | {"body": "From the desk."})
        assert page.status == 409
        shown = [area.text.strip() for area in page.soup.select("textarea[readonly]")]
        assert {"From the telephone.", "From the desk."} <= set(shown)
        form = page.soup.select_one("main form[action*='/drafts']")
        fields = {
            field["name"]: field.get("value", field.text.lstrip("\n")) for field in form.select("[name]")
        }
        assert home.post("drafts", **fields).status == 200
        assert kept(space)[0]["body"] == ["From the desk."]

    def test_a_page_whose_answer_was_lost_goes_on(self, space):
        home = space.home("ines")
        keep(home, page="p1", **FORM)
        assert keep(home, page="p1", **FORM | {"body": "Half a text. And more."})[0] == 200

    @pytest.mark.long
    def test_one_that_published_is_not_followed_by_the_other(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        home.post("posts", **FORM, draft=PLACE, draft_version="1")
        status, told = keep(home, version=1, **FORM | {"body": "Late."})
        assert (status, told["code"], space.count(Draft)) == (409, "draft-gone", 0)


class TestDiscarding:
    def test_can_be_taken_back(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        after = home.post("drafts/1/discard")
        assert "Half a title" not in after.text
        undo = (
            after.soup.select_one(".toast form")["action"].partition("/communities/1/")[2].partition("?")[0]
        )
        assert "Half a title" in home.post(undo).text

    @pytest.mark.long
    def test_makes_room_for_another_at_the_same_place(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        home.post("drafts/1/discard")
        assert keep(home, **FORM | {"body": "Anew."})[0] == 200
        assert [fields["body"] for fields in kept(space)] == [["Anew."]]


class TestLimits:
    @pytest.mark.parametrize(
        ("fields", "code"),
        samples(
            ({"body": "x" * 20_001}, "draft-too-long"),
            ({f"field_{number}": "é" * 9_000 for number in range(4)}, "draft-too-large"),
            ({f"field_{number}": "x" for number in range(201)}, "draft-too-large"),
            gate=1,
        ),
    )
    def test_of_size_are_said(self, space, fields, code):
        status, told = keep(space.home("ines"), **fields)
        assert (status, told["code"]) == (422, code)
        assert told["said"].strip()

    @pytest.mark.long
    def test_of_number_are_said_and_the_text_is_shown(self, space):
        home = space.home("ines")
        now = clock.now()
        with space.world.app.app_context(), transaction():
            here = {"community_id": 1, "member_id": space.number("ines"), "version": 1, "created_at": now}
            for number in range(drafts.MOST):
                db.session.add(
                    Draft(place=f"new-{number:032x}", fields={"body": ["x"]}, updated_at=now, **here)
                )
        page = home.post("drafts", draft=PLACE, draft_version="0", **FORM)
        assert page.status == 422
        assert "Half a text." in page.html
        assert keep(home, "new-" + f"{3:032x}", version=1, body="An old one goes on")[0] == 200

    @pytest.mark.parametrize(
        "place",
        samples(
            "",
            "new",
            "new-1",
            "reply-0",
            "reply-x",
            "../x",
            "edit-1-2-3",
            "new-" + "a" * 32 + "\n",
            "x" * 9999,
        ),
    )
    def test_of_places_hold(self, space, place):
        assert keep(space.home("ines"), place, **FORM)[0] == 404

    @pytest.mark.parametrize(
        "body",
        samples("<script>alert(1)</script>", "\0\u202e", "\ud83d", "🙂" * 100, "e" + "\u0301" * 300, gate=1),
    )
    def test_of_characters_harm_nothing(self, space, body):
        home = space.home("ines")
        keep(home, title="T", body=body.encode("utf-8", "replace"))
        page = home.get("drafts")
        assert page.status == 200
        assert "<script>alert" not in page.html


class TestNobodyElse:
    def test_reaches_a_draft(self, space):
        keep(space.home("ines"), **FORM)
        karim = space.home("karim")
        assert "Half a title" not in karim.get("drafts").text
        for method, address in (
            ("get", "drafts/1"),
            ("post", "drafts/1/discard"),
            ("post", "drafts/1/restore"),
        ):
            assert getattr(karim, method)(address).status == 404
        assert "Half a text" not in karim.get("posts/new", draft="1").html

    def test_reaches_it_from_another_community(self, space):
        english = space.world.enter("claire", ENGLISH)
        keep(english, **FORM)
        claire = space.home("claire")
        assert claire.get("drafts/1").status == 404
        assert "Half a title" not in claire.get("drafts").text

    def test_who_was_removed_reaches_theirs(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        with space.world.app.app_context(), transaction():
            here = update(Membership).where(Membership.id == space.number("ines"))
            db.session.execute(here.values(state=MembershipState.REMOVED))
        assert home.get("drafts").status == 404

    def test_learns_the_title_of_what_they_may_not_read(self, space):
        thread = space.write("karim", title="Gone soon")
        keep(space.home("ines"), f"reply-{id_of(thread)}", body="A half reply.")
        space.home("karim").post(f"posts/{id_of(thread)}/delete")
        page = space.home("ines").get("drafts")
        assert "Gone soon" not in page.text
        assert "A half reply." in page.text
        assert page.soup.select_one(".drafted a") is None


class TestTime:
    def test_forgets_drafts_after_sixty_days_and_discarded_ones_after_a_day(self, space):
        home = space.home("ines")
        keep(home, **FORM)
        keep(home, "new-" + "b" * 32, **FORM)
        home.post("drafts/2/discard")
        now = clock.now()
        for days, left in ((0, 2), (2, 1), (61, 0)):
            with space.world.app.app_context(), transaction():
                housekeeping.sweep(now + timedelta(days=days))
            assert space.count(Draft) == left

    @pytest.mark.long
    def test_a_closed_community_keeps_none_and_says_so(self, space):
        home = space.home("ines")
        with space.world.app.app_context(), transaction():
            db.session.execute(update(Community).values(state=CommunityState.CLOSED))
        page = home.post("drafts", draft=PLACE, draft_version="0", **FORM)
        assert page.status == 403
        assert "Half a text." in page.html


class TestASessionThatEnded:
    def test_keeps_every_field_of_what_was_sent(self, space):
        home = space.home("ines")
        home.browser.post(f"{home.community}sign-out", {"seat_token": home.seat_token})
        page = home.post(
            "posts", kind="experience", title="A report", situation="Where it was", tried="What I did"
        )
        assert page.status == 401
        assert "Where it was" in page.html
        again = home.browser.open_community()
        form = again.browser.get(again.soup.select_one("a[href*='kept=']")["href"])
        assert "Where it was" in form.html
        assert "What I did" in form.html
