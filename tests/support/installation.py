"""The project as a stranger gets it: built from a copy, installed from wheels into an empty environment."""

import compileall
import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WHEELHOUSE = ROOT / ".venv" / "wheelhouse"
BUILD_FILES = ("pyproject.toml", "setup.cfg", "README.md", "LICENSE")


def packaging() -> configparser.ConfigParser:
    """setup.cfg, read."""
    configuration = configparser.ConfigParser(interpolation=None)
    configuration.read(ROOT / "setup.cfg", encoding="utf-8")
    return configuration


def listed(configuration: configparser.ConfigParser, section: str, key: str) -> list[str]:
    """The lines of a multi-line value."""
    return configuration[section][key].split("\n")[1:]


def package_folders() -> dict[str, Path]:
    """Every package that setup.cfg lists, and its folder in the source tree."""
    configuration = packaging()
    pairs = (line.partition("=") for line in listed(configuration, "options", "package_dir"))
    mapped = {name.strip(): ROOT / folder.strip() for name, _, folder in pairs}
    names = listed(configuration, "options", "packages")
    return {name: mapped.get(name) or ROOT.joinpath(*name.split(".")) for name in names}


def build_wheel(folder: Path) -> Path:
    """Build the wheel from a copy of the sources, so that nothing left over in the work tree helps."""
    sources = folder / "sources"
    sources.mkdir()
    for name in BUILD_FILES:
        if (ROOT / name).exists():
            shutil.copyfile(ROOT / name, sources / name)
    for top in {path.relative_to(ROOT).parts[0] for path in package_folders().values()}:
        shutil.copytree(ROOT / top, sources / top, ignore=shutil.ignore_patterns("__pycache__"))
    # As in a tree in which the tool has run: bytecode lies about, and none of it belongs into a wheel.
    compileall.compile_dir(sources / "migrations", quiet=1)
    run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", sources),
        cwd=folder,
    )
    return next((folder / "dist").glob("*.whl"))


def install(wheel: Path, environment: Path) -> Path:
    """Install the wheel and the locked run-time libraries into a new environment; return its bin folder."""
    if not WHEELHOUSE.is_dir():
        raise FileNotFoundError("The wheels are missing: .venv/bin/python -m tools.wheelhouse")
    run(sys.executable, "-m", "venv", environment, cwd=wheel.parent)
    programs = environment / "bin"
    pip = (
        programs / "python",
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "install",
        "--no-index",
    )
    lock = ROOT / "requirements" / "run.txt"
    run(*pip, "--require-hashes", "--find-links", WHEELHOUSE, "--requirement", lock, cwd=wheel.parent)
    run(*pip, "--no-deps", wheel, cwd=wheel.parent)
    run(programs / "python", "-m", "pip", "check", cwd=wheel.parent)
    return programs


def run(*command: object, cwd: Path) -> str:
    """Run a command that must succeed, away from the source tree; return what it printed."""
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


def clean_environment() -> dict[str, str]:
    """Our environment without what would point a program back at the source tree or at our settings."""
    unwanted = ("PYTHONPATH", "VIRTUAL_ENV", "FLASK_", "LTI_TOOL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
