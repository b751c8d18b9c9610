"""What survives a restart of the demo LMS: gradebook, registered tools and secrets, in one JSON file."""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from demo_lms.gradebook import Grade, Gradebook, LineItem
from demo_lms.links import Link
from demo_lms.tools import Tool


class StateUnreadable(Exception):
    """The state file exists and is not what this program writes."""


@dataclass
class State:
    """Everything that is kept between two starts."""

    gradebook: Gradebook
    signing_key: RSAKey
    cookie_secret: str
    tools: list[Tool] = field(default_factory=list)
    """The tools that registered themselves; a file from before there were any has none."""
    links: list[Link] = field(default_factory=list)
    """The activities that tools gave; likewise."""


def read_state(path: Path) -> State | None:
    """The state kept in `path`, or None when there is none yet.

    Raises StateUnreadable, naming the file, when it cannot be understood.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        kept = json.loads(text)
        key = RSAKey.import_key(kept["signing_key"])
        tools = [_tool_from(tool) for tool in kept.get("tools", [])]
        links = [Link(**link) for link in kept.get("links", [])]
        return State(_gradebook_from(kept["gradebook"]), key, kept["cookie_secret"], tools, links)
    except (ValueError, KeyError, TypeError, AttributeError, JoseError) as problem:
        raise StateUnreadable(f"{path} is not a state file of the demo LMS: {problem}") from problem


def write_state(path: Path, state: State) -> None:
    """Replace the file as a whole, so that a kill at any instant leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "signing_key": state.signing_key.as_dict(private=True),
        "cookie_secret": state.cookie_secret,
        "tools": [asdict(tool) for tool in state.tools],
        "links": [asdict(link) for link in state.links],
        "gradebook": _gradebook_to(state.gradebook),
    }
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(kept, stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, path)


def _tool_from(kept: dict[str, Any]) -> Tool:
    lists = {"redirect_uris": tuple(kept["redirect_uris"]), "scopes": tuple(kept["scopes"])}
    return Tool(**{**kept, **lists})


def _gradebook_to(gradebook: Gradebook) -> dict[str, Any]:
    columns = [asdict(item) for item in gradebook.items.values()]
    for column in columns:
        for grade in column["grades"].values():
            grade["stamp"] = grade["stamp"].isoformat()
            grade["received_at"] = grade["received_at"].isoformat()
    return {"next_id": gradebook.next_id, "items": columns}


def _gradebook_from(kept: dict[str, Any]) -> Gradebook:
    items = [_item_from(column) for column in kept["items"]]
    return Gradebook({item.id: item for item in items}, kept["next_id"])


def _item_from(column: dict[str, Any]) -> LineItem:
    grades = {sub: _grade_from(grade) for sub, grade in column["grades"].items()}
    return LineItem(**{**column, "grades": grades})


def _grade_from(grade: dict[str, Any]) -> Grade:
    stamp = datetime.fromisoformat(grade["stamp"])
    received_at = datetime.fromisoformat(grade["received_at"])
    return Grade(**{**grade, "stamp": stamp, "received_at": received_at})
