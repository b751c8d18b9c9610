"""Debian's Firefox, driven by WebDriver BiDi over its own web socket: nothing lies between it and the test.

https://www.w3.org/TR/webdriver-bidi/ names every command and its fields.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import websocket

from tests.support.ports import free_ports
from tools.programs import FIREFOX, find_firefox
from tools.running import running

PATIENCE = 30.0
"""Seconds that anything may take which is not at once."""
PREFERENCES = {
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#",
    "toolkit.telemetry.unified": False,
}


class Firefox:
    """A running Firefox with one session."""

    def __init__(self, port: int) -> None:
        # Firefox lets in whoever names no origin; a web page always names its own.
        self._socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}/session", timeout=PATIENCE, suppress_origin=True
        )
        self._sent = 0
        self.send("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})

    def send(self, method: str, **params) -> dict:
        """Send a command and return its result."""
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._sent:
                assert answer["type"] == "success", (method, answer)
                return answer["result"]

    def contexts(self) -> list[dict]:
        """Every tab and every frame in one, with `context` (its id), `url` and whether it `is_frame`."""
        found = [one | {"is_frame": False} for one in self.send("browsingContext.getTree")["contexts"]]
        for one in found:
            found.extend(child | {"is_frame": True} for child in one.get("children") or [])
        return found

    def tab(self, url: str) -> "Shown":
        """Open an address in a new tab."""
        tab = Shown(self, self.send("browsingContext.create", type="tab")["context"])
        return tab.goes_to(url)

    def appears(self, part: str, *, frame: bool) -> "Shown":
        """Wait for a frame, or for a tab, whose address has this part."""

        def there() -> "Shown | None":
            for one in self.contexts():
                if part in one["url"] and one["is_frame"] == frame:
                    return Shown(self, one["context"])
            return None

        try:
            return until(there, f"something at {part}")
        except AssertionError as late:
            raise AssertionError(f"{late}, but {[one['url'] for one in self.contexts()]}") from late

    def close(self) -> None:
        self._socket.close()


class Shown:
    """A page in a tab or in a frame."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox, self._context = firefox, context

    def goes_to(self, url: str) -> "Shown":
        self._firefox.send("browsingContext.navigate", context=self._context, url=url, wait="complete")
        return self

    def evaluate(self, expression: str):
        """Return what a script says of the page, as a string, a number, a truth value or None."""
        answer = self._firefox.send(
            "script.evaluate",
            expression=expression,
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def has(self, selector: str) -> "Shown":
        """Wait until the page, loaded whole, has such an element."""
        found = f"document.readyState === 'complete' && !!document.querySelector({json.dumps(selector)})"
        until(lambda: self._asked(found), selector)
        return self

    def text(self, selector: str) -> str:
        self.has(selector)
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent.trim()")

    def fills(self, selector: str, value: str) -> "Shown":
        self.has(selector)
        self.evaluate(
            f"(() => {{ const field = document.querySelector({json.dumps(selector)});"
            f" field.value = {json.dumps(value)};"
            " field.dispatchEvent(new Event('input', { bubbles: true })); })()"
        )
        return self

    def clicks(self, selector: str) -> "Shown":
        """Click with a pointer, as a person does."""
        self.has(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        located = self._firefox.send(
            "browsingContext.locateNodes",
            context=self._context,
            locator={"type": "css", "value": selector},
            maxNodeCount=1,
        )
        element = {"type": "element", "element": {"sharedId": located["nodes"][0]["sharedId"]}}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": element},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"type": "pointer", "id": "mouse", "actions": steps}
        self._firefox.send("input.performActions", context=self._context, actions=[pointer])
        return self

    def _asked(self, expression: str):
        try:
            return self.evaluate(expression)
        except AssertionError:  # the page is being left at this moment
            return None


def until(look: Callable[[], object], what: str):
    """Look again and again until there is something to see, and return it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {PATIENCE:.0f} s: {what}")


@contextmanager
def firefox(folder: Path, hosts: Sequence[str]) -> Iterator[Firefox]:
    """Run Firefox without a window, in a profile of its own; the hosts are found on this machine."""
    program = find_firefox()
    if program is None:
        raise FileNotFoundError(f"Firefox is not installed: {FIREFOX.remedy}")
    profile = folder / "profile"
    profile.mkdir(parents=True)
    preferences = PREFERENCES | {"network.dns.localDomains": ",".join(hosts)}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    (port,) = free_ports(1)
    command = [program, "--headless", "--no-remote", "--profile", profile]
    command += ["--remote-debugging-port", str(port)]
    # As root Firefox refuses a home of somebody else's; what it writes stays in the test's folder.
    environment = {"HOME": str(folder), "MOZ_HEADLESS": "1"}
    with running([str(part) for part in command], [port], folder / "firefox.log", environment):
        opened = Firefox(port)
        try:
            yield opened
        finally:
            opened.close()
