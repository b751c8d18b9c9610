"""Which release of the tool this is, for those who compare processes."""

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version


@lru_cache(maxsize=1)
def release() -> str:
    """Return the version that was installed."""
    try:
        return version("community-value")
    except PackageNotFoundError:  # running from a source tree that nobody installed
        return "unknown"
