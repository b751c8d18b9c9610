"""What lies between tool and browser in a test: it plays the browser that drops Secure cookies over http."""

SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.1 Safari/605.1.15"
)


class Wire:
    """A WSGI application around another one.

    Safari takes no Secure cookie over http, not even from loopback; Chromium does. A Chromium that calls
    itself `SAFARI` never sees the answers' Secure cookies, so that it behaves the same.
    """

    def __init__(self, app) -> None:
        self._app = app

    def __call__(self, environ, start_response):
        if environ.get("HTTP_USER_AGENT") != SAFARI:
            return self._app(environ, start_response)

        def start_without_secure_cookies(status, headers, *error):
            return start_response(status, [one for one in headers if not _is_secure_cookie(*one)], *error)

        return self._app(environ, start_without_secure_cookies)


def _is_secure_cookie(name: str, value: str) -> bool:
    attributes = [part.strip().lower() for part in value.split(";")[1:]]
    return name.lower() == "set-cookie" and "secure" in attributes
