"""Find the programs that some suites need, and put them there where that is ours to do.

Only where we are root on Debian (a container, CI) is anything installed, and never without saying so; on a
person's own account the command that would help is named instead.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN_POSTGRESQL = Path("/usr/lib/postgresql")


def find_chromium() -> Path | None:
    """A Chromium or Chrome on the PATH, or None."""
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def find_firefox() -> Path | None:
    """Debian's Firefox or another one on the PATH, or None."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    return Path(found) if found else None


def find_postgresql() -> Path | None:
    """The folder that holds `initdb` and `postgres`: the one on the PATH, else Debian's newest, or None."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(DEBIAN_POSTGRESQL.glob("*/bin"), key=_major_version, reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def find_redis() -> Path | None:
    """A Redis server on the PATH, or None."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


def find_nginx() -> Path | None:
    """The nginx on the PATH, else where Debian keeps it, or None."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    return Path(found) if found else None


def find_systemd_analyze() -> Path | None:
    """The program that reads systemd's units, or None; systemd itself need not run."""
    found = shutil.which("systemd-analyze")
    return Path(found) if found else None


def _major_version(folder: Path) -> int:
    major = folder.parent.name
    return int(major) if major.isdigit() else 0


@dataclass(frozen=True)
class Program:
    """Something a suite cannot run without, and the Debian packages that bring it."""

    name: str
    find: Callable[[], Path | None]
    packages: tuple[str, ...]

    @property
    def remedy(self) -> str:
        """The one command that helps a person on Debian or Ubuntu."""
        return f"sudo apt-get install {' '.join(self.packages)}"


CHROMIUM = Program("Chromium", find_chromium, ("chromium", "fonts-liberation"))
FIREFOX = Program("Firefox", find_firefox, ("firefox-esr", "fonts-liberation"))
POSTGRESQL = Program("PostgreSQL", find_postgresql, ("postgresql",))
REDIS = Program("Redis", find_redis, ("redis-server",))
NGINX = Program("nginx", find_nginx, ("nginx-light",))
SYSTEMD = Program("systemd-analyze", find_systemd_analyze, ("systemd",))


def may_install() -> bool:
    """Whether this machine is ours to change: root on a Debian, as in a container or in CI."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return is_root and shutil.which("apt-get") is not None


def install(packages: tuple[str, ...]) -> bool:
    """Install Debian packages as root, after saying so. Returns whether it worked."""
    print(f"Installing {', '.join(packages)} with apt-get (root on Debian).", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
    )
    return all(
        subprocess.run(step, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0
        for step in steps
    )


def ensure(program: Program) -> bool:
    """Find the program, or install it where that is ours to do. Returns whether it is there now."""
    if program.find() is not None:
        return True
    return may_install() and install(program.packages) and program.find() is not None
