"""What this installation says of itself to an LMS."""

from lti_tool import settings
from lti_tool.lti.products import Tool


def our_tool() -> Tool:
    """Return our addresses, and whether an address to write to is of use here."""
    chosen = settings.current()
    return Tool(chosen.base_url, wants_mail=chosen.mail_url is not None)
