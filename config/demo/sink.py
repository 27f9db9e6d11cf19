"""A mail server that delivers to nobody: `python -m config.demo.sink PORT` keeps every mail in the demo's mailbox."""

import asyncio
import signal
import sys
import time
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from config.demo import mailbox

TRIM_EVERY = 100  # mails


class Keeper:
    """What the server does with a mail."""

    def __init__(self) -> None:
        self.kept = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail; every now and then forget old ones."""
        mailbox.store(cast(bytes, envelope.content), time.time_ns())
        self.kept += 1
        if self.kept % TRIM_EVERY == 0:
            mailbox.trim()
        return "250 Kept"


async def listen(port: int) -> asyncio.Server:
    """A server that takes mails on this port of the machine itself; 0: any that is free."""
    keeper = Keeper()
    return await asyncio.get_running_loop().create_server(
        lambda: SMTP(keeper, hostname="mailbox.local"), "127.0.0.1", port
    )


async def serve(port: int) -> None:
    """Take mails until the process ends."""
    async with await listen(port) as server:
        await server.serve_forever()


def main() -> None:
    mailbox.trim()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    asyncio.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
