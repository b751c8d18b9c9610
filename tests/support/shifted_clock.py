"""One clock for several processes that a test can move ahead: leases lapse without anybody waiting."""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SHAPE = struct.Struct("d")


class ShiftedClock:
    """The machine's clock plus a number of seconds that every process reads from the same file."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_SHAPE.pack(0.0))
        with open(file, "r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _SHAPE.size)

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=_SHAPE.unpack(self._shared[:])[0])

    def advance(self, by: timedelta) -> None:
        """Let time pass for everybody who reads this clock."""
        (seconds,) = _SHAPE.unpack(self._shared[:])
        self._shared[:] = _SHAPE.pack(seconds + by.total_seconds())
