"""Collect the texts of templates and code, bring every catalogue up to date and compile it.

The compiled catalogues are committed (docs/decisions/0006): the tool runs from a clone without a build step.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = "lti_tool/translations"
PYBABEL = str(Path(sys.executable).parent / "pybabel")


def main() -> int:
    """Returns 0, or raises subprocess.CalledProcessError with what pybabel printed above."""
    with tempfile.TemporaryDirectory() as folder:
        template = str(Path(folder) / "messages.pot")
        _pybabel(
            *("extract", "--mapping", "babel.cfg", "--keywords", "lazy_gettext _l", "--no-location"),
            *("--add-comments", "Translators:", "--project", "community-value", "--output", template, "."),
        )
        _pybabel(
            *("update", "--input-file", template, "--output-dir", CATALOGUES),
            *("--no-fuzzy-matching", "--ignore-pot-creation-date"),
        )
    _pybabel("compile", "--directory", CATALOGUES, "--statistics")
    return 0


def _pybabel(*arguments: str) -> None:
    subprocess.run([PYBABEL, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    raise SystemExit(main())
