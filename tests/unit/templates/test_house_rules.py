"""What the content security policy and the house ask of every template."""

import re

import pytest

from tests.unit.templates.sheets import STATIC, environment, sources

TEMPLATES = sorted(sources())
EVENT = re.compile(r"""\s(on[a-z]+)\s*=\s*["']""")
STYLE = re.compile(r"""\sstyle\s*=|<style\b""")
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
FORM = re.compile(r"""<form\b[^>]*method="post".*?</form>""", re.DOTALL)
WITHOUT_A_SEAT = frozenset(
    {
        "sign_in/from_portal.html",
        "sign_in/index.html",
        "sign_in/link.html",
        "sign_in/code.html",
        "lti/repost.html",
        "lti/choice.html",
        "lti/proof.html",
        "lti/content.html",
        "lti/content_answer.html",
        "handovers/arrive.html",
        "guest_links/index.html",
        "guest_links/link.html",
        "registration/confirm.html",
        "mail_links/stop.html",
        "mail_links/stopped.html",
    }
)
STATIC_FILE = re.compile(r"""static_url\('([^']+)'\)""")


@pytest.mark.parametrize("template", TEMPLATES)
class TestATemplate:
    def test_can_be_compiled(self, template):
        assert environment().get_template(template).name == template

    def test_styles_nothing_inline(self, template):
        """But in a mail, which is no page: no policy holds there, and no stylesheet is fetched."""
        assert STYLE.findall(sources()[template]) == [] or template == "mails/_style.html"

    def test_runs_nothing_inline(self, template):
        text = sources()[template]
        assert EVENT.findall(text) == []
        assert [
            body for attributes, body in SCRIPT.findall(text) if body.strip() or "src=" not in attributes
        ] == []

    def test_marks_every_form_with_the_seat(self, template):
        """Only what is posted before anybody is in has no seat yet; the console has a token of its own."""
        field = "admin_token_field()" if template.startswith("admin") else "seat_token_field()"
        forms = [form for form in FORM.findall(sources()[template]) if field not in form]
        assert forms == [] or template in WITHOUT_A_SEAT

    def test_asks_for_static_files_that_are_there(self, template):
        wanted = STATIC_FILE.findall(sources()[template])
        assert [path for path in wanted if not (STATIC / path).is_file()] == []

    def test_never_trusts_a_text_as_markup(self, template):
        assert "|safe" not in sources()[template].replace(" ", "")


class TestTheScripts:
    @pytest.mark.parametrize("script", sorted(path.name for path in (STATIC / "js").glob("*.js")))
    def test_never_move_the_page_of_the_host_or_run_text(self, script):
        text = (STATIC / "js" / script).read_text(encoding="utf-8")
        assert re.findall(r"scrollIntoView\(|innerHTML|\beval\(|new Function", text) == []
