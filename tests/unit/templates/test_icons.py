"""One sprite, and in it the icons that templates name: no missing picture, no dead weight."""

import re

from tests.unit.templates.sheets import STATIC, sources

NAMED = re.compile(r"""\bicon\(\s*['"]([a-z0-9-]+)['"]""")
CALLED = re.compile(r"\bicon\(\s*([^)]*)")
DRAWN = re.compile(r'<symbol id="i-([a-z0-9-]+)"')


def drawn():
    return DRAWN.findall((STATIC / "icons.svg").read_text(encoding="utf-8"))


class TestTheSprite:
    def test_draws_every_icon_that_a_template_names(self):
        named = {name for text in sources().values() for name in NAMED.findall(text)}
        assert named - set(drawn()) == set(), "run tools/build_icons.py"

    def test_draws_no_other(self):
        named = {name for text in sources().values() for name in NAMED.findall(text)}
        assert set(drawn()) - named == set()

    def test_draws_each_once(self):
        assert len(drawn()) == len(set(drawn()))


class TestATemplate:
    def test_names_its_icons_in_plain_letters(self):
        """Otherwise nothing can tell which icons are in use."""
        computed = [
            (template, argument)
            for template, text in sources().items()
            for argument in CALLED.findall(text)
            if argument[:1] not in "'\"" and template != "components/icons.html"
        ]
        assert computed == []
