"""Collect the wheels of requirements/run.txt in .venv/wheelhouse, for tests that install without network."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "run.txt"
WHEELHOUSE = ROOT / ".venv" / "wheelhouse"


def ensure() -> None:
    """Have exactly the wheels of the lock there. Raises subprocess.CalledProcessError when pip cannot."""
    stamp = WHEELHOUSE / "made-from"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(WHEELHOUSE, ignore_errors=True)
    print("Collecting the wheels of requirements/run.txt (once) …", flush=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check", "download"),
            *("--only-binary", ":all:", "--require-hashes", "--requirement", LOCK, "--dest", WHEELHOUSE),
        ],
        check=True,
    )
    stamp.write_text(wanted)


if __name__ == "__main__":
    ensure()
