"""What the documentation points to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s#]+)(#[^)\s]*)?\)")
FOREIGN = ("http://", "https://", "mailto:")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
class TestAPage:
    def test_links_to_files_that_exist(self, page):
        targets = [target for target, _ in LINK.findall(page.read_text(encoding="utf-8"))]
        missing = [
            target
            for target in targets
            if not target.startswith(FOREIGN) and not (page.parent / target).exists()
        ]
        assert missing == []
