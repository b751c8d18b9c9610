"""Calls to a platform's gradebook: Assignment and Grade Services 2.0 (sheet, section 3).

Plain values in and out; no database. Moodle's rules are kept for everybody: exact media types, `FullyGraded`
always (anything else empties the grade), `limit` never sent, the query of every address kept.
"""

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from urllib.parse import urljoin, urlsplit, urlunsplit

from lti_tool.errors import ServiceRefused
from lti_tool.lti import addresses, names
from lti_tool.lti.access_tokens import AccessTokens, PlatformAccess, access_to, clock_offset_of
from lti_tool.lti.gradebook_values import (
    LineItemSeen,
    Result,
    Score,
    below,
    item_in,
    json_number,
    with_query,
    written,
)
from lti_tool.lti.http import Answer, outbound_client
from lti_tool.lti.service_answers import ScoreConflict, content_of, number, problem_with, problem_with_score
from lti_tool.lti.texts import clean, identifier

__all__ = [
    "GradebookConnection",
    "LineItemSeen",
    "PlatformAccess",
    "Result",
    "Score",
    "ScoreConflict",
    "access_to",
]

_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
_SCORE = "application/vnd.ims.lis.v1.score+json"
_RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"

_MOST_PAGES, _LARGEST_PAGE = 500, 8_000_000
_LONGEST_COMMENT = 2000
# The quotes may be missing or typographic (Moodle), the address may hold HTML entities (Moodle).
_NEXT = re.compile(r"<([^<>]+)>\s*;[^<]*?\brel\s*=[^A-Za-z0-9<>,;]*next(?![A-Za-z0-9-])", re.IGNORECASE)

_CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"
_CANVAS_HOST = re.compile(r"(?:.*\.)?(?:instructure\.com|canvaslms\.com)")
_CANVAS_TOKEN_PATH = "/login/oauth2/token"

_READ_ITEMS = frozenset((names.LINE_ITEM, names.LINE_ITEM_READ))
_WRITE_ITEMS = frozenset((names.LINE_ITEM,))
_READ_RESULTS = frozenset((names.RESULT_READ,))
_WRITE_SCORES = frozenset((names.SCORE,))


class GradebookConnection:
    """Calls to one platform's gradebook, for one batch: one token at a time, one connection kept.

    :param scopes: those that the launch named; only these are asked for.
    :param now: our clock, aware UTC.

    Every call raises `PlatformUnavailable` (worth another try, `facts["retry_after"]`), for a page instead
    of data as `html-answer`, or `ServiceRefused` (final): `token-refused`, `scope-missing`, `access-refused`,
    `line-item-gone`, `outbound-forbidden`, `answer-unreadable`, `service-refused`; a score also
    `not-in-course` and `score-refused`.
    """

    def __init__(self, access: PlatformAccess, scopes: Sequence[str], now: Callable[[], datetime]) -> None:
        self._client = outbound_client(now=now)
        self._asked = [scope for scope in names.AGS_SCOPES if scope in scopes]
        self._tokens = AccessTokens(access, self._asked, self._client, now)
        self._is_canvas = _is_canvas(access)
        self.clock_offset: float | None = None

    def __enter__(self) -> "GradebookConnection":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections that were kept."""
        self._client.close()

    def find_or_create_line_item(
        self,
        line_items_url: str,
        *,
        tag: str,
        resource_id: str,
        label: str,
        maximum: Decimal,
        resource_link_id: str | None = None,
    ) -> LineItemSeen:
        """Our line item by its tag, made when there is none; the next try finds what one cut short made."""
        found = self._find(line_items_url, tag, resource_link_id)
        if found is not None:
            return found
        wanted = {
            "scoreMaximum": json_number(maximum),
            "label": label,
            "resourceId": resource_id,
            "tag": tag,
        }
        made = self._create(line_items_url, wanted, resource_link_id)
        seen = item_in(made.body and content_of(made)) or self._find(line_items_url, tag, resource_link_id)
        if seen is None:
            raise ServiceRefused("answer-unreadable", made.words, status=made.status)
        return seen

    def line_item(self, url: str) -> LineItemSeen:
        """A line item as it is now."""
        answer = self._call("GET", url, _READ_ITEMS, accept=_ITEM)
        seen = item_in(content_of(answer))
        if seen is None:
            raise ServiceRefused("answer-unreadable", answer.words, status=answer.status)
        return seen

    def results(
        self, line_item_url: str, page_read: Callable[[], object] = lambda: None
    ) -> dict[str, Result]:
        """Every cell that the LMS shows of this column, by `sub`. Somebody without a cell is not graded.

        :param page_read: called after each page: a large course at a slow LMS takes minutes.
        """
        url = below(line_item_url, "results")
        found: dict[str, Result] = {}
        for member in self._members(url, _READ_RESULTS, _RESULTS, page_read):
            sub = member.get("userId")
            sub = identifier(str(sub) if isinstance(sub, int) else sub)
            if sub is not None:
                found[sub] = Result(
                    value=number(member.get("resultScore")),
                    maximum=number(member.get("resultMaximum")),
                    comment=clean(member.get("comment"), _LONGEST_COMMENT),
                )
        return found

    def send_score(self, line_item_url: str, score: Score) -> None:
        """Put a value into one cell.

        :raises ScoreConflict: the LMS has one of the same moment or later (409).
        """
        content = {
            "userId": score.sub,
            "scoreGiven": json_number(score.value),
            "scoreMaximum": json_number(score.maximum),
            "activityProgress": "Completed" if score.final else "InProgress",
            "gradingProgress": "FullyGraded",
            "timestamp": written(score.timestamp),
        }
        if score.comment is not None:
            content["comment"] = score.comment
        if self._is_canvas:
            # Without it Canvas takes every score for a new submission of the learner.
            content[_CANVAS_SUBMISSION] = {"new_submission": False}
        answer = self._authorised(
            "POST", below(line_item_url, "scores"), _WRITE_SCORES, accept="*/*", content=content, kind=_SCORE
        )
        if problem := problem_with_score(answer):
            raise problem

    def _find(self, line_items_url: str, tag: str, resource_link_id: str | None) -> LineItemSeen | None:
        """The item with our tag; of several (copied courses) the one of this link, else the first."""
        url = with_query(line_items_url, tag=tag)
        first = None
        for item in map(item_in, self._members(url, _READ_ITEMS, _ITEMS)):
            if item is None or item.tag != tag:
                continue
            if not resource_link_id or item.resource_link_id == resource_link_id:
                return item
            first = first or item
        return first

    def _create(self, url: str, wanted: dict, resource_link_id: str | None) -> Answer:
        """Made beside the link when it may be; some links of Canvas may not have one of ours (404, 412)."""
        if resource_link_id is not None:
            beside = wanted | {"resourceLinkId": resource_link_id}
            answer = self._authorised("POST", url, _WRITE_ITEMS, accept=_ITEM, content=beside, kind=_ITEM)
            if answer.status not in (404, 412):
                return _accepted(answer)
        return self._call("POST", url, _WRITE_ITEMS, accept=_ITEM, content=wanted, kind=_ITEM)

    def _members(
        self,
        url: str,
        needed: frozenset[str],
        accept: str,
        page_read: Callable[[], object] = lambda: None,
    ) -> Iterator[dict]:
        """The members of a container, all its pages. A page that was read already ends it.

        Half a list would pass for a whole one: what is missing in it would look empty, or never made.

        :raises ServiceRefused: `answer-unreadable`, also when some of the pages cannot be read.
        """
        visited: set[str] = set()
        following: str | None = url
        while following is not None and following not in visited:
            if len(visited) == _MOST_PAGES:
                raise ServiceRefused("answer-unreadable", f"the list has more than {_MOST_PAGES} pages")
            visited.add(following)
            answer = self._call("GET", following, needed, accept=accept)
            page_read()
            listed = content_of(answer)
            if not isinstance(listed, list):
                raise ServiceRefused("answer-unreadable", answer.words, status=answer.status)
            yield from (member for member in listed if isinstance(member, dict))
            following = _next_page(following, answer)

    def _call(self, method: str, url: str, needed: frozenset[str], **sent: object) -> Answer:
        return _accepted(self._authorised(method, url, needed, **sent))

    def _authorised(
        self,
        method: str,
        url: str,
        needed: frozenset[str],
        *,
        accept: str,
        content: dict | None = None,
        kind: str | None = None,
    ) -> Answer:
        """Any answer to a call with a token; a token that is not accepted is renewed once."""
        headers = {"Accept": accept} | ({"Content-Type": kind} if kind else {})
        body = None if content is None else json.dumps(content).encode()
        answer = self._with_token(method, url, needed, headers, body)
        if answer.status == 401:
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
        token = self._tokens.current()
        if not needed & token.scopes:
            raise ServiceRefused("scope-missing", "the LMS did not grant it", scopes=sorted(needed))
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


def _next_page(url: str, answer: Answer) -> str | None:
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


def _accepted(answer: Answer) -> Answer:
    if problem := problem_with(answer):
        raise problem
    return answer


def _is_canvas(access: PlatformAccess) -> bool:
    """By its hosts, or by the path of its token end point where it is self-hosted under its own issuer."""
    parts = (urlsplit(access.issuer), urlsplit(access.token_url))
    known_host = any(_CANVAS_HOST.fullmatch(part.hostname or "") for part in parts)
    return known_host or parts[1].path == _CANVAS_TOKEN_PATH
