"""Images and files: brought, described, claimed by what is published, opened by members alone, taken away."""

import io
import re
import threading
from datetime import timedelta
from urllib.parse import quote

import pytest
from PIL import Image
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage

from lti_tool import clock, settings
from lti_tool.extensions import db
from lti_tool.models import Attachment, Comment, Community, Draft, Membership, Role
from lti_tool.services import attachments, file_links, file_sweep, posts, uploads
from lti_tool.transactions import reading, transaction
from tests.functional.space import id_of
from tests.support.world import ENGLISH, TOOL
from tests.unit.knowledge.sample_files import REFUSED, TAKEN, photograph, png_that_says

pytestmark = pytest.mark.slow_on_postgresql

NAMES = [
    *("../../日本.pdf", "a\\b.pdf", "\u202egnp.pdf", "x" * 5000 + ".pdf"),
    *("<script>.pdf", "été.pdf", "a;b,c.pdf"),
]
JSON = {"Accept": "application/json"}
A_PDF, A_PHOTO = TAKEN["report.pdf"], photograph((1200, 900))


def sent(name, content):
    return FileStorage(io.BytesIO(content), filename=name)


def bring(page, *files, headers=JSON, **fields):
    """Send files as script does, or as a form does without `headers`."""
    form = {"seat_token": page.seat_token, "files": [sent(*file) for file in files], **fields}
    address = f"{page.community}files"
    return page.browser.tool.post(
        address, data=form, content_type="multipart/form-data", base_url=TOOL, headers=headers
    )


def brought(page, name="report.pdf", content=A_PDF) -> int:
    answer = bring(page, (name, content))
    assert answer.status_code == 201, answer.text
    return answer.json["files"][0]["id"]


def written(page, **fields):
    """Publish something as a browser without script does: one form with everything in it."""
    form = {"kind": "question", "title": "With files", "body": "Look.", **fields}
    form["seat_token"] = page.seat_token
    address = f"{page.community}posts"
    return page.browser.tool.post(address, data=form, content_type="multipart/form-data", base_url=TOOL)


def opened(page, address, **headers):
    """Follow the address of a file to its bytes, which are read without a cookie."""
    hop = page.browser.tool.get(address, base_url=TOOL)
    if hop.status_code != 303:
        return hop
    nobody = page.browser.world.browser().tool
    return nobody.get(hop.headers["Location"], base_url=TOOL, headers=headers)


def address_of(page, number, name="report.pdf"):
    return f"{page.community}files/{number}/{name}"


def stored(space) -> int:
    with space.world.database() as session:
        return session.scalar(select(Community.stored_bytes).where(Community.id == 1))


def sizes(space) -> int:
    with space.world.database() as session:
        return session.scalar(select(func.coalesce(func.sum(Attachment.size), 0)))


def bytes_kept(space) -> list[str]:
    folder = space.world.app.extensions["settings"].storage_dir / "files"
    return sorted(file.name for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else []


def allow(space, **limits):
    with space.world.app.app_context(), transaction():
        db.session.execute(update(Community).values(**limits))


def sweep(space, later=timedelta(0)):
    with space.world.app.app_context():
        return file_sweep.sweep(lambda: clock.now() + later, transaction)


@pytest.fixture(autouse=True)
def empty_storage(app):
    yield
    for file in (app.extensions["settings"].storage_dir / "files").rglob("*"):
        if file.is_file():
            file.unlink()


class TestBringing:
    def test_tells_script_what_was_kept_and_how_much_room_there_is(self, space):
        answer = bring(space.home("ines"), ("report.pdf", A_PDF), ("moi à vélo.jpg", A_PHOTO))
        assert answer.status_code == 201
        pdf, photo = answer.json["files"]
        assert (pdf["name"], pdf["image"], photo["name"], photo["image"]) == (
            *("report.pdf", False),
            *("moi à vélo.jpg", True),
        )
        assert f'value="{photo["id"]}"' in photo["row"] and "alt-" in photo["row"]
        assert "25" in answer.json["room"] and answer.json["left"] < 2_000_000_000
        assert stored(space) == sizes(space) > 0

    @pytest.mark.long
    def test_without_script_leads_to_a_form_that_has_them(self, space):
        page = space.home("ines")
        answer = bring(page, ("report.pdf", A_PDF), headers={})
        assert answer.status_code == 303
        form = page.browser.get(answer.headers["Location"]).soup
        assert form.select_one('[data-chosen] input[name="attachment"]')["value"] == "1"
        assert bring(page, headers={}).status_code == 422
        assert bring(page, ("x.exe", b"MZ"), headers={}).status_code == 422

    @pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in (1, 2, 3))])
    def test_hostile_files_are_refused_by_name(self, space, part):
        page = space.home("ines")
        for name, content, code in REFUSED[part::4]:
            answer = bring(page, (name, content))
            told = answer.json["refused"]
            assert answer.status_code == 422 and not answer.json["files"], (name, code)
            assert name in told and "error" in told, (name, code)
        assert bytes_kept(space) == [] and stored(space) == 0

    @pytest.mark.long
    def test_a_picture_that_unpacks_to_too_much_is_refused(self, space):
        answer = bring(space.home("ines"), ("bomb.png", png_that_says(50_000, 50_000)))
        assert "pixels" in answer.json["refused"]

    @pytest.mark.parametrize(
        "name", [NAMES[0], *(pytest.param(name, marks=pytest.mark.long) for name in NAMES[1:])]
    )
    def test_any_name_is_made_harmless(self, space, name):
        page = space.home("ines")
        number = brought(page, name)
        with space.world.database() as session:
            kept = session.get(Attachment, number).name
        assert len(kept) <= 200 and not re.search(r'[/\\<>"\u202e\0]', kept)
        answer = opened(page, address_of(page, number, kept))
        assert answer.status_code == 200 and answer.data == A_PDF
        said = answer.headers["Content-Disposition"]
        assert said.startswith("attachment") and said.isascii() and said.endswith(quote(kept, safe=""))

    def test_pictures_are_kept_without_where_they_were_taken(self, space):
        page = space.home("ines")
        answer = opened(page, address_of(page, brought(page, "photo.jpg", A_PHOTO), "photo.jpg"))
        assert answer.mimetype == "image/jpeg"
        assert answer.headers["Content-Disposition"].startswith("inline;")  # shown, not downloaded
        assert b"Secret" not in answer.data and not Image.open(io.BytesIO(answer.data)).getexif()
        with space.world.database() as session:
            row = session.get(Attachment, 1)
            assert (row.width, row.height) == (900, 1200)
        small = opened(page, address_of(page, 1, "photo.jpg") + "?size=small")
        assert (small.mimetype, Image.open(io.BytesIO(small.data)).size) == ("image/webp", (480, 640))

    @pytest.mark.long
    def test_is_for_those_who_write(self, space):
        assert bring(space.home_of(Role.OBSERVER), ("a.pdf", A_PDF)).status_code == 403
        guest = space.home_of(Role.GUEST_EXPERT)
        assert bring(guest, ("a.pdf", A_PDF)).status_code == 201
        assert bring(guest, ("a.pdf", A_PDF), headers={}).status_code == 303


class TestLimits:
    def test_of_a_file_and_of_the_community_are_said(self, space):
        page = space.home("ines")
        allow(space, file_limit=1000, storage_limit=len(A_PDF) + 10)
        assert "dépasse" in bring(page, ("a.pdf", A_PDF + b"\n" * 2000)).json["refused"]
        assert bring(page, ("a.pdf", A_PDF)).status_code == 201
        assert "plus de place" in bring(page, ("a.pdf", A_PDF)).json["refused"]
        assert stored(space) == sizes(space) == len(A_PDF)
        assert len(bytes_kept(space)) == 1
        assert "1 ko par fichier" in page.get("posts/new").text.replace("\u202f", " ")

    def test_hold_for_many_at_once(self, space):
        page = space.home("ines")
        allow(space, storage_limit=3 * len(A_PDF) + 10)
        together, codes = threading.Barrier(6), []

        def one():
            together.wait()
            codes.append(bring(page, ("a.pdf", A_PDF)).status_code)

        threads = [threading.Thread(target=one) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == [201] * 3 + [422] * 3
        assert stored(space) == sizes(space) == 3 * len(A_PDF)

    @pytest.mark.long
    def test_somebody_cannot_bring_without_end(self, space, monkeypatch):
        monkeypatch.setattr(uploads, "BURST", 2)
        page = space.home("ines")
        assert [bring(page, ("a.pdf", A_PDF)).status_code for _ in range(3)] == [201, 201, 422]

    def test_a_request_too_large_is_refused_unread(self, space, app):
        page = space.home("ines")
        limit = 4 * app.extensions["settings"].file_limit + 2_000_000
        assert self.too_large(page, "files", limit + 1).status_code == 413

    @pytest.mark.long
    def test_other_forms_stay_small(self, space):
        assert self.too_large(space.home("ines"), "preview", 2_100_000).status_code == 413

    def too_large(self, page, below, length):
        return page.browser.tool.post(
            f"{page.community}{below}",
            base_url=TOOL,
            content_type="multipart/form-data; boundary=x",
            headers={"X-Seat-Token": page.seat_token},
            environ_overrides={"CONTENT_LENGTH": str(length)},
        )


class TestPublishing:
    def test_claims_what_was_brought(self, space):
        page = space.home("ines")
        numbers = [brought(page, "photo.jpg", A_PHOTO), brought(page)]
        body = f"Look:\n\n![](file:{numbers[0]})"
        alt = {f"alt-{numbers[0]}": "A bicycle"}
        thread = space.write("ines", body=body, attachment=["", *map(str, numbers)], **alt)
        image = thread.soup.select_one(".prose figure img")
        assert (image["alt"], image["width"], image["loading"]) == ("A bicycle", "900", "lazy")
        assert "640w" not in image["srcset"] and "480w" in image["srcset"] and "size=small" in image["src"]
        (link,) = thread.soup.select(".attached .file")
        assert "report.pdf" in link.text and "PDF" in link.text
        reader = space.home("karim")
        assert opened(reader, link["href"].split("?")[0]).data == A_PDF
        assert reader.get("").soup.select_one(".post .attached img")

    def test_names_an_image_in_a_text_whatever_its_author_said(self, space):
        page = space.home("ines")
        silent, added = brought(page, "photo.jpg", A_PHOTO), brought(page, "line.jpg", A_PHOTO)
        body = f"![](file:{silent})\n\n![](file:{added})"
        told = {"attachment": ["", str(silent), str(added)], f"decorative-{added}": "1"}
        thread = space.write("ines", body=body, **told)
        names = [image["alt"] for image in thread.soup.select(".prose figure a img")]
        assert names == ["Image «\u00a0photo.jpg\u00a0», sans description", "Image, en taille réelle"]

    def test_takes_files_of_the_form_itself_without_script(self, space):
        page = space.home("ines")
        answer = written(page, attachment="", files=[sent("report.pdf", A_PDF), sent("photo.jpg", A_PHOTO)])
        assert answer.status_code == 303
        thread = page.browser.get(answer.headers["Location"])
        assert len(thread.soup.select(".attached .file")) == 1 and thread.soup.select_one(".attached img")

    def test_loses_no_file_when_the_form_comes_back(self, space):
        page = space.home("ines")
        files = [sent("report.pdf", A_PDF), sent("evil.svg", b"<svg/>")]
        answer = written(page, title="", attachment="", files=files)
        assert answer.status_code == 422
        assert "evil.svg" in answer.text and "Look." in answer.text
        assert re.search(r'name="attachment" value="1" checked', answer.text)
        assert space.count(Attachment, Attachment.post_id.is_not(None)) == 0

    @pytest.mark.long
    def test_publishes_nothing_without_a_file_that_was_meant(self, space):
        answer = written(space.home("ines"), attachment="", files=[sent("evil.svg", b"<svg/>")])
        assert answer.status_code == 422 and "evil.svg" in answer.text

    def test_refuses_what_is_not_ones_own(self, space):
        theirs = brought(space.home("karim"))
        elsewhere = brought(space.world.enter("grace", ENGLISH))
        page = space.home("ines")
        claimed = brought(page)
        space.write("ines", title="First", attachment=["", str(claimed)])
        for number in (theirs, elsewhere, claimed, 999_999, "x", "0", "1' OR 1=1"):
            answer = page.post("posts", title="T", body="B", kind="question", attachment=["", str(number)])
            assert answer.status == 422, number
        answer = page.post("posts/1/comments", body="B", attachment=["", str(theirs)])
        assert answer.status == 422 and "n’est plus là" in answer.text

    @pytest.mark.long
    def test_has_a_limit_in_number(self, space, monkeypatch):
        monkeypatch.setattr(attachments, "MOST", 1)
        page = space.home("ines")
        numbers = [str(brought(page)), str(brought(page))]
        answer = page.post("posts", title="T", body="B", kind="question", attachment=["", *numbers])
        assert answer.status == 422 and "fichiers au plus" in answer.text

    @pytest.mark.long
    def test_clicked_twice_keeps_its_files(self, space):
        page, number = space.home("ines"), None
        number = str(brought(page))
        form = {"title": "T", "body": "B", "kind": "question", "attachment": ["", number]}
        first, second = (page.post("posts", follow=False, **form) for _ in range(2))
        assert first.response.location == second.response.location


class TestADraft:
    PLACE = "new-" + "a" * 32

    def kept(self, page, **fields):
        """Press Save draft without script; return the page that answers."""
        form = {"draft": self.PLACE, "draft_version": "0", "title": "T", "body": "Half a text.", **fields}
        answer = page.browser.tool.post(
            f"{page.community}drafts",
            data=form | {"seat_token": page.seat_token},
            content_type="multipart/form-data",
            base_url=TOOL,
        )
        return answer if answer.status_code != 303 else page.browser.get(answer.headers["Location"])

    def test_takes_the_files_of_its_form_and_what_they_show(self, space):
        page = space.home("ines")
        photo = str(brought(page, "photo.jpg", A_PHOTO))
        described = {"attachment": ["", photo], f"alt-{photo}": "A bicycle"}
        form = self.kept(page, **described, files=[sent("report.pdf", A_PDF)])
        assert [box["value"] for box in form.soup.select("[data-chosen] [name=attachment]")] == [photo, "2"]
        assert form.soup.select_one(f"#alt-{photo}")["value"] == "A bicycle"
        assert "report.pdf" in form.text

    def test_is_kept_without_a_file_that_is_not_taken(self, space):
        answer = self.kept(space.home("ines"), files=[sent("evil.svg", b"<svg/>"), sent("a.pdf", A_PDF)])
        assert (answer.status_code, "evil.svg" in answer.text) == (200, True)
        with space.world.database() as session:
            assert session.scalars(select(Draft.fields)).one()["attachment"] == ["1"]

    @pytest.mark.long
    def test_describes_nothing_that_is_published(self, space):
        page = space.home("ines")
        photo = str(brought(page, "photo.jpg", A_PHOTO))
        space.write("ines", **{"attachment": ["", photo], f"alt-{photo}": "Before"})
        self.kept(page, **{"draft": "edit-1", "attachment": ["", photo], f"alt-{photo}": "Half a"})
        assert page.get("posts/1").soup.select_one(".attached img")["alt"] == "Before"
        assert page.get("posts/1/edit").soup.select_one(f"#alt-{photo}")["value"] == "Half a"

    def test_a_text_that_a_lost_session_left_has_its_files(self, space):
        home = space.home("ines")
        photo = str(brought(home, "photo.jpg", A_PHOTO))
        home.browser.post(f"{home.community}sign-out", {"seat_token": home.seat_token})
        written = {"title": "T", "body": "Half a text.", "attachment": ["", photo]}
        assert home.post("posts", **written, **{f"alt-{photo}": "A bicycle"}).status == 401
        assert sweep(space, timedelta(hours=25)) == 0
        again = home.browser.open_community()
        form = again.browser.get(again.soup.select_one("a[href*='kept=']")["href"]).soup
        assert form.select_one("[data-chosen] [name=attachment]")["value"] == photo
        assert form.select_one(f"#alt-{photo}")["value"] == "A bicycle"


class TestReplies:
    def test_have_files_too_that_an_edit_adds_and_removes(self, space):
        thread, page = space.write("ines"), space.home("karim")
        first, second = brought(page), brought(page, "notes.txt", b"Text")
        reply = page.post(f"posts/{id_of(thread)}/comments", body="Here.", attachment=["", str(first)])
        assert [one.text.split()[0] for one in reply.soup.select("article .file bdi")] == ["report.pdf"]
        form = page.get("posts/1/comments/1/edit")
        assert [one["value"] for one in form.soup.select('[data-chosen] [name="attachment"]')] == [str(first)]
        edited = page.post("posts/1/comments/1/edit", body="Here.", version="0", attachment=["", str(second)])
        assert [one.text for one in edited.soup.select("article .file bdi")] == ["notes.txt"]
        assert space.count(Comment, Comment.edit_count == 1) == 1
        assert opened(page, address_of(page, first)).status_code == 404

    @pytest.mark.long
    def test_an_edit_that_says_nothing_of_files_leaves_them(self, space):
        page = space.home("ines")
        space.write("ines", attachment=["", str(brought(page))])
        edited = page.post("posts/1/edit", title="Other", body="Words", version="0")
        assert edited.soup.select(".attached .file")
        again = page.post("posts/1/edit", title="Other", body="Words", version="1", attachment="")
        assert not again.soup.select(".attached .file")

    @pytest.mark.long
    def test_an_edit_from_an_older_wording_changes_no_file(self, space):
        page = space.home("ines")
        space.write("ines", attachment=["", str(brought(page))])
        page.post("posts/1/edit", title="Other", body="Words", version="0")
        assert page.post("posts/1/edit", title="T", body="B", version="0", attachment="").status == 409
        assert page.get("posts/1").soup.select(".attached .file")


class TestOpening:
    def test_is_for_members_who_may_see_the_contribution(self, space):
        page = space.home("ines")
        unclaimed, published = brought(page), brought(page)
        space.write("ines", attachment=["", str(published)])
        outsider = space.world.enter("grace", ENGLISH)
        nobody = space.world.browser()
        assert opened(space.home("karim"), address_of(page, unclaimed)).status_code == 404
        assert opened(page, address_of(page, unclaimed)).status_code == 200
        assert opened(space.home("karim"), address_of(page, published)).status_code == 200
        assert opened(outsider, address_of(page, published)).status_code == 404
        assert opened(outsider, address_of(outsider, published)).status_code == 404
        assert nobody.tool.get(address_of(page, published), base_url=TOOL).status_code == 401
        assert opened(space.home_of(Role.OBSERVER), address_of(page, published)).status_code == 403

    def test_ends_with_the_contribution_and_comes_back_with_it(self, space):
        page = space.home("ines")
        number = brought(page)
        space.write("ines", attachment=["", str(number)])
        hop = page.browser.tool.get(address_of(page, number), base_url=TOOL).headers["Location"]
        page.post("posts/1/delete")
        assert opened(page, address_of(page, number)).status_code == 404
        assert page.browser.tool.get(hop, base_url=TOOL).status_code == 404
        with space.world.app.app_context(), transaction():
            posts.restore(_acting(space), 1, clock.now())
        assert opened(page, address_of(page, number)).data == A_PDF

    @pytest.mark.parametrize("of", ["post", "comment"])
    def test_of_something_hidden_is_for_its_author_and_those_who_decide_about_it(self, space, of):
        for person in ("karim", "claire"):
            space.home(person)
        page = space.home("ines")
        number = brought(page)
        if of == "post":
            space.write("ines", attachment=["", str(number)])
            case = "posts/1/moderation"
        else:
            space.write("karim")
            page.post("posts/1/comments", body="With a file.", attachment=["", str(number)])
            case = "posts/1/comments/1/moderation"
        hop = page.browser.tool.get(address_of(page, number), base_url=TOOL).headers["Location"]
        until = f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
        hidden = space.home("claire").post(case, act="hidden", body="Why", version="0", until=until)
        assert "done=moderation-hidden" in hidden.path

        address = address_of(page, number)
        assert page.browser.tool.get(hop, base_url=TOOL).status_code == 404
        assert opened(space.home("karim"), address).status_code == 404
        for person in ("ines", "claire"):
            assert "report.pdf" in space.home(person).get(case).text
            assert opened(space.home(person), address).data == A_PDF

    def test_needs_an_address_that_we_signed_and_that_is_not_old(self, space, app):
        page = space.home("ines")
        number = brought(page)
        secret, now = app.extensions["settings"].secret_key, clock.now()
        good = file_links.link(secret, number, now)
        assert file_links.opened(secret, good, now) == (number, False, False)
        assert file_links.opened(secret, good, now + timedelta(minutes=41)) is None
        assert file_links.opened("x" * 40, good, now) is None
        for torn in (good[:-1], good.replace(f"{number}.", "2.", 1), "x", "1.0.9999999999." + "0" * 64):
            assert page.browser.tool.get(f"/files/{torn}", base_url=TOOL).status_code == 404

    def test_answers_with_headers_that_let_nothing_run(self, space):
        page = space.home("ines")
        answer = opened(page, address_of(page, brought(page)))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="report.pdf";')
        assert "Set-Cookie" not in answer.headers and answer.headers["Cache-Control"].startswith("private")

    def test_can_be_resumed(self, space):
        page = space.home("ines")
        where = address_of(page, brought(page))
        whole = opened(page, where)
        etag, size = whole.headers["ETag"], len(A_PDF)
        part = opened(page, where, Range="bytes=10-19")
        assert (part.status_code, part.data) == (206, A_PDF[10:20])
        assert part.headers["Content-Range"] == f"bytes 10-19/{size}"
        assert opened(page, where, Range="bytes=-5").data == A_PDF[-5:]
        rest = opened(page, where, Range="bytes=10-", **{"If-Range": etag})
        assert (rest.status_code, rest.data) == (206, A_PDF[10:])
        assert opened(page, where, Range="bytes=10-", **{"If-Range": '"other"'}).status_code == 200
        beyond = opened(page, where, Range=f"bytes={size}-")
        assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
        assert opened(page, where, Range="bytes=0-1,5-6").status_code == 200
        assert opened(page, where, **{"If-None-Match": etag}).status_code == 304

    @pytest.mark.long
    def test_tells_its_size_without_sending_it(self, space):
        page = space.home("ines")
        hop = page.browser.tool.get(address_of(page, brought(page)), base_url=TOOL)
        answer = page.browser.tool.head(hop.headers["Location"], base_url=TOOL)
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(A_PDF))

    @pytest.mark.long
    def test_says_so_when_the_bytes_are_gone(self, space, app):
        page = space.home("ines")
        number = brought(page)
        for file in (app.extensions["settings"].storage_dir / "files").rglob("*"):
            if file.is_file():
                file.unlink()
        assert opened(page, address_of(page, number)).status_code == 404


class TestTheClock:
    def test_takes_what_nobody_claimed_unless_a_draft_names_it(self, space):
        page = space.home("ines")
        forgotten, drafted, claimed = brought(page), brought(page), brought(page)
        space.write("ines", attachment=["", str(claimed)])
        with space.world.app.app_context(), transaction():
            now, member = clock.now(), db.session.scalars(select(Membership.id)).first()
            db.session.add(
                Draft(
                    community_id=1,
                    member_id=member,
                    place="new:1",
                    fields={"attachment": ["", str(drafted)]},
                    version=1,
                    created_at=now,
                    updated_at=now,
                )
            )
        assert sweep(space) == 0
        assert sweep(space, timedelta(hours=25)) == 1
        assert space.count(Attachment, Attachment.id == forgotten) == 0
        assert len(bytes_kept(space)) == 2 and stored(space) == sizes(space) == 2 * len(A_PDF)

    def test_takes_files_of_what_was_deleted_after_a_week(self, space):
        page = space.home("ines")
        space.write("ines", attachment=["", str(brought(page, "photo.jpg", A_PHOTO))])
        page.post("posts/1/delete")
        assert sweep(space, timedelta(days=6)) == 0 and len(bytes_kept(space)) == 2
        sweep(space, timedelta(days=8))
        assert (bytes_kept(space), stored(space)) == ([], 0)

    def test_takes_bytes_that_nothing_names(self, space, app):
        page, later = space.home("ines"), clock.now() + timedelta(hours=25)
        with app.app_context():
            file_sweep.sweep_orphans(lambda: later, reading)  # what tests before this one left
        brought(page, "photo.jpg", A_PHOTO)
        with app.app_context():
            prepared = uploads.prepare(1, io.BytesIO(A_PDF), "a.pdf", 10**6)  # and there the process died
            assert file_sweep.sweep_orphans(clock.now, reading) == 0
            assert file_sweep.sweep_orphans(lambda: later, reading) == 1
        assert prepared.key.rpartition("/")[2] not in bytes_kept(space) and len(bytes_kept(space)) == 2


def _acting(space):
    """Return Inès as services take her."""
    from lti_tool.services.acting import ActingMember

    membership = db.session.get(Membership, space.number("ines"))
    community = db.session.get(Community, membership.community_id)
    return ActingMember(membership, membership.user, community, Role.LEARNER, True)


class TestASettingsLimit:
    @pytest.mark.long
    def test_is_the_most_that_a_community_may_allow(self, space, app):
        with app.app_context(), reading():
            community = db.session.get(Community, space.home("ines") and 1)
            community.file_limit, community.storage_limit = 10**12, 10**15
            found = uploads.room(community)
            assert found.largest == settings.current().file_limit
            assert found.limit == settings.current().storage_limit
