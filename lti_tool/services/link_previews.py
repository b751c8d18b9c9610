"""Previews of what resources link to: wanted with the post, read by a worker, never waited for.

The outbox is `Post.link_wanted_at`. A worker claims a row by moving that moment ahead: should it die, the row
is due again then. No transaction is open while a page is read. A page is a stranger's: https and public
addresses only, no exception of the operator's, a few seconds, its first bytes, and only words are kept.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from lti_tool import settings
from lti_tool.errors import PlatformUnavailable, ServiceProblem
from lti_tool.extensions import db
from lti_tool.knowledge.page_head import READ, page_head
from lti_tool.lti.http import OutboundClient
from lti_tool.models import Post
from lti_tool.services import outbox, search_index

log = logging.getLogger(__name__)

MOST_TRIES = 3
LEASE = timedelta(minutes=2)
WAITS = (timedelta(minutes=5), timedelta(hours=1))
CONNECT_TIMEOUT, READ_TIMEOUT, TOTAL_TIMEOUT = 5, 5, 8
# So many in one go: others who wait for this worker come in between.
AT_ONCE = 20
_PAGES = ("text/html", "application/xhtml+xml")

Clock = Callable[[], datetime]
Transaction = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class _Wanted:
    """A claimed row; nothing of it lives in a session."""

    post_id: int
    url: str
    tries: int


def want(post: Post, link: str | None, now: datetime) -> None:
    """Let a post lead to an address, and have a worker read what stands there; None takes it away."""
    if post.link_url == link:
        return
    post.link_url, post.link_preview, post.link_attempts = link, None, 0
    post.link_wanted_at = now if link else None
    db.session.flush()
    if link:
        outbox.wake(outbox.LINK_PREVIEWS)


def stranger() -> OutboundClient:
    """Return what reads pages: without the operator's exceptions, which are made for LMSs."""
    return OutboundClient(
        (),
        CONNECT_TIMEOUT,
        READ_TIMEOUT,
        READ,
        TOTAL_TIMEOUT,
        proxy=settings.current().outbound_proxy,
        elsewhere=True,
    )


def read_wanted(
    now: Clock, transaction: Transaction, client: Callable[[], OutboundClient] = stranger
) -> None:
    """Read the pages that are wanted, one after the other."""
    for _ in range(AT_ONCE):
        with transaction():
            wanted = _claim(now())
        if wanted is None:
            return
        if wanted.tries > MOST_TRIES:  # whoever read it died each time
            with transaction():
                _record(wanted, link_wanted_at=None)
            continue
        try:
            with client() as reader:
                preview = _read(reader, wanted.url)
        except PlatformUnavailable as problem:
            with transaction():
                _put_off(wanted, now())
            log.info("the page of post %s was not read: %s", wanted.post_id, problem.code)
            continue
        except ServiceProblem as problem:
            preview = None
            log.info("the page of post %s may not be read: %s", wanted.post_id, problem.code)
        with transaction():
            _record(wanted, link_preview=preview, link_wanted_at=None)


def _claim(now: datetime) -> _Wanted | None:
    due = (
        select(Post.id)
        .where(Post.link_wanted_at <= now)
        .order_by(Post.link_wanted_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claimed = (
        update(Post)
        .where(Post.id.in_(select(due.c.id)))
        .values(link_wanted_at=now + LEASE, link_attempts=Post.link_attempts + 1)
        .returning(Post.id, Post.link_url, Post.link_attempts)
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(claimed).one_or_none()
    return _Wanted(row.id, row.link_url or "", row.link_attempts) if row else None


def _read(client: OutboundClient, url: str) -> dict[str, str] | None:
    """Return what a page says of itself; None when it is no page, or says nothing."""
    answer = client.request("GET", url, headers={"Accept": ", ".join(_PAGES)}, beginning=True)
    kind = answer.headers.get("Content-Type", "")
    if answer.status != 200 or kind.partition(";")[0].strip().lower() not in _PAGES:
        return None
    told = {name: words for name, words in asdict(page_head(answer.body, kind)).items() if words}
    return told if "title" in told else None


def _put_off(wanted: _Wanted, now: datetime) -> None:
    if wanted.tries >= MOST_TRIES:
        _record(wanted, link_wanted_at=None)
    else:
        _record(wanted, link_wanted_at=now + WAITS[wanted.tries - 1])


def _record(wanted: _Wanted, **values: object) -> None:
    """Record an outcome, unless the post leads elsewhere by now; what was read there can be searched for."""
    recorded = db.session.execute(
        update(Post)
        .where(Post.id == wanted.post_id, Post.link_url == wanted.url)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if recorded.rowcount and values.get("link_preview"):
        search_index.keep(db.session.get_one(Post, wanted.post_id, populate_existing=True), None)
