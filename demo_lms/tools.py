"""The tools this LMS knows: the one of its settings, and those that registered themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from demo_lms.keys import ToolKeys
from demo_lms.names import DEEP_LINKING_MESSAGE, SCOPES, TOOL_CONFIGURATION
from demo_lms.settings import LmsSettings


@dataclass(frozen=True)
class Tool:
    """One registration. Only an active tool is launched and gets tokens."""

    client_id: str
    deployment_id: str
    name: str
    domain: str
    """Host and port that its addresses are on, as it was registered."""
    login_url: str
    target_link_uri: str
    redirect_uris: tuple[str, ...]
    key_set_url: str
    scopes: tuple[str, ...] = ()
    """What its tokens may permit."""
    shares_name: bool = False
    shares_email: bool = False
    active: bool = False
    custom: Mapping[str, str] = field(default_factory=dict)
    """Custom parameters as registered, variables not yet replaced."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """What the tool registered itself with; empty for the tool of the settings."""

    @property
    def chooses_content(self) -> bool:
        """Whether content is chosen in the tool (deep linking): it said so when it registered itself."""
        if not self.said:
            return True
        messages = self.said.get(TOOL_CONFIGURATION, {}).get("messages", ())
        return any(isinstance(one, dict) and one.get("type") == DEEP_LINKING_MESSAGE for one in messages)


def tool_of_the_settings(settings: LmsSettings) -> Tool:
    """The tool that this LMS was started with: active, everything shared."""
    return Tool(
        client_id=settings.client_id,
        deployment_id=settings.deployment_id,
        name=settings.tool_name,
        domain=settings.tool_url.partition("://")[2],
        login_url=settings.login_url,
        target_link_uri=settings.launch_url,
        redirect_uris=(settings.launch_url,),
        key_set_url=settings.tool_key_set_url,
        scopes=SCOPES,
        shares_name=True,
        shares_email=True,
        active=True,
        custom=settings.custom,
    )


class Tools:
    """Every tool, by client id; not locked here, `Lms` does that."""

    def __init__(self, settings: LmsSettings, registered: list[Tool], fetch: Callable[[str], bytes]) -> None:
        self._settings = settings
        self._registered = {tool.client_id: tool for tool in registered}
        self._fetch = fetch
        self._keys: dict[str, ToolKeys] = {}
        self.chosen: str | None = None
        """Client id of the tool that an activity launches when the launch names none."""

    def all(self) -> list[Tool]:
        """The tool of the settings (none without a client id there) and the others, oldest first."""
        # Read anew each time: tests change the settings while the LMS runs.
        own = [tool_of_the_settings(self._settings)] if self._settings.client_id else []
        return own + self.registered()

    def registered(self) -> list[Tool]:
        """The tools that registered themselves, oldest first, pending ones too."""
        return list(self._registered.values())

    def find(self, client_id: object) -> Tool | None:
        """The tool with this client id, pending or active."""
        return next((tool for tool in self.all() if tool.client_id == client_id), None)

    def active(self) -> list[Tool]:
        """The tools that may be launched and get tokens."""
        return [tool for tool in self.all() if tool.active]

    def to_launch(self, client_id: str | None) -> Tool | None:
        """The active tool named, else the chosen one, else the first; None when that one is not active."""
        wanted = client_id or self.chosen
        return next((tool for tool in self.active() if wanted in (None, tool.client_id)), None)

    def put(self, tool: Tool) -> Tool:
        """Remember a tool in place of the one with the same client id."""
        self._registered[tool.client_id] = tool
        self._keys.pop(tool.client_id, None)
        return tool

    def drop(self, client_id: str) -> None:
        """Forget a registered tool. Raises KeyError when there is none."""
        del self._registered[client_id]

    def next_deployment_id(self) -> str:
        """The number of a tool to come, as Moodle counts its tools."""
        numbers = [int(tool.deployment_id) for tool in self.all() if tool.deployment_id.isdecimal()]
        return str(max(numbers, default=0) + 1)

    def keys_of(self, tool: Tool) -> ToolKeys:
        """The published keys of a registered tool, kept until its key set is asked for anew."""
        return self._keys.setdefault(tool.client_id, ToolKeys(tool.key_set_url, self._fetch))
