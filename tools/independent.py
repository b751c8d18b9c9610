"""Make .venv/independent: an environment of its own for the independent platform of tests/independent.

Nothing of requirements/independent.txt gets near our own environment: it is another project's production code
(AGPL-3.0), run as a process of its own and only talked to over HTTP.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "independent.txt"
ENVIRONMENT = ROOT / ".venv" / "independent"
PYTHON = ENVIRONMENT / "bin" / "python"
REMEDY = "python3 -m tools.independent, with a package index in reach"


def ensure() -> None:
    """Have an environment made from exactly this lock, by this Python, there.

    :raises subprocess.CalledProcessError: it cannot be made; what pip or venv said is on standard error.
    """
    stamp = ENVIRONMENT / "made-from"
    wanted = hashlib.sha256(f"{sys.version_info[:2]} {ENVIRONMENT}".encode() + LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    print("Installing the independent platform from requirements/independent.txt (once) …", flush=True)
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    pip = (PYTHON, "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check")
    subprocess.run(
        [*pip, "install", "--only-binary", ":all:", "--require-hashes", "--requirement", LOCK], check=True
    )
    stamp.write_text(wanted)


if __name__ == "__main__":
    try:
        ensure()
    except subprocess.CalledProcessError as problem:
        sys.exit(f"The independent platform could not be installed ({problem}). What helps: {REMEDY}")
