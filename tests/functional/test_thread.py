"""A thread: replies to replies, orders, pages, addresses that stay, deleting undone, what edits changed."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Comment, ContributionFact, Post, Revision
from lti_tool.services.thread_order import BELOW, PAGE
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.support.samples import samples

pytestmark = pytest.mark.slow_on_postgresql


@pytest.fixture
def thread(space):
    """A question by Inès, as she sees it; Karim and Hugo are here too."""
    space.home("karim")
    space.home("hugo")
    return space.write("ines", title="A question", body="Its words.")


def below(thread) -> str:
    return f"posts/{id_of(thread)}"


def replied(space, person, thread, body, parent="") -> int:
    """Let somebody reply, also to a reply; return the number of what they wrote."""
    page = space.home(person).post(f"{below(thread)}/comments", body=body, parent=str(parent))
    assert page.status == 200, page.text
    with space.world.database() as session:
        return session.scalars(select(Comment.id).order_by(Comment.id.desc()).limit(1)).one()


def shown(page) -> list[str]:
    """Return the texts of the replies on a page, in their order."""
    return [one.select_one(".prose").text.strip() for one in page.soup.select("article[id^=comment-]")]


def many(space, thread, count: int, parent: int | None = None) -> list[int]:
    """Add replies at once; return their numbers."""
    post, number, now = id_of(thread), space.number("karim"), clock.now()
    rows = [
        {
            "community_id": 1,
            "post_id": post,
            "author_id": number,
            "body": f"Reply {place}",
            "parent_id": parent,
            "created_at": now - timedelta(seconds=count - place),
            "edit_count": 0,
            "helped_count": 0,
        }
        for place in range(count)
    ]
    with space.world.app.app_context(), transaction():
        db.session.execute(
            update(Post).where(Post.id == post).values(comment_count=Post.comment_count + count)
        )
        return list(db.session.scalars(insert(Comment).returning(Comment.id), rows))


class TestAReplyToAReply:
    def test_stands_below_it(self, space, thread):
        first = replied(space, "karim", thread, "First")
        replied(space, "hugo", thread, "Second")
        replied(space, "ines", thread, "To the first", first)
        page = thread.get(below(thread))
        assert shown(page) == ["First", "To the first", "Second"]
        assert page.soup.select_one(f"#comment-{first} + .replies .prose").text.strip() == "To the first"

    def test_to_a_reply_to_a_reply_stands_on_the_same_level(self, space, thread):
        first = replied(space, "karim", thread, "First")
        second = replied(space, "ines", thread, "Second", first)
        third = replied(space, "hugo", thread, "Third", second)
        with space.world.database() as session:
            assert session.get(Comment, third).parent_id == first

    def test_to_a_reply_to_a_reply_begins_with_whom_it_answers(self, space, thread):
        first = replied(space, "karim", thread, "First")
        second = replied(space, "hugo", thread, "Second", first)
        page = thread.get(below(thread), reply=second)
        begun = page.soup.select_one("#reply textarea").text.strip()
        assert begun.startswith("@[Hugo") and begun.endswith(f"#{space.number('hugo')}]")

    def test_under_another_post_is_not_found_and_shows_what_was_typed(self, space, thread):
        first = replied(space, "karim", thread, "First")
        other = space.write("ines", title="Another")
        page = space.home("hugo").post(
            f"{below(other)}/comments", body="Long thought about", parent=str(first)
        )
        assert page.status == 404
        assert "Long thought about" in page.html

    def test_to_what_was_deleted_meanwhile_is_not_lost(self, space, thread):
        first = replied(space, "karim", thread, "First")
        space.home("karim").post(f"{below(thread)}/comments/{first}/delete")
        replied(space, "hugo", thread, "Still an answer", first)
        assert "Still an answer" in thread.get(below(thread)).text

    def test_is_written_without_a_script_too(self, space, thread):
        first = replied(space, "karim", thread, "First")
        replied(space, "hugo", thread, "Second")
        page = thread.get(below(thread), reply=first)
        form = page.soup.select_one(f"#comment-{first} + .replies #reply form")
        assert form.select_one("input[name=parent]")["value"] == str(first)
        assert "Karim" in page.soup.select_one("#reply-title").text
        assert len(page.soup.select("#reply")) == 1

    def test_with_a_quotation(self, space, thread):
        first = replied(space, "karim", thread, "> not mine\n\nMy <b>own</b> words")
        page = thread.get(below(thread), reply=first, quote=1)
        assert page.soup.select_one("#reply textarea").text.strip() == "> My <b>own</b> words"

    def test_that_has_to_be_corrected_keeps_what_it_answers(self, space, thread):
        first = replied(space, "karim", thread, "First")
        page = space.home("hugo").post(f"{below(thread)}/comments", body=" ", parent=str(first))
        assert page.status == 422
        assert page.soup.select_one("#reply input[name=parent]")["value"] == str(first)

    @pytest.mark.parametrize("number", samples("x", "9" * 30, "0", "-1", "²", "99999"))
    def test_to_what_is_no_reply_shows_the_thread(self, thread, number):
        page = thread.get(below(thread), reply=number, page=number, order=number)
        assert page.status == 200
        assert page.soup.select_one("#reply input[name=parent]")["value"] == ""


class TestTheOrder:
    def test_of_answers_is_by_use_and_of_a_discussion_by_date(self, space, thread):
        talk = space.write("ines", kind="discussion", title="A talk")
        for one in (thread, talk):
            replied(space, "karim", one, "Earlier")
            later = replied(space, "hugo", one, "Later")
            thread.post(f"{below(one)}/comments/{later}/reactions", kind="helped")
        assert shown(thread.get(below(thread))) == ["Later", "Earlier"]
        assert shown(thread.get(below(thread), order="date")) == ["Earlier", "Later"]
        assert shown(thread.get(below(talk))) == ["Earlier", "Later"]
        assert shown(thread.get(below(talk), order="useful")) == ["Later", "Earlier"]

    def test_begins_with_the_accepted_reply(self, space, thread):
        replied(space, "karim", thread, "Earlier")
        later = replied(space, "hugo", thread, "Later")
        page = thread.post(f"{below(thread)}/comments/{later}/acceptance")
        assert shown(page) == shown(page.get(below(thread), order="date")) == ["Later", "Earlier"]
        assert "Inès" in page.soup.select_one(".accepted .flag").text


class TestALongThread:
    def test_has_pages_and_every_reply_an_address(self, space, thread):
        numbers = many(space, thread, PAGE + 3)
        assert len(shown(thread.get(below(thread)))) == PAGE
        assert shown(thread.get(below(thread), page=2)) == [f"Reply {PAGE + place}" for place in range(3)]
        assert shown(thread.get(below(thread), page=99)) == shown(thread.get(below(thread), page=2))
        answer = thread.get(f"{below(thread)}/comments/{numbers[-1]}")
        assert answer.status == 303
        assert "page=2" in answer.response.location
        assert answer.response.location.endswith(f"#comment-{numbers[-1]}")

    def test_shows_the_first_replies_to_a_reply_and_leads_to_the_others(self, space, thread):
        first = replied(space, "karim", thread, "First")
        numbers = many(space, thread, BELOW + 2, parent=first)
        page = thread.get(below(thread))
        assert len(shown(page)) == 1 + BELOW
        branch = page.browser.get(page.soup.select_one(".further a")["href"])
        assert len(shown(branch)) == 1 + BELOW + 2
        location = thread.get(f"{below(thread)}/comments/{numbers[-1]}").response.location
        assert f"under={first}" in location
        assert thread.get(below(thread), under=numbers[0]).status == 404

    def test_leads_there_after_a_reply(self, space, thread):
        many(space, thread, PAGE)
        page = space.home("hugo").post(f"{below(thread)}/comments", body="The last", follow=False)
        assert "page=2" in page.response.location

    @pytest.mark.long
    def test_names_those_whose_replies_helped_most_first(self, space, thread):
        replied(space, "karim", thread, "One")
        replied(space, "karim", thread, "Two")
        helpful = replied(space, "hugo", thread, "Three")
        thread.post(f"{below(thread)}/comments/{helpful}/reactions", kind="helped")
        names = [one.text for one in thread.get(below(thread)).soup.select("section[aria-labelledby=who] b")]
        assert [name.split()[0] for name in names] == ["Inès", "Hugo", "Karim"]


class TestDeletingIsUndone:
    def undo(self, page):
        form = page.soup.select_one(".toast form")
        return page.browser.post(form["action"], {"seat_token": page.seat_token})

    def test_of_a_contribution_with_its_words_and_its_points(self, space, thread):
        after = thread.post(f"{below(thread)}/delete")
        page = self.undo(after)
        assert page.soup.select_one("h1").text == "A question"
        assert "Its words." in page.text
        with space.world.database() as session:
            post = session.get(Post, id_of(thread))
            assert (post.deleted_at, post.waits_since) == (None, post.created_at)
            acts = list(session.scalars(select(ContributionFact.act).order_by(ContributionFact.id)))
        assert acts == ["written", "deleted", "restored"]
        assert space.count(Revision) == 0

    def test_of_a_reply_with_its_place(self, space, thread):
        number = replied(space, "karim", thread, "Said too fast")
        after = space.home("karim").post(f"{below(thread)}/comments/{number}/delete")
        assert "Said too fast" not in after.html
        assert "Said too fast" in self.undo(after).text
        with space.world.database() as session:
            post = session.get(Post, id_of(thread))
            assert (post.comment_count, post.answer_count, post.waits_since) == (1, 1, None)

    def test_twice_is_the_same_as_once_and_for_the_author_alone(self, space, thread):
        number = replied(space, "karim", thread, "Mine")
        reply = f"{below(thread)}/comments/{number}"
        space.home("karim").post(f"{reply}/delete")
        assert space.home("claire").post(f"{reply}/restore").status == 403
        for _ in range(2):
            assert space.home("karim").post(f"{reply}/restore", follow=False).status == 303
        with space.world.database() as session:
            assert session.get(Post, id_of(thread)).comment_count == 1

    def test_is_possible_for_a_day(self, space, thread, time_machine):
        thread.post(f"{below(thread)}/delete")
        time_machine.move_to(clock.now() + timedelta(hours=25), tick=True)
        page = space.world.enter("ines").post(f"{below(thread)}/restore")
        assert page.status == 404

    @pytest.mark.long
    def test_is_not_offered_where_a_prompt_goes_with_it(self, space):
        space.home("claire").post("prompts", title="A task", body="Do this.")
        page = space.home("claire").post("posts/1/delete")
        assert page.soup.select_one(".toast")
        assert page.soup.select_one(".toast form") is None
        assert page.post("posts/1/restore").status == 404


class TestTheHistory:
    def test_tells_what_an_edit_changed_without_colours(self, space, thread):
        thread.post(f"{below(thread)}/edit", title="A question", body="Its own words.", version="0")
        page = space.home("karim").get(f"{below(thread)}/history")
        newest = page.soup.select("article")[0]
        assert "own" in newest.select_one(".changed ins").text
        assert newest.select_one(".changed ins .sr").text
        assert newest.select_one(".changed").find(string=True, recursive=False).strip() == "Its"

    @pytest.mark.long
    def test_goes_on_page_by_page(self, space, thread):
        for number in range(22):
            thread.post(
                f"{below(thread)}/edit", title="A question", body=f"Words {number}", version=str(number)
            )
        page = thread.get(f"{below(thread)}/history")
        assert len(page.soup.select("article")) == 20
        older = page.browser.get(page.soup.select_one("a[href*='before=']")["href"])
        assert [one.select_one(".prose").text.strip() for one in older.soup.select("article")] == [
            "Words 1",
            "Words 0",
            "Its words.",
        ]
