"""Debian's Chromium, driven by Playwright, with nothing but this machine in reach."""

import os
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from tools.programs import CHROMIUM, find_chromium


def chromium_path() -> Path:
    """Where Chromium is. Raises FileNotFoundError with the command that helps."""
    found = find_chromium()
    if found is None:
        raise FileNotFoundError(f"Chromium is not installed: {CHROMIUM.remedy}")
    return found


def launch_arguments(hosts: Mapping[str, str] | None = None) -> list[str]:
    """Arguments that keep the browser on this machine.

    :param hosts: names of a made-up web and where they live, `{"lms.example": "127.0.0.1"}`, so that pages
        come from different sites; a pattern such as `*.example` works too. Other names resolve to nothing.
    """
    mapped = [f"MAP {name} {address}" for name, address in (hosts or {}).items()]
    kept = ["EXCLUDE localhost", "EXCLUDE 127.0.0.1", "EXCLUDE [::1]"]
    arguments = [f"--host-resolver-rules={','.join([*mapped, 'MAP * ~NOTFOUND', *kept])}"]
    # As root (a container) Chromium's own sandbox cannot start; the pages are all ours.
    return [*arguments, "--no-sandbox"] if os.geteuid() == 0 else arguments


def launch_chromium(playwright: Playwright, hosts: Mapping[str, str] | None = None) -> Browser:
    """Start Chromium without a window; see `launch_arguments` for `hosts`."""
    return playwright.chromium.launch(executable_path=chromium_path(), args=launch_arguments(hosts))
