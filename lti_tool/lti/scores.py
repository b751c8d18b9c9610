"""Calls to a platform's gradebook: Assignment and Grade Services 2.0 (sheet, section 3).

Plain values in and out; no database. Moodle's rules are kept for everybody: exact media types, `FullyGraded`
always (anything else empties the grade), `limit` never sent, the query of every address kept.
"""

from collections.abc import Callable, Iterator, Sequence
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
_ERROR_OF_ITS_OWN = 500

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

    def find_line_item(self, line_items_url: str, tag: str) -> LineItemSeen:
        """The line item with our tag, which somebody else has made.

        :raises ServiceRefused: `line-item-gone`, there is none.
        """
        found = self._find(line_items_url, tag, None)
        if found is None:
            raise ServiceRefused("line-item-gone", "")
        return found

    def line_item(self, url: str) -> LineItemSeen:
        """A line item as it is now."""
        answer = self._calls.call("GET", url, _READ_ITEMS, accept=_ITEM)
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
