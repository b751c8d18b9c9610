"""Notices what no page may do: errors, broken policies, requests beyond this machine."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

# Chromium reports every answer of 400 and more as an error; which status a page has, its test says itself.
STATUS_REPORT = "Failed to load resource: the server responded with a status of"
# A test that takes the connection away knows that it did.
NO_CONNECTION = "Failed to load resource: net::ERR_INTERNET_DISCONNECTED"
# A browser without a profile of its own has no push service; what the page then says, its test sees.
NO_PUSH_SERVICE = "Chrome currently does not support the Push API in incognito mode"
EXPECTED = (STATUS_REPORT, NO_CONNECTION, NO_PUSH_SERVICE)


class Watch:
    """What went wrong in a browser context since it was opened; `hosts` may be asked for things."""

    def __init__(self, context: BrowserContext, hosts: frozenset[str]) -> None:
        self.troubles: list[str] = []
        self._hosts = hosts
        context.on("console", self._heard)
        context.on("weberror", self._failed)
        context.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(
            (STATUS_REPORT, NO_CONNECTION, NO_PUSH_SERVICE)
        ):
            self.troubles.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, error: WebError) -> None:
        self.troubles.append(f"script: {error.error}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in self._hosts:
            self.troubles.append(f"request beyond this machine: {request.url}")
