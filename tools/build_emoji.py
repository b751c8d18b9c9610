"""Build static/vendor/emojibase/emoji.json: the emoji that the editor offers after a colon.

Usage: python tools/build_emoji.py <folder of emojibase-data>
The folder comes from `npm pack emojibase-data@<static/vendor/emojibase/VERSION>`, unpacked. tools/emoji.txt
holds the short names (those of GitHub) of the few that people at work write to each other, in the order in
which they are offered when nothing has been typed yet; each is written with its names and what else finds it.
"""

import json
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "static" / "vendor" / "emojibase"
MOST_TAGS = 8
CHOSEN = Path(__file__).with_name("emoji.txt")


def read(folder: Path, name: str) -> list | dict:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def main(folder: Path) -> None:
    """Write the file. Raises KeyError for a short name that the data lacks."""
    codes = {}
    for hexcode, names in read(folder, "en/shortcodes/github.json").items():
        for name in [names] if isinstance(names, str) else names:
            codes[name] = hexcode
    english, french = (
        {one["hexcode"]: one for one in read(folder, f"{language}/data.json")} for language in ("en", "fr")
    )
    made = []
    for code in CHOSEN.read_text(encoding="utf-8").split():
        one, autre = english[codes[code]], french[codes[code]]
        tags = [*one.get("tags", [])[:MOST_TAGS], *autre.get("tags", [])[:MOST_TAGS]]
        made.append(
            {
                "emoji": one["emoji"],
                "code": code,
                "en": one["label"],
                "fr": autre["label"],
                "tags": tags,
            }
        )
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in made)
    (OUT / "emoji.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
