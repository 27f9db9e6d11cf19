"""The shop's visitors: `python -m config.demo.traffic http://127.0.0.1:8000`.

They look, fill carts, buy and sign up, all through the upload API, and they open and click the mails that they get.
This is the outside world: it knows the address of Sojourn and a credential, nothing of the database.
"""

import heapq
import itertools
import logging
import random
import signal
import sys
import time
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any

import httpx

from config.demo import keys, mailbox, people
from config.demo.people import Person, Product

SECONDS = 1.0  # between two calls
CUSTOMERS = 2000  # those that the demo begins with
NEWCOMERS = 10_000 - 1_760_000_000  # added to the seconds since 1970: the numbers of those who sign up
# How many a second, on average.
VIEWS, CARTS, SIGN_UPS = 5.0, 0.5, 0.2
# How likely people are to …
BUY_AT_ONCE, BUY_AFTER_CLICK = 0.35, 0.35  # … buy what is in the cart
OPEN, CLICK_OPENED, CLICK_UNOPENED, UNSUBSCRIBE = 0.55, 0.5, 0.1, 0.005  # … react to a mail

MOST_WAITING = 20_000  # records kept while Sojourn does not answer; older ones are given up

logger = logging.getLogger("traffic")


class Visitors:
    """Everybody who is out there. `due` does what has come; `post` uploads what happened since the last call."""

    def __init__(self, client: httpx.Client, shop: str, draw: random.Random) -> None:
        self.client, self.shop, self.draw = client, shop, draw
        self.records: list[dict[str, Any]] = []
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._turn = itertools.count()
        self._last_mail = int(next(iter(mailbox.ids()), 0))
        self._products = list(people.PRODUCTS.values())

    def visit(self, now: float) -> None:
        """One second of the shop."""
        for _ in range(self._about(VIEWS)):
            self.happen("Product Viewed", self._anybody().identity, self._choice())
        for _ in range(self._about(CARTS)):
            self._fill_cart(self._anybody(), now)
        for _ in range(self._about(SIGN_UPS)):
            self._sign_up()

    def read_mails(self, now: float) -> None:
        """Decide what becomes of each mail that has come since the last time."""
        fresh = [mail_id for mail_id in mailbox.ids() if int(mail_id) > self._last_mail]
        for mail_id in reversed(fresh):
            mail = mailbox.read(mail_id)
            self._last_mail = int(mail_id)
            if mail is None:
                continue
            chance, later = self.draw.random(), now + self.draw.uniform(4, 40)
            if chance < OPEN:
                self._plan(later, mailbox.view, mail)
                if mail.links and self.draw.random() < CLICK_OPENED:
                    self._click(mail, later + self.draw.uniform(2, 15))
            elif chance < OPEN + CLICK_UNOPENED and mail.links:
                self._click(mail, later)
            elif chance > 1 - UNSUBSCRIBE and mail.unsubscribe:
                self._plan(later, mailbox.unsubscribe, mail)

    def due(self, now: float) -> None:
        """Do what was planned up to now."""
        while self._agenda and self._agenda[0][0] <= now:
            _when, _turn, act = heapq.heappop(self._agenda)
            act()

    def post(self) -> None:
        """Upload what happened. Raises httpx.HTTPError; then it is tried again with what comes next."""
        del self.records[:-MOST_WAITING]
        if self.records:
            batch = self.records[:1000]
            self.client.post("/1/upload", json={"d": batch}).raise_for_status()
            del self.records[: len(batch)]

    def happen(self, name: str, identity: str, product: Product) -> None:
        """Note an event about a product."""
        told = people.bought(product, self.shop)
        if name == "Charged":
            told["amount"] = told.pop("price")
        self.records.append(
            {"type": "event", "identity": identity, "evtName": name, "evtData": told, "ts": int(time.time())}
        )

    def _fill_cart(self, person: Person, now: float) -> None:
        product = self._choice()
        self.happen("Product Viewed", person.identity, product)
        self.happen("Added to Cart", person.identity, product)
        if self.draw.random() < BUY_AT_ONCE:
            self._plan(now + self.draw.uniform(10, 90), self.happen, "Charged", person.identity, product)

    def _sign_up(self) -> None:
        person = people.person(NEWCOMERS + int(time.time()))  # at most one a call, so nobody else has this number
        self.records.append(person.profile())
        self.records.append(
            {
                "type": "event",
                "identity": person.identity,
                "evtName": "Signed Up",
                "evtData": {"source": self.draw.choice(("web", "shop", "friend")), "url": f"{self.shop}/"},
                "ts": int(time.time()),
            }
        )

    def _click(self, mail: mailbox.Mail, when: float) -> None:
        self._plan(when, mailbox.click, mail)
        if self.draw.random() < BUY_AFTER_CLICK:
            address = parseaddr(mail.to)[1]
            self._plan(when + self.draw.uniform(10, 90), self.happen, "Charged", address, self._choice())

    def _plan(self, when: float, act: Callable[..., Any], *arguments: Any) -> None:
        def try_it() -> None:
            try:
                act(*arguments)
            except httpx.HTTPError as error:
                logger.warning("%s failed: %s", act.__name__, error)

        heapq.heappush(self._agenda, (when, next(self._turn), try_it))

    def _anybody(self) -> Person:
        return people.person(self.draw.randint(1, CUSTOMERS))

    def _choice(self) -> Product:
        return self.draw.choice(self._products)

    def _about(self, average: float) -> int:
        """A whole number that is `average` on average."""
        return int(average) + (self.draw.random() < average % 1)


def main() -> None:
    """Run until stopped. While Sojourn does not answer, what happens is kept and uploaded later."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address = sys.argv[1]
    known = keys.load()
    headers = {"X-Sojourn-Project": known.project_id, "X-Sojourn-Passcode": known.passcode}
    with httpx.Client(base_url=address, headers=headers, timeout=10) as client:
        visitors = Visitors(client, f"{address}/demo/shop", random.Random())
        while True:
            now = time.monotonic()
            visitors.visit(now)
            visitors.read_mails(now)
            visitors.due(now)
            try:
                visitors.post()
            except httpx.HTTPError as error:
                logger.warning("The upload failed and is tried again: %s", error)
            time.sleep(max(0.0, SECONDS - (time.monotonic() - now)))


if __name__ == "__main__":
    main()
