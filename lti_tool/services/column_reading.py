"""What an LMS has in a column, as read lately: once for many scores, and anew before it is out of date."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

from lti_tool.lti.scores import GradebookConnection, Result
from lti_tool.services.parcels import Parcel

# A grade that a teacher typed since may not be seen for this long.
GOOD_FOR = timedelta(seconds=60)
# Workers on several machines whose clocks differ by no more than this.
CLOCKS_DIFFER = timedelta(seconds=10)


class ColumnReading:
    """The last reading of one line item's column, kept by one worker from batch to batch.

    It is used again only for cells that nobody sent anything to since: what it says of the others is old.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._url = ""
        self._begun = self._ended = datetime.min.replace(tzinfo=UTC)
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
        if self._url == url and not self.is_old and not any(map(self._was_sent_since, parcels)):
            return
        self.read_anew(gradebook, url, page_read)

    def read_anew(
        self, gradebook: GradebookConnection, url: str, page_read: Callable[[], object] = lambda: None
    ) -> None:
        """Read the column, whatever is known of it."""
        self._url = ""
        begun = self._now()
        self._results = gradebook.results(url, page_read=page_read)
        self._url, self._begun, self._ended = url, begun, self._now()

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

    def _was_sent_since(self, parcel: Parcel) -> bool:
        return parcel.attempted_at is not None and parcel.attempted_at >= self._begun - CLOCKS_DIFFER
