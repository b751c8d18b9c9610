"""Posts and replies: written, edited with their history, deleted, previewed; nothing twice, nothing lost."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Change, Comment, Community, CommunityState, ContributionFact, Post, Revision, Role
from lti_tool.transactions import transaction
from tests.functional.space import id_of

pytestmark = pytest.mark.slow_on_postgresql

FORM = {"kind": "question", "title": "A question", "body": "Its words."}


@pytest.fixture
def thread(space):
    """A question by Inès, as she sees it; Karim is here too."""
    space.home("karim")
    return space.write("ines", title="A question", body="Its words.")


def comment_of(page) -> str:
    """Return the number of the first reply on a page."""
    return page.soup.select_one("article[id^=comment-]")["id"].removeprefix("comment-")


def below(thread) -> str:
    return f"posts/{id_of(thread)}"


class TestWriting:
    @pytest.mark.parametrize("kind", ["question", "discussion"])
    def test_shows_everybody_what_was_written(self, space, kind):
        space.write("ines", kind=kind, title="Delegating", body="I **tried** it.")
        karim = space.home("karim").get("")
        link = karim.soup.select_one("#posts h3 a")
        assert link.text == "Delegating"
        page = karim.browser.get(link["href"])
        assert page.soup.select_one(".prose strong").text == "tried"
        assert page.soup.select_one("article .byline b").text == "Inès Lefèvre"

    def test_goes_to_the_new_page_so_that_reloading_sends_nothing(self, space):
        page = space.home("ines").post("posts", follow=False, **FORM)
        assert page.status == 303
        assert page.response.location.startswith("/communities/1/posts/1?")

    def test_clicked_twice_makes_one(self, space):
        home = space.home("ines")
        first, second = (home.post("posts", follow=False, **FORM) for _ in range(2))
        assert first.response.location == second.response.location
        assert [space.count(table) for table in (Post, Change, ContributionFact)] == [1, 1, 1]

    def test_clicked_twice_at_the_same_moment_makes_one(self, space):
        home, together = space.home("ines"), threading.Barrier(3)

        def click():
            together.wait()
            home.post("posts", follow=False, **FORM)

        clicks = [threading.Thread(target=click) for _ in range(3)]
        for one in clicks:
            one.start()
        for one in clicks:
            one.join()
        assert space.count(Post) == 1

    def test_the_same_words_later_are_another_contribution(self, space, time_machine):
        space.write("ines", **FORM)
        time_machine.move_to(clock.now() + timedelta(minutes=2), tick=True)
        space.write("ines", **FORM)
        assert space.count(Post) == 2

    def test_the_same_words_by_two_people_are_two_contributions(self, space):
        space.write("ines", **FORM)
        space.write("karim", **FORM)
        assert space.count(Post) == 2

    def test_begins_with_the_kind_that_was_asked_for(self, space):
        for kind in ("question", "discussion"):
            page = space.home("ines").get("posts/new", kind=kind)
            assert page.soup.select_one("input[name=kind][checked]")["value"] == kind


class TestReplying:
    def test_stands_under_the_post_and_counts(self, space, thread):
        page = space.reply("karim", thread, "Here is **how**.")
        assert page.soup.select_one("article[id^=comment-] strong").text == "how"
        assert "1" in space.home("ines").get("").soup.select_one("#posts .post-foot a").text

    def test_clicked_twice_makes_one(self, space, thread):
        space.reply("karim", thread)
        space.reply("karim", thread)
        assert space.count(Comment) == 1

    def test_with_nothing_shows_the_thread_and_a_sentence(self, space, thread):
        page = space.home("karim").post(f"{below(thread)}/comments", body="  ")
        assert page.status == 422
        assert page.soup.select_one("h1").text == "A question"
        assert page.soup.select_one("#body-error")

    def test_to_what_is_not_there_shows_what_was_typed(self, space):
        page = space.home("karim").post("posts/77/comments", body="Long thought about")
        assert page.status == 404
        assert "Long thought about" in page.html

    def test_to_what_was_deleted_meanwhile_shows_what_was_typed(self, space, thread):
        space.home("ines").post(f"{below(thread)}/delete")
        page = space.home("karim").post(f"{below(thread)}/comments", body="Long thought about")
        assert page.status == 404
        assert "Long thought about" in page.html


class TestEditing:
    def save(self, thread, version="0", **words):
        return thread.post(
            f"{below(thread)}/edit", **{"title": "New", "body": "New words", **words}, version=version
        )

    def test_keeps_every_earlier_version(self, space, thread):
        self.save(thread)
        self.save(thread, "1", body="Newest words")
        history = space.home("karim").get(f"{below(thread)}/history")
        texts = [article.select_one(".prose").text.strip() for article in history.soup.select("article")]
        assert texts == ["Newest words", "New words", "Its words."]
        assert "A question" in history.text

    def test_from_an_older_version_overwrites_nothing_and_loses_nothing(self, thread):
        self.save(thread, body="From another tab")
        page = self.save(thread, "0", title="Mine", body="From this tab")
        assert page.status == 409
        assert page.soup.select_one("textarea[name=body]").text.strip() == "From this tab"
        assert page.soup.select_one("input[name=title]")["value"] == "Mine"
        assert "From another tab" in thread.get(below(thread)).text

    def test_that_was_told_so_may_be_saved_knowingly(self, thread):
        self.save(thread, body="From another tab")
        page = self.save(thread, "0", body="From this tab")
        version = page.soup.select_one("input[name=version]")["value"]
        assert self.save(thread, version, body="From this tab").status == 200
        assert "From this tab" in thread.get(below(thread)).text

    def test_with_nothing_comes_back_as_it_was_typed(self, thread):
        page = self.save(thread, title="", body="Something")
        assert page.status == 422
        assert page.soup.select_one("textarea[name=body]").text.strip() == "Something"

    def test_without_a_change_makes_no_version(self, space, thread):
        self.save(thread, title="A question", body="Its words.")
        assert [space.count(Revision), space.count(Change)] == [0, 1]

    def test_clicked_twice_makes_one_version(self, space, thread):
        self.save(thread)
        assert self.save(thread).status == 200
        assert space.count(Revision) == 1

    def test_is_for_the_author_alone(self, space, thread):
        for person in ("karim", "claire"):
            home = space.home(person)
            assert home.get(f"{below(thread)}/edit").status == 403
            page = home.post(f"{below(thread)}/edit", title="T", body="Mine instead", version="0")
            assert page.status == 403
            assert "Mine instead" in page.html
        assert space.count(Revision) == 0

    def test_a_reply_keeps_its_versions_too(self, space, thread):
        page = space.reply("karim", thread, "First words")
        reply = f"{below(thread)}/comments/{comment_of(page)}"
        assert page.get(f"{reply}/edit").soup.select_one("textarea").text.strip() == "First words"
        assert page.post(f"{reply}/edit", body="Better words", version="0").status == 200
        assert page.post(f"{reply}/edit", body="Other words", version="0").status == 409
        history = space.home("ines").get(f"{reply}/history")
        texts = [article.select_one(".prose").text.strip() for article in history.soup.select("article")]
        assert texts == ["Better words", "First words"]
        assert space.home("ines").get(f"{reply}/edit").status == 403

    def test_a_reply_is_found_under_its_own_post_only(self, space, thread):
        page = space.reply("karim", thread)
        other = space.write("ines", title="Another")
        for ending in ("edit", "history"):
            assert page.get(f"{below(other)}/comments/{comment_of(page)}/{ending}").status == 404


class TestDeleting:
    def test_without_replies_leaves_nothing(self, space, thread):
        thread.post(f"{below(thread)}/delete")
        karim = space.home("karim")
        assert "A question" not in karim.get("").text
        assert karim.get(below(thread)).status == 404
        assert karim.get(f"{below(thread)}/history").status == 404

    def test_with_replies_leaves_them_readable_without_the_words(self, space, thread):
        space.reply("karim", thread, "A good answer")
        thread.post(f"{below(thread)}/edit", title="Second title", body="Second words", version="0")
        thread.post(f"{below(thread)}/delete")
        page = space.home("karim").get(below(thread))
        assert page.status == 200
        assert "A good answer" in page.text
        for gone in ("A question", "Its words.", "Second title", "Second words"):
            assert gone not in page.html
        assert page.get(f"{below(thread)}/history").status == 404
        assert page.get("").soup.select_one("#posts") is None

    def test_of_the_last_reply_too_leaves_nothing(self, space, thread):
        page = space.reply("karim", thread)
        thread.post(f"{below(thread)}/delete")
        after = page.post(f"{below(thread)}/comments/{comment_of(page)}/delete")
        assert (after.status, after.path.partition("?")[0]) == (200, page.community)
        assert space.home("ines").get(below(thread)).status == 404

    def test_a_reply_keeps_its_place_and_no_word(self, space, thread):
        page = space.reply("karim", thread, "Said too fast")
        page.post(f"{below(thread)}/comments/{comment_of(page)}/delete")
        seen = space.home("ines").get(below(thread))
        assert "Said too fast" not in seen.html
        assert seen.soup.select_one("article[id^=comment-]")
        assert seen.get(f"{below(thread)}/comments/{comment_of(page)}/history").status == 404

    def test_clicked_twice_is_the_same_as_once(self, space, thread):
        page = space.reply("karim", thread)
        reply = f"{below(thread)}/comments/{comment_of(page)}/delete"
        assert [page.post(reply, follow=False).status for _ in range(2)] == [303, 303]
        assert [thread.post(f"{below(thread)}/delete", follow=False).status for _ in range(2)] == [303, 303]
        with space.world.database() as session:
            assert session.get(Post, id_of(thread)).comment_count == 0

    def test_is_for_the_author_alone(self, space, thread):
        page = space.reply("ines", thread)
        for person in ("karim", "claire"):
            home = space.home(person)
            assert home.post(f"{below(thread)}/delete").status == 403
            assert home.post(f"{below(thread)}/comments/{comment_of(page)}/delete").status == 403
        assert space.count(Post, Post.deleted_at.is_not(None)) == 0

    def test_what_was_deleted_cannot_be_edited(self, thread):
        thread.post(f"{below(thread)}/delete")
        page = thread.post(f"{below(thread)}/edit", title="T", body="Words kept on screen", version="0")
        assert page.status == 404
        assert "Words kept on screen" in page.html


class TestThePreview:
    def test_shows_what_would_be_published(self, space):
        home = space.home("ines")
        page = home.post("preview", body="**bold** <script>x</script> [x](javascript:y)")
        assert page.soup.select_one(".prose strong").text == "bold"
        assert page.soup.select_one("script, html, a[href^=javascript]") is None

    def test_of_nothing_says_so(self, space):
        assert space.home("ines").post("preview", body=" \0 ").soup.select_one(".prose") is None


class TestAClosedCommunity:
    @pytest.fixture
    def closed(self, space, thread):
        with space.world.app.app_context(), transaction():
            db.session.execute(update(Community).values(state=CommunityState.CLOSED))
        return thread

    def test_can_still_be_read(self, space, closed):
        for page in ("", below(closed), "members", f"{below(closed)}/history"):
            shown = space.home("karim").get(page)
            assert shown.status == 200 and shown.soup.select_one("main > .callout")
        assert space.home("karim").get("").soup.select_one(".post-foot a").text.split()[0] != "Répondre"

    def test_takes_nothing_new_and_shows_what_was_typed(self, space, closed):
        for address in ("posts", f"{below(closed)}/comments", f"{below(closed)}/edit"):
            page = space.home("ines").post(address, **FORM | {"body": "Came too late"}, version="0")
            assert page.status == 403, address
            assert "Came too late" in page.html
        assert [space.count(Post), space.count(Comment), space.count(Revision)] == [1, 0, 0]

    def test_offers_no_form_that_would_be_refused(self, space, closed):
        home = space.home_of(Role.LEARNER).get("")
        assert home.soup.select_one("a[href*='posts/new']") is None
        assert home.get(below(closed)).soup.select_one("textarea[name=body]") is None
