"""The one way out of the tool: every call to an LMS is made by `OutboundClient` (DESIGN 6).

https and public addresses only, unless the operator allowed the host; the connection goes to the address
that was checked, through the operator's proxy if there is one (those of the environment are ignored);
limits of time and size; no redirect to another host.
"""

import http.client
import json as json_module
import re
import ssl
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlencode, urljoin

from urllib3 import BaseHTTPResponse, HTTPHeaderDict
from urllib3.exceptions import HTTPError, LocationParseError, ReadTimeoutError
from urllib3.exceptions import SSLError as TlsProblem
from urllib3.util import Url, parse_url
from urllib3.util.connection import is_connection_dropped

from lti_tool import settings
from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.lti import addresses
from lti_tool.lti.connections import Connection, Deadline, Resolver, addresses_of, connection_to, default_tls
from lti_tool.lti.outbound_addresses import AddressRule
from lti_tool.lti.proxies import Proxy, ProxyFailed
from lti_tool.lti.texts import clean, words_of

SIZE_LIMIT = 2_000_000

_LONGEST_SENTENCE = 200
# No `<` inside the tag: a page of nothing but beginnings of it would be read anew from each of them.
_TITLE = re.compile(r"<title[^<>]*>([^<]{1,300})</title>", re.IGNORECASE)
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_IDEMPOTENT = frozenset(("GET", "HEAD", "PUT", "DELETE"))
_WORTH_ANOTHER_TRY = frozenset((408, 425, 429))
_LONGEST_RETRY_AFTER = 24 * 3600.0
_PORTS = {"http": 80, "https": 443}
_MEMBERS_WITH_WORDS = ("error_description", "reason", "message", "error", "errors", "detail", "title")


@dataclass(frozen=True)
class Answer:
    """What came back. `at` is our clock when it did (UTC), `date` the other side's by its Date header."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    date: datetime | None

    @property
    def words(self) -> str:
        """What it says, for people: a JSON error's message, else text without tags, else the status line."""
        said = _words_in_json(self.body) or words_of(self.body)
        if self.is_html and len(said) > _LONGEST_SENTENCE:
            # A whole page explains nothing in one sentence; its title often does.
            title = _TITLE.search(self.body.decode("utf-8", "replace"))
            said = words_of(title[1]) if title else ""
        if not said.strip("[]{} "):
            # Moodle answers `[]` and explains itself in the status line, followed by a copy of our request.
            said = words_of(self.reason.partition("{")[0])
        return said

    @property
    def is_html(self) -> bool:
        """Whether it is a page for people. By its content: Moodle labels its tokens text/html."""
        return self.body.lstrip()[:1] == b"<"


@dataclass(frozen=True)
class _Call:
    """A request as it is sent, wherever it is redirected and whatever connection it goes by."""

    method: str
    headers: Mapping[str, str]
    body: bytes | None
    size_limit: int
    deadline: Deadline
    repeatable: bool
    beginning: bool = False


class _HungUp(PlatformUnavailable):
    """The other side closed the connection before it said a word."""


class OutboundClient:
    """Calls one or a few platforms from one thread, keeping a connection to each; close it at the end.

    :param allow: host names, addresses and networks that may be called though private, or by plain http.
    :param resolve: host and port to addresses; :param tls: certificate authorities; :param now: our clock.
    :param proxy: what every call goes through, http://[user:password@]host:port; allowed hosts too.
    :param elsewhere: whether redirects to other hosts are followed, each checked like the first: only for
        who sends nothing that another host must not have.
    """

    def __init__(
        self,
        allow: Sequence[str],
        connect_timeout: float = 10,
        read_timeout: float = 30,
        size_limit: int = SIZE_LIMIT,
        total_timeout: float = 60,
        *,
        resolve: Resolver = addresses_of,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        proxy: str | None = None,
        elsewhere: bool = False,
    ) -> None:
        self._elsewhere = elsewhere
        self._rule = AddressRule.allowing(allow)
        self._connect_timeout, self._read_timeout, self._total = connect_timeout, read_timeout, total_timeout
        self._size_limit = size_limit
        self._resolve, self._tls, self._now = resolve, tls, now
        self._proxy = Proxy.at(proxy) if proxy else None
        self._idle: dict[tuple[str, str, int], Connection] = {}
        self._end = weakref.finalize(self, _close_all, self._idle)  # for whoever forgets to

    def __enter__(self) -> "OutboundClient":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that were kept."""
        _close_all(self._idle)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | bytes | str | None = None,
        json: object = None,
        size_limit: int | None = None,
        repeatable: bool = False,
        beginning: bool = False,
    ) -> Answer:
        """Call and return any answer but those that are worth another try.

        :param data: a mapping is sent as a form; :param json: sent as JSON. Only one of them.
        :param repeatable: whether a POST asked twice does no more than once, as other methods do by
            definition (RFC 9110, 9.2.2): only then is it sent anew when the other side closes, without a
            word, the connection that we had kept.
        :param beginning: whether of a body that is larger than the limit its beginning is enough.
        :raises PlatformUnavailable: `timeout`, `connection`, `proxy`, `tls`, `too-large`, `redirects`, and
            `http-408`, `http-425`, `http-429`, `http-5xx` by their number; `facts["retry_after"]` in seconds
            or None.
        :raises ServiceRefused: `outbound-forbidden`, the address may not be called.
        """
        body, kind = _body(data, json)
        sent = {"User-Agent": user_agent(), "Accept": "*/*"}
        sent |= {"Accept-Encoding": "identity"} | kind | dict(headers or {})
        call = _Call(
            method,
            sent,
            body,
            size_limit or self._size_limit,
            Deadline(self._read_timeout, self._total),
            repeatable or method in _IDEMPOTENT,
            beginning,
        )
        return self._followed(call, url)

    def _followed(self, call: "_Call", url: str) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._answered(call, _target(url))
            if answer.status not in _REDIRECTS or call.method not in ("GET", "HEAD"):
                return _unless_worth_another_try(answer)
            url = _redirected(url, answer, elsewhere=self._elsewhere)
        raise PlatformUnavailable("redirects", f"more than {_MOST_REDIRECTS} redirects", retry_after=None)

    def _answered(self, call: "_Call", target: Url) -> Answer:
        kept = self._kept(target)
        if kept is not None:
            try:
                return self._sent(call, target, kept)
            except _HungUp:
                # Servers close idle connections when they like, also while our next request is on its way.
                if not call.repeatable:
                    raise
        return self._sent(call, target, self._new_connection(target))

    def _sent(self, call: "_Call", target: Url, connection: Connection) -> Answer:
        connection.deadline = call.deadline
        try:
            return self._exchange(call, target, connection)
        except ProxyFailed as problem:
            raise PlatformUnavailable("proxy", words_of(str(problem)), retry_after=None) from problem
        except ssl.SSLError as problem:
            raise PlatformUnavailable("tls", words_of(str(problem)), retry_after=None) from problem
        except TlsProblem as problem:
            raise PlatformUnavailable("tls", words_of(str(problem)), retry_after=None) from problem
        except (TimeoutError, ReadTimeoutError) as problem:
            raise PlatformUnavailable("timeout", words_of(str(problem)), retry_after=None) from problem
        except (ConnectionResetError, BrokenPipeError) as problem:
            raise _HungUp("connection", words_of(str(problem)), retry_after=None) from problem
        except (OSError, HTTPError, http.client.HTTPException, ValueError) as problem:
            raise PlatformUnavailable("connection", words_of(str(problem)), retry_after=None) from problem
        finally:
            self._keep_or_close(connection, target)

    def _exchange(self, call: "_Call", target: Url, connection: Connection) -> Answer:
        connection.finished = False
        connection.request(
            call.method,
            target.request_uri,
            call.body,
            call.headers,
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        content = b""
        # Read until there is nothing more: only then does a body that ended too early show itself.
        while part := response.read(call.size_limit + 1 - len(content)):
            content += part
            if len(content) > call.size_limit and call.beginning:
                return self._answer(response, content[: call.size_limit])
            if len(content) > call.size_limit:
                words = f"more than {call.size_limit} bytes"
                raise PlatformUnavailable("too-large", words, retry_after=None)
        connection.finished = True
        return self._answer(response, content)

    def _answer(self, response: BaseHTTPResponse, content: bytes) -> Answer:
        return Answer(
            status=response.status,
            reason=clean(response.reason, 1000) or "",
            headers=HTTPHeaderDict(response.headers),
            body=content,
            at=self._now(),
            date=_moment(response.headers.get("Date")),
        )

    def _kept(self, target: Url) -> Connection | None:
        kept = self._idle.pop(_place(target), None)
        if kept is not None and is_connection_dropped(kept):
            kept.close()
            return None
        return kept

    def _new_connection(self, target: Url) -> Connection:
        scheme, host, port = _place(target)
        return connection_to(
            scheme,
            host,
            port,
            rule=self._rule,
            resolve=self._resolve,
            timeout=self._connect_timeout,
            tls=self._tls or default_tls(),
            proxy=self._proxy,
        )

    def _keep_or_close(self, connection: Connection, target: Url) -> None:
        if connection.finished and connection.sock is not None:
            self._idle[_place(target)] = connection
        else:
            connection.close()


def _close_all(connections: dict[tuple[str, str, int], Connection]) -> None:
    while connections:
        connections.popitem()[1].close()


def outbound_client(
    connect_timeout: float = 10,
    read_timeout: float = 30,
    total_timeout: float = 60,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> OutboundClient:
    """A client by the current settings; times in seconds."""
    chosen = settings.current()
    return OutboundClient(
        chosen.outbound_allow,
        connect_timeout,
        read_timeout,
        total_timeout=total_timeout,
        now=now,
        proxy=chosen.outbound_proxy,
    )


@lru_cache(maxsize=1)
def user_agent() -> str:
    """What we call ourselves: some Moodle hosts answer 403 without a name, Canvas requires one."""
    try:
        return f"CommunityValue/{version('community-value')}"
    except PackageNotFoundError:  # running from the source tree
        return "CommunityValue"


def _target(url: str) -> Url:
    try:
        if addresses.split(url) is None:
            raise LocationParseError(url)
        return parse_url(url)
    except LocationParseError as unusable:
        raise ServiceRefused("outbound-forbidden", "not a usable web address") from unusable


def _place(target: Url) -> tuple[str, str, int]:
    scheme = target.scheme or "https"
    return scheme, (target.host or "").strip("[]"), target.port or _PORTS[scheme]


def _redirected(url: str, answer: Answer, *, elsewhere: bool) -> str:
    """The next address. Another scheme, host or port is not followed: it would carry the token there."""
    following = urljoin(url, answer.headers.get("Location", ""))
    if elsewhere and addresses.origin(following) is not None:
        return following
    if addresses.origin(following) is None or addresses.origin(following) != addresses.origin(url):
        raise ServiceRefused("outbound-forbidden", "redirected to another host", why="redirected")
    return following


def _body(data: Mapping[str, str] | bytes | str | None, json: object) -> tuple[bytes | None, dict[str, str]]:
    if json is not None:
        return json_module.dumps(json).encode(), {"Content-Type": "application/json"}
    if isinstance(data, Mapping):
        return urlencode(data).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return (data.encode() if isinstance(data, str) else data), {}


def _unless_worth_another_try(answer: Answer) -> Answer:
    if answer.status in _WORTH_ANOTHER_TRY or answer.status >= 500:
        raise unavailable(answer)
    return answer


def unavailable(answer: Answer) -> PlatformUnavailable:
    """This answer as something to try again later, with the time that the platform asks for."""
    return PlatformUnavailable(
        f"http-{answer.status}", answer.words, retry_after=_retry_after(answer), status=answer.status
    )


def _retry_after(answer: Answer) -> float | None:
    """Seconds, from a number or a date; at most a day, whatever the platform says."""
    asked = (answer.headers.get("Retry-After") or "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked[:9]), _LONGEST_RETRY_AFTER)
    moment = _moment(asked)
    if moment is None:
        return None
    wait = (moment - (answer.date or answer.at)).total_seconds()
    return min(max(wait, 0.0), _LONGEST_RETRY_AFTER)


def _moment(header: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header or "")
        # The last hours of the year 9999 have no UTC west of Greenwich.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _words_in_json(body: bytes) -> str:
    try:
        content = json_module.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(content, dict):
        return ""
    found = (content[member] for member in _MEMBERS_WITH_WORDS if content.get(member))
    return next((words_of(text if isinstance(text, str) else str(text)) for text in found), "")
