"""Calls to a platform's gradebook: Assignment and Grade Services 2.0 (sheet, section 3).

Plain values in and out; no database. Moodle's rules are kept for everybody: exact media types, `FullyGraded`
always (anything else empties the grade), `limit` never sent, the query of every address kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.lti import names
from lti_tool.lti.access_tokens import PlatformAccess, Transaction, access_to
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
from lti_tool.lti.http import Answer
from lti_tool.lti.service_answers import (
    ScoreConflict,
    ScoreNotStored,
    content_of,
    number,
    problem_with,
    problem_with_score,
)
from lti_tool.lti.service_calls import ServiceCalls, accepted
from lti_tool.lti.texts import clean, identifier

__all__ = [
    "GradebookConnection",
    "LineItemSeen",
    "PlatformAccess",
    "Result",
    "Score",
    "ScoreConflict",
    "ScoreNotStored",
    "access_to",
]

_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
_SCORE = "application/vnd.ims.lis.v1.score+json"
_RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"

_LONGEST_COMMENT = 2000
_UNAUTHORISED, _ERROR_OF_ITS_OWN = 401, 500
_GONE = "line-item-gone"

_CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"

_READ_ITEMS = frozenset((names.LINE_ITEM, names.LINE_ITEM_READ))
_WRITE_ITEMS = frozenset((names.LINE_ITEM,))
_READ_RESULTS = frozenset((names.RESULT_READ,))
_WRITE_SCORES = frozenset((names.SCORE,))


class GradebookConnection:
    """Calls to one platform's gradebook, for one batch: one token at a time, one connection kept.

    :param scopes: those that the launch named; only these are asked for.
    :param now: our clock, aware UTC; :param transaction: makes the short transactions between calls.

    Every call raises what `ServiceCalls` says; a score also `not-in-course` and `score-refused`.
    """

    def __init__(
        self,
        access: PlatformAccess,
        scopes: Sequence[str],
        now: Callable[[], datetime],
        transaction: Transaction,
    ) -> None:
        asked = [scope for scope in names.AGS_SCOPES if scope in scopes]
        self._calls = ServiceCalls(access, asked, now, transaction)
        self._is_canvas = access.is_canvas

    @property
    def clock_offset(self) -> float | None:
        """The platform's clock minus ours, in seconds, as last measured; None before any call."""
        return self._calls.clock_offset

    def __enter__(self) -> "GradebookConnection":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections that were kept and give our place at the host back."""
        self._calls.close()

    def find_or_create_line_item(
        self,
        line_items_url: str,
        *,
        tag: str,
        resource_id: str,
        label: str,
        maximum: Decimal,
        resource_link_id: str | None = None,
        known_url: str | None = None,
    ) -> LineItemSeen:
        """Our line item: at its known address, else by resource id and tag, else made.

        Whoever calls has the only lease for it: no two look for it at once, and make two. The next try finds
        what one that was cut short had made.
        """
        found = self._known(known_url, tag) if known_url else None
        found = found or self._find(line_items_url, tag, resource_id, resource_link_id)
        if found is not None:
            return found
        wanted = {
            "scoreMaximum": json_number(maximum),
            "label": label,
            "resourceId": resource_id,
            "tag": tag,
        }
        made = self._create(line_items_url, wanted, resource_link_id)
        told = item_in(made.body and content_of(made))
        seen = told or self._find(line_items_url, tag, resource_id, resource_link_id)
        if seen is None:
            raise ServiceRefused("answer-unreadable", made.words, status=made.status)
        return seen

    def count_line_items(self, line_items_url: str) -> int:
        """How many columns the first page of this course's list names, for a health check."""
        listed = next(iter(self._calls.pages(line_items_url, _READ_ITEMS, _ITEMS)))
        if not isinstance(listed, list):
            raise ServiceRefused("answer-unreadable", "a list was expected")
        return len(listed)

    def find_line_item(self, line_items_url: str, tag: str) -> LineItemSeen:
        """The line item with our tag, which somebody else has made.

        :raises ServiceRefused: `line-item-gone`, there is none.
        """
        found = self._find(line_items_url, tag, None, None)
        if found is None:
            raise ServiceRefused("line-item-gone", "")
        return found

    def line_item(self, url: str) -> LineItemSeen:
        """A line item as it is now."""
        return self._read(url)[1]

    def rename_line_item(self, url: str, label: str) -> LineItemSeen:
        """Give a column another name: read, changed, written back whole.

        What is left out is wiped by Moodle (tag, resource id), and another maximum rescales every grade.
        """
        said, seen = self._read(url)
        if seen.label == label:
            return seen
        put = self._calls.call(
            "PUT", url, _WRITE_ITEMS, accept=_ITEM, content=said | {"label": label}, kind=_ITEM
        )
        told = item_in(content_of(put)) if put.body.strip() else None
        return told or replace(seen, label=label)

    def delete_line_item(self, url: str, tag: str) -> None:
        """Delete a column of ours, with its grades. One that is gone already is as good.

        Moodle deletes what it is told to, an activity's own column as well: ours is known by its tag.

        :raises ServiceRefused: also `not-our-column`, there is another one at this address.
        """
        try:
            _, seen = self._read(url)
        except ServiceRefused as problem:
            if problem.code == _GONE:
                return
            raise
        if seen.tag != tag:
            raise ServiceRefused("not-our-column")
        # Canvas says 401 of the column of an assignment: the token, which has just been good, is not meant.
        answer = self._calls.authorised("DELETE", url, _WRITE_ITEMS, accept="*/*", renews=False)
        if answer.status == _UNAUTHORISED:
            raise ServiceRefused("service-refused", answer.words, status=answer.status)
        problem = problem_with(answer)
        if problem is not None and problem.code != _GONE:
            raise problem

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
        :raises ScoreNotStored: it answered this score with an error of its own (500).
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
        url = below(line_item_url, "scores")
        try:
            answer = self._calls.authorised(
                "POST", url, _WRITE_SCORES, accept="*/*", content=content, kind=_SCORE
            )
        except PlatformUnavailable as problem:
            # The token's end point may fail likewise: that says nothing about the score.
            if problem.facts.get("status") == _ERROR_OF_ITS_OWN and problem.facts.get("called") == url:
                raise ScoreNotStored(words=problem.words, **problem.facts) from problem
            raise
        if problem := problem_with_score(answer):
            raise problem

    def _read(self, url: str) -> tuple[dict, LineItemSeen]:
        """A line item, all that the LMS says of it and what we need of that."""
        answer = self._calls.call("GET", url, _READ_ITEMS, accept=_ITEM)
        said = content_of(answer)
        seen = item_in(said)
        if seen is None:
            raise ServiceRefused("answer-unreadable", answer.words, status=answer.status)
        return said, seen

    def _known(self, url: str, tag: str) -> LineItemSeen | None:
        """The item at the address where ours was; None when it is gone, or is somebody else's by now."""
        try:
            _, seen = self._read(url)
        except ServiceRefused as problem:
            if problem.code == _GONE:
                return None
            raise
        return seen if seen.tag in (None, tag) else None

    def _find(
        self, line_items_url: str, tag: str, resource_id: str | None, resource_link_id: str | None
    ) -> LineItemSeen | None:
        """The item with our tag and, unless any will do, our resource id, which an LMS may not show.

        Of several (copied courses) the one of this link, else the first.
        """
        asked = {"tag": tag} if resource_id is None else {"resource_id": resource_id, "tag": tag}
        url = with_query(line_items_url, **asked)
        first = None
        for item in map(item_in, self._members(url, _READ_ITEMS, _ITEMS)):
            if item is None or item.tag != tag:
                continue
            if resource_id is not None and item.resource_id not in (None, resource_id):
                continue
            if not resource_link_id or item.resource_link_id == resource_link_id:
                return item
            first = first or item
        return first

    def _create(self, url: str, wanted: dict, resource_link_id: str | None) -> Answer:
        """Made beside the link when it may be; some links of Canvas may not have one of ours (404, 412)."""
        if resource_link_id is not None:
            beside = wanted | {"resourceLinkId": resource_link_id}
            answer = self._calls.authorised(
                "POST", url, _WRITE_ITEMS, accept=_ITEM, content=beside, kind=_ITEM
            )
            if answer.status not in (404, 412):
                return accepted(answer)
        return self._calls.call("POST", url, _WRITE_ITEMS, accept=_ITEM, content=wanted, kind=_ITEM)

    def _members(
        self,
        url: str,
        needed: frozenset[str],
        accept: str,
        page_read: Callable[[], object] = lambda: None,
    ) -> Iterator[dict]:
        """The members of a container, all its pages.

        :raises ServiceRefused: `answer-unreadable`, also when some of the pages cannot be read.
        """
        for listed in self._calls.pages(url, needed, accept):
            page_read()
            if not isinstance(listed, list):
                raise ServiceRefused("answer-unreadable", "a list was expected")
            yield from (member for member in listed if isinstance(member, dict))
