"""A real mail server on loopback, which keeps what it is handed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from tests.support.ports import free_ports
from tests.support.world import World


class Post:
    """A mail server on loopback. `answer` is what it says to a recipient (None: welcome) and to a mail."""

    def __init__(self) -> None:
        self.mails: list = []
        self.sent: list[bytes] = []  # as they came over the line
        self.at_recipient: str | None = None
        self.slowness = 0.0  # in seconds, before it says something of a recipient
        self.at_mail = "250 taken"
        self.at_goodbye = "221 bye"

    async def handle_QUIT(self, server, session, envelope):
        return self.at_goodbye

    async def handle_RCPT(self, server, session, envelope, address, options):
        await asyncio.sleep(self.slowness)
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 welcome"

    async def handle_DATA(self, server, session, envelope):
        if self.at_mail.startswith("250"):
            self.sent.append(envelope.content)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.at_mail


@contextmanager
def mail_server(world: World) -> Iterator[Post]:
    """Run one that the tool of this world hands its mails to."""
    handler = Post()
    controller = Controller(handler, hostname="127.0.0.1", port=free_ports(1)[0], server_hostname="mail.test")
    controller.start()
    chosen = world.app.extensions["settings"]
    object.__setattr__(chosen, "mail_url", f"smtp://127.0.0.1:{controller.port}")
    try:
        yield handler
    finally:
        object.__setattr__(chosen, "mail_url", None)
        controller.stop()
