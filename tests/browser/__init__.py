"""What people see and do, in Debian's Chromium."""

import pytest

# The time of a test is its own: the first one also waits for Chromium and until four weeks have been told.
BROWSER = [pytest.mark.browser, pytest.mark.timeout(60, func_only=True)]
