"""Bring .venv in line with a lock: `python3 tools/environment.py run` or `… dev`.

Does nothing when the environment was already made from the same lock by the same Python. The development lock
contains the other one, so an environment made for `dev` also serves `run`.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tools import programs

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCKS = {"run": ("run", "dev"), "dev": ("dev",)}


class SetupFailed(Exception):
    """The environment could not be made; the message is for people."""


def ensure(purpose: str) -> None:
    """Make `.venv` fit for `purpose` ("run" or "dev"), with the project itself installed editable.

    :raises SetupFailed: with the sentence to show.
    """
    if any(_stamp(lock).exists() and _stamp(lock).read_text() == _wanted(lock) for lock in LOCKS[purpose]):
        return
    _make_environment()
    print(f"Installing from requirements/{purpose}.txt into .venv (once, a minute or so) …", flush=True)
    _pip("install", "--only-binary", ":all:", "--require-hashes", "-r", f"requirements/{purpose}.txt")
    # The locked setuptools builds the project: no build environment has to be fetched.
    _pip("install", "--no-build-isolation", "--no-deps", "--editable", ".")
    for lock in LOCKS:
        _stamp(lock).unlink(missing_ok=True)
    _stamp(purpose).write_text(_wanted(purpose))


def _stamp(lock: str) -> Path:
    return ENVIRONMENT / f".made-from-{lock}"


def _wanted(lock: str) -> str:
    """What an environment made from this lock depends on: the lock, the packaging, the Python, the place."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in (f"requirements/{lock}.txt", "setup.cfg", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _make_environment() -> None:
    """Make .venv with this Python unless one that works, of the same version, is there."""
    version = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", version], check=False).returncode == 0:
        return
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    _ensure_venv_module()
    _run([sys.executable, "-m", "venv", str(ENVIRONMENT)])


def _ensure_venv_module() -> None:
    """Debian ships `venv` without what it needs unless python3-venv is installed."""
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        if not (programs.may_install() and programs.install(("python3-venv",))):
            raise SetupFailed("Python's venv module is missing: sudo apt-get install python3-venv") from None


def _pip(*arguments: str) -> None:
    _run([str(PYTHON), "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check", *arguments])


def _run(command: list[str]) -> None:
    finished = subprocess.run(command, cwd=ROOT, check=False)
    if finished.returncode != 0:
        raise SetupFailed(f"This did not work: {' '.join(command)}")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print("Usage: python3 -m tools.environment run|dev", file=sys.stderr)
        return 2
    try:
        ensure(arguments[0])
    except SetupFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
