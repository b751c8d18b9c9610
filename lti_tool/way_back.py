"""Back to where somebody came from in the LMS, with what we say there (LTI 1.3 Core 5.4.4)."""

from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from lti_tool.lti import addresses

LONGEST_WORDS = 200


def way_back(
    return_url: str | None, *, said: str = "", logged: str = "", wrong: str = "", wrong_logged: str = ""
) -> str | None:
    """Return the LMS's address with our words behind its own query, which stays byte for byte (`sesskey`).

    :param return_url: of a signed launch; never of a request.
    :param said: for the person to read; `logged`: for the log of the LMS; `wrong`, `wrong_logged`: the same
        when something did not work. Plain text, for the LMS may show it.
    :returns: None when it is no http or https address.
    """
    if addresses.web_url(return_url) is None:
        return None
    words = {"lti_msg": said, "lti_log": logged, "lti_errormsg": wrong, "lti_errorlog": wrong_logged}
    told = {name: str(text).strip()[:LONGEST_WORDS] for name, text in words.items() if text}
    parts = urlsplit(return_url)
    query = "&".join(part for part in (parts.query, urlencode(told, quote_via=quote)) if part)
    return urlunsplit(parts._replace(query=query))
