"""Calls to a platform's services with a bearer token: one place for gradebook, roster and what comes later.

A token that is not accepted is renewed once; lists are followed to their end or refused, never halved. Calls
are made from a place at the host (`host_slots`), so that all our processes together do not flood it.
"""

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

from lti_tool import settings
from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.lti import addresses, host_slots
from lti_tool.lti.access_tokens import AccessTokens, PlatformAccess, Transaction, clock_offset_of
from lti_tool.lti.gradebook_values import json_number
from lti_tool.lti.host_slots import HostPlace
from lti_tool.lti.http import Answer, outbound_client
from lti_tool.lti.service_answers import content_of, problem_with
from lti_tool.lti.token_cache import AccessToken

_MOST_PAGES, _LARGEST_PAGE = 500, 8_000_000
_ASK_FOR_A_PAUSE = frozenset((429, 503))
# The quotes may be missing or typographic (Moodle), the address may hold HTML entities (Moodle).
_NEXT = re.compile(r"<([^<>]+)>\s*;[^<]*?\brel\s*=[^A-Za-z0-9<>,;]*next(?![A-Za-z0-9-])", re.IGNORECASE)


class ServiceCalls:
    """Calls to one platform's services, for one batch: one token at a time, one connection kept.

    :param scopes: what may be asked for; a call that needs another one is refused here.
    :param now: our clock, aware UTC; :param transaction: makes the short transactions between calls.

    Every call raises `PlatformUnavailable` (worth another try, `facts["retry_after"]`), for a page instead
    of data as `html-answer`, and as `host-busy` when nothing was called at all (`HostPlace.hold`); or
    `ServiceRefused` (final): `token-refused`, `scope-missing`, `access-refused`, `line-item-gone`,
    `outbound-forbidden`, `answer-unreadable`, `service-refused`.
    """

    def __init__(
        self,
        access: PlatformAccess,
        scopes: Sequence[str],
        now: Callable[[], datetime],
        transaction: Transaction,
    ) -> None:
        self._client = outbound_client(now=now)
        self._asked = list(scopes)
        self._tokens = AccessTokens(access, self._asked, self._client, now, transaction)
        self._token_url = access.token_url
        # Canvas counts what one tool calls at the same time against it.
        limit = 1 if access.is_canvas else settings.current().outbound_per_host
        self._place = HostPlace(host_slots.SERVICES, limit, now, transaction)
        self.clock_offset: float | None = None

    def close(self) -> None:
        """End the connections that were kept and give our place at the host back."""
        self._client.close()
        self._place.release()

    def pages(self, url: str, needed: frozenset[str], accept: str) -> Iterator[object]:
        """The content of each page of a list, in order. A page that was read already ends it.

        Half a list would pass for a whole one: what is missing in it would look empty, gone, or never made.

        :raises ServiceRefused: `answer-unreadable`, also when some of the pages cannot be read.
        """
        visited: set[str] = set()
        following: str | None = url
        while following is not None and following not in visited:
            if len(visited) == _MOST_PAGES:
                raise ServiceRefused("answer-unreadable", f"the list has more than {_MOST_PAGES} pages")
            visited.add(following)
            answer = self.call("GET", following, needed, accept=accept)
            yield content_of(answer)
            following = next_page(following, answer)

    def call(self, method: str, url: str, needed: frozenset[str], **sent: object) -> Answer:
        """The answer to a call that was accepted; see `authorised`."""
        return accepted(self.authorised(method, url, needed, **sent))

    def authorised(
        self,
        method: str,
        url: str,
        needed: frozenset[str],
        *,
        accept: str,
        content: dict | None = None,
        kind: str | None = None,
        renews: bool = True,
    ) -> Answer:
        """Any answer to a call with a token; a token that is not accepted is renewed once.

        :param needed: one of these scopes must be granted; :param kind: the media type of `content`.
        :param renews: False where a 401 does not speak of the token.
        """
        headers = {"Accept": accept} | ({"Content-Type": kind} if kind else {})
        body = None if content is None else json.dumps(content, default=json_number).encode()
        answer = self._with_token(method, url, needed, headers, body)
        if answer.status == 401 and renews:
            self._tokens.forget()
            answer = self._with_token(method, url, needed, headers, body)
        return answer

    def _with_token(
        self, method: str, url: str, needed: frozenset[str], headers: dict[str, str], body: bytes | None
    ) -> Answer:
        if not needed.intersection(self._asked):
            raise ServiceRefused(
                "scope-missing", "the LMS does not offer it to this tool", scopes=sorted(needed)
            )
        token = self._tokens.known() or self._asked_for()
        if not needed & token.scopes:
            raise ServiceRefused("scope-missing", "the LMS did not grant it", scopes=sorted(needed))
        with self._our_turn(url):
            answer = self._client.request(
                method,
                url,
                headers=headers | {"Authorization": f"Bearer {token.text}"},
                data=body,
                size_limit=_LARGEST_PAGE,
            )
        measured = clock_offset_of(answer)
        self.clock_offset = self.clock_offset if measured is None else measured
        return answer

    def _asked_for(self) -> AccessToken:
        """A new token, from a place at the host that gives them, which is often the service's own."""
        with self._our_turn(self._token_url):
            return self._tokens.current()  # another process may have one by now: it had our turn before us

    @contextmanager
    def _our_turn(self, url: str) -> Iterator[None]:
        """One call from a place at its host; when the host asks for a pause, everybody makes one."""
        self._place.hold(url)
        try:
            yield
        except PlatformUnavailable as problem:
            problem.facts.setdefault("called", url)
            if problem.facts.get("status") in _ASK_FOR_A_PAUSE:
                self._place.pause(url, problem.facts.get("retry_after"))
            raise


def accepted(answer: Answer) -> Answer:
    """This answer, unless it says no: then its problem is raised."""
    if problem := problem_with(answer):
        raise problem
    return answer


def next_page(url: str, answer: Answer) -> str | None:
    """The next page; its address keeps its case (Canvas's bookmarks).

    :raises ServiceRefused: `answer-unreadable`, it is on another host, where our token must not go.
    """
    match = _NEXT.search(answer.headers.get("Link", ""))
    if match is None:
        return None
    following = _by_the_same_scheme(urljoin(url, html.unescape(match[1])), url)
    if not addresses.is_ours(following, url):
        raise ServiceRefused("answer-unreadable", "the list goes on at another host")
    return following


def _by_the_same_scheme(following: str, url: str) -> str:
    """An LMS behind a TLS proxy may write http of itself: such an address is followed by https."""
    there, here = addresses.origin(following) or "", addresses.origin(url) or ""
    if there.startswith("http://") and here == there.replace("http://", "https://", 1):
        return urlunsplit(urlsplit(following)._replace(scheme="https", netloc=urlsplit(url).netloc))
    return following
