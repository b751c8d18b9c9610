"""Build static/icons.svg: one sprite holding exactly the Lucide icons that the templates name.

Usage: python tools/build_icons.py <folder of lucide-static's icons>
The folder comes from `npm pack lucide-static@<static/vendor/lucide/VERSION>`, unpacked.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
SPRITE = ROOT / "static" / "icons.svg"
ICON_CALL = re.compile(r"""\bicon\(\s*['"]([a-z0-9-]+)['"]""")
DRAWING = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)


def icons_used() -> list[str]:
    """Return the names that templates pass to the `icon` macro, each once, in order."""
    names: set[str] = set()
    for template in TEMPLATES.rglob("*.html"):
        names.update(ICON_CALL.findall(template.read_text(encoding="utf-8")))
    return sorted(names)


def symbol(name: str, svg: str) -> str:
    """Return one Lucide file as a symbol, without its outline attributes: the style sheet sets them."""
    drawing = DRAWING.search(svg)
    if drawing is None:
        raise ValueError(f"{name}.svg holds no drawing")
    shapes = "".join(line.strip() for line in drawing.group(1).splitlines())
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def main(folder: Path) -> None:
    """Write the sprite from the icons in `folder`. Raises FileNotFoundError for a name that Lucide lacks."""
    symbols = [symbol(name, (folder / f"{name}.svg").read_text(encoding="utf-8")) for name in icons_used()]
    head = "<!-- Lucide icons, ISC licence: vendor/lucide/LICENSE. Built by tools/build_icons.py. -->"
    sprite = "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', head, *symbols, "</svg>", ""])
    SPRITE.write_text(sprite, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
