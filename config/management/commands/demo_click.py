"""Click a link in a mail of the demo, as the person who got it."""

from argparse import ArgumentParser
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError

from config.demo import mailbox


class Command(BaseCommand):
    help = "Open the newest mail of the demo's mailbox, or the newest to an address, and click its first link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default="", help="whose mail; a part of the address will do")

    def handle(self, *_: Any, address: str, **__: Any) -> None:
        mail = next((each for each in mailbox.newest(to=address) if each.links), None)
        if mail is None:
            whose = f"to “{address}” " if address else ""
            raise CommandError(f"There is no mail {whose}with a link in it. Is make demo running?")
        try:
            mailbox.view(mail)
            target = mailbox.click(mail)
        except httpx.HTTPStatusError as error:
            raise CommandError(f"The link was refused: {error}") from error
        except httpx.HTTPError as error:
            raise CommandError(f"Nothing answers at {mail.links[0].url}: {error}. Is make demo running?") from error
        self.stdout.write(f"“{mail.subject}” to {mail.to}: opened, and clicked “{mail.links[0].label}”.")
        self.stdout.write(f"It leads to {target}")
