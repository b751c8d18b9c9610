"""Where somebody goes on after a small act: back to the page whose form asked for it."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import g, request, url_for

# What an address of a page may carry besides the seat.
LISTS = {"filter", "before", "show", "kind", "topic", "tag", "state", "group", "order", "page"}
KEPT_IN_ADDRESS = frozenset(LISTS | {"prompt", "late", "tab", "view", "subgroup"})


def back_to(otherwise: str | None = None, **more: str) -> str:
    """Return the page that the form names as `next`: one of this community, else `otherwise`, else its home.

    :param more: what its address carries besides, such as `done`.
    """
    home = url_for("home.index", seat=None)
    try:
        wanted = urlsplit(request.form.get("next", ""))
    except ValueError:
        wanted = urlsplit("")
    inside = wanted.path.startswith(home) and not wanted.netloc and not set(wanted.path) & set("\\\r\n")
    if not inside:
        address = otherwise or url_for("home.index")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(more)}" if more else address
    kept = {name: value for name, value in parse_qsl(wanted.query) if name in KEPT_IN_ADDRESS}
    return f"{quote(wanted.path)}?{urlencode(kept | more | {'seat': g.admission.seat.id})}"
