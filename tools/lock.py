"""Write the locks: exact versions with hashes, wheels only, one file for Python 3.11 to 3.14 on every system.

Usage: `make lock` (keeps the versions that still fit) or `make lock UPGRADE=1`. Needs `uv` on the PATH.
The files name no index: where packages come from is the machine's own affair.
"""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
COMPILE = [
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-build", "--no-annotate", "--no-header"),
    *("--no-emit-index-url", "--no-emit-find-links"),
]


def own_dependencies() -> str:
    """The `install_requires` of setup.cfg, one requirement a line."""
    configuration = configparser.ConfigParser(interpolation=None)
    configuration.read(ROOT / "setup.cfg", encoding="utf-8")
    return configuration["options"]["install_requires"].strip() + "\n"


def compile_lock(name: str, sources: list[str], options: list[str], own: str | None = None) -> None:
    """Resolve `sources` (files of requirements/), together with our `own` dependencies unless there are none,
    into requirements/`name`.
    """
    subprocess.run(
        [*COMPILE, *options, *(["-"] if own else []), *sources, "--output-file", name],
        input=own,
        text=True,
        cwd=REQUIREMENTS,
        check=True,
    )


def main(options: list[str]) -> int:
    if shutil.which("uv") is None:
        print("`make lock` needs uv: pip install uv", file=sys.stderr)
        return 1
    ours = own_dependencies()
    compile_lock("run.txt", ["run.in"], options, ours)
    compile_lock("dev.txt", ["run.in", "dev.in"], [*options, "--constraints", "run.txt"], ours)
    # Another project's environment, which has nothing to do with ours: see tools/independent.py.
    compile_lock("independent.txt", ["independent.in"], options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
