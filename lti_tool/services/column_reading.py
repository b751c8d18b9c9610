"""What an LMS has in a column, as read lately: once for many scores, and anew before it is out of date."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.lti.scores import GradebookConnection, Result
from lti_tool.models import DeliveryState, ScoreDelivery
from lti_tool.services.line_items import Clock, Transaction
from lti_tool.services.parcels import Parcel, Version, version_of

# A grade that a teacher typed since may not be seen for this long.
GOOD_FOR = timedelta(seconds=60)


class ColumnReading:
    """The last reading of one line item's column, kept by one worker from batch to batch.

    It is used again only for cells to which nobody has sent anything since, which is told by their versions
    as they were just before it, never by clocks: those of several machines differ.
    """

    def __init__(self, line_item_id: int, now: Clock, transaction: Transaction) -> None:
        self.line_item_id = line_item_id
        self.versions: Mapping[int, Version] = {}
        self._now, self._transaction = now, transaction
        self._url = ""
        self._ended = datetime.min.replace(tzinfo=UTC)
        self._results: dict[str, Result] = {}

    def read_for(
        self,
        parcels: Collection[Parcel],
        gradebook: GradebookConnection,
        url: str,
        page_read: Callable[[], object],
    ) -> None:
        """Have a reading that is good for these cells.

        :raises PlatformUnavailable, ServiceRefused: the column cannot be read.
        """
        if self._url == url and not self.is_old and not any(map(self._may_be_old, parcels)):
            return
        self.read_anew(gradebook, url, page_read)

    def read_anew(
        self, gradebook: GradebookConnection, url: str, page_read: Callable[[], object] = lambda: None
    ) -> None:
        """Read the column, whatever is known of it."""
        self._url = ""
        with self._transaction():
            versions = versions_at_rest(self.line_item_id)
        self._results = gradebook.results(url, page_read=page_read)
        self._url, self.versions, self._ended = url, versions, self._now()

    @property
    def is_old(self) -> bool:
        """Whether it should be read anew before anything else is compared with it."""
        return self._now() - self._ended >= GOOD_FOR

    def of(self, sub: str) -> Result | None:
        """What the LMS has for this person; None when the cell is empty."""
        return self._results.get(sub)

    @property
    def all(self) -> Mapping[str, Result]:
        """Everything that was read, by `sub`."""
        return self._results

    def _may_be_old(self, parcel: Parcel) -> bool:
        return self.versions.get(parcel.id) != parcel.version


def versions_at_rest(line_item_id: int) -> dict[int, Version]:
    """Return which score was last sent to each cell of a column, by its id; one statement.

    Without those that a worker is busy with, or of which nobody knows whether it arrived: it still may.
    """
    at_rest = select(
        ScoreDelivery.id, ScoreDelivery.attempted_statement_id, ScoreDelivery.last_timestamp
    ).where(
        ScoreDelivery.line_item_id == line_item_id,
        ScoreDelivery.state != DeliveryState.SENDING,
        ScoreDelivery.attempt_open.is_(False),
    )
    return {row.id: version_of(row) for row in db.session.execute(at_rest)}
