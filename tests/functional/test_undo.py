"""A notice that offers to take back what was done."""

import pytest

from lti_tool import pages
from tests.functional.space import id_of


@pytest.fixture
def thread(space, monkeypatch):
    monkeypatch.setitem(pages.UNDO, "deleted", ("posts.delete", ("post_id",)))
    return space.write("ines")


class TestANotice:
    def test_has_a_form_that_takes_back_what_it_speaks_of(self, thread):
        home = thread.get("", done="deleted", of=str(id_of(thread)))
        form = home.soup.select_one(".toast form")
        assert form["action"].startswith(f"{thread.community}posts/{id_of(thread)}/delete?")
        assert form.select_one("input[name=seat_token]")["value"] == home.seat_token

    @pytest.mark.parametrize("numbers", ["", "0", "1-2", "abc", "-1", "<script>", "9" * 40])
    def test_has_none_for_numbers_that_are_none(self, thread, numbers):
        home = thread.get("", done="deleted", of=numbers)
        assert home.soup.select_one(".toast") and not home.soup.select_one(".toast form")

    def test_has_none_where_nothing_can_be_taken_back(self, thread):
        assert thread.get("", done="written", of="1").soup.select_one(".toast form") is None
