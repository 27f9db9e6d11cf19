"""`make bench-segments`: rules over a million people and ten million events, beside DuckDB over the same rows.

python -m tests.bench.segments                      everything; the world is made by the first run and kept for the next
python -m tests.bench.segments --only count_ever    some figures; `lists` and `profile_files` are those of files

Prints a table and writes SOJOURN_HOME/bench-segments.json: a list of {name, ours, reference, unit}, less being better;
rules have their processor time too. Ours and the reference run by turns, and each figure is the best of ROUNDS. Both
must find the same people.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.bench import apart, stack

PEOPLE, EVENTS = 1_000_000, 10_000_000
ROUNDS = 3
UTC = ZoneInfo("UTC")

MONTH, QUARTER, YEAR, WEEK = ({"last": days, "unit": "day"} for days in (30, 90, 365, 7))
DEAR = [{"property": "amount", "op": ">", "value": 100}]
GOLD = {"profile": {"property": "plan", "op": "=", "value": "gold"}}
THRICE = {"op": ">=", "value": 3}

RULES: dict[str, dict[str, Any]] = {
    "count_month": {"did": {"event": "Product Viewed", "count": THRICE, "within": MONTH}},
    "count_ever": {"did": {"event": "Product Viewed", "count": THRICE}},
    "filters_quarter": {"all": [{"did": {"event": "Charged", "where": DEAR, "within": QUARTER}}, GOLD]},
    "filters_ever": {"all": [{"did": {"event": "Charged", "where": DEAR}}, GOLD]},
    "did_not_month": {
        "all": [
            {"did": {"event": "Added To Cart", "within": MONTH}},
            {"did_not": {"event": "Charged", "within": MONTH}},
        ]
    },
    "did_not_ever": {"all": [{"did": {"event": "Added To Cart"}}, {"did_not": {"event": "Charged"}}]},
    "sum_year": {"did": {"event": "Charged", "sum": {"property": "amount", "op": ">", "value": 250}, "within": YEAR}},
    "interest_quarter": {
        "interest": {"event": "Searched", "property": "channel", "value": "app", "at_least": 60, "within": QUARTER}
    },
    "tree": {
        "any": [
            {"did": {"event": "Charged", "count": {"op": ">=", "value": 2}, "within": QUARTER}},
            {
                "all": [
                    GOLD,
                    {
                        "not": {
                            "all": [
                                {"did": {"event": "Added To Cart", "within": WEEK}},
                                {"did_not": {"event": "Searched", "within": WEEK}},
                            ]
                        }
                    },
                    {"profile": {"property": "points", "op": "between", "value": [300, 500]}},
                ]
            },
        ]
    },
}

# What the names in the statements for DuckDB stand for.
EVENT_NAMES = {"viewed": "Product Viewed", "cart": "Added To Cart", "searched": "Searched", "charged": "Charged"}


class Row(NamedTuple):
    """A figure: what the product took, what the reference took, of what. reference: None where nothing is like it.
    *_cpu: seconds of processor time, where they were taken; several threads add up.
    """

    name: str
    ours: float
    reference: float | None
    unit: str
    ours_cpu: float | None = None
    reference_cpu: float | None = None

    @property
    def line(self) -> str:
        """As it is printed."""
        if self.reference is None:
            return f"{self.name:44} {self.ours:>10.3f} {'':>10}  {self.unit}"
        line = (
            f"{self.name:44} {self.ours:>10.3f} {self.reference:>10.3f}  {self.unit} {self.ours / self.reference:.1f} ×"
        )
        if self.ours_cpu is None:
            return line
        if self.reference_cpu is None:
            return f"{line}, processor {self.ours_cpu:.2f} s"
        return f"{line}, processor {self.ours_cpu:.2f} and {self.reference_cpu:.2f} s"


def figures(place: Path, only: list[str] | None) -> Iterator[Row]:
    """The rules, counted as the page of a segment counts them. Needs Django set up on the database of `place`."""
    from config.lib import lanes
    from profiles import eventtypes
    from segments import compile, counting, rules
    from tests.bench import segments_world as world

    types = eventtypes.find(EVENT_NAMES.values())
    given = {short: types[name].id for short, name in EVENT_NAMES.items()}
    with world.reference(place / "segments.duckdb") as duck:
        for name, document in RULES.items():
            if only and name not in only:
                continue
            rule = rules.parse(document)
            statement = world.SQL[f"duck_{name}"]
            params = {short: id for short, id in given.items() if f"${short}" in statement}

            def ours(rule: rules.Rule = rule) -> Any:
                return compile.count_people(rule, now=world.NOW, tz=UTC, lanes=lanes.ALL)

            def theirs(statement: str = statement, params: dict[str, int] = params) -> Any:
                return duck.execute(statement, params).fetchall()[0][0]

            yield _compared(name, ours, theirs)
        if not only or "reachable" in only:
            rule = rules.parse(RULES["did_not_month"])
            statement = world.SQL["duck_reachable"]

            def reached() -> Any:
                counted = counting.count(rule, now=world.NOW, tz=UTC)
                return (counted.count, *counted.reachable.values())

            def reached_there() -> Any:
                params = {short: given[short] for short in ("cart", "charged")}
                return duck.execute(statement, params).fetchall()[0]

            yield _compared("reachable", reached, reached_there)


def _compared(name: str, ours: Callable[[], Any], reference: Callable[[], Any]) -> Row:
    """The best of some turns of each. Raises RuntimeError where the two disagree."""
    from config.lib import sql

    ((backend,),) = sql.rows("SELECT pg_backend_pid()")
    turns: list[tuple[float, float, float, float]] = []
    for _ in range(ROUNDS):
        began, spent = time.perf_counter(), stack.cpu_seconds(backend)
        our_answer = ours()
        our_cpu = stack.cpu_seconds(backend) - spent
        between, spent = time.perf_counter(), time.process_time()
        their_answer = reference()
        turns.append((between - began, time.perf_counter() - between, our_cpu, time.process_time() - spent))
        if our_answer != their_answer:
            raise RuntimeError(f"{name}: we found {our_answer}, DuckDB {their_answer}.")
    ours_s, reference_s, ours_cpu, reference_cpu = map(min, zip(*turns, strict=True))
    return Row(name, ours_s, reference_s, "s", ours_cpu, reference_cpu)


def _files(only: list[str] | None) -> Iterator[Row]:
    for module in apart.MODULES:
        if not only or module in only:
            yield from (Row(**figure) for figure in apart.figures(module))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.segments", description="Measure rules and files.")
    parser.add_argument("--only", nargs="+", metavar="FIGURE", help="some figures instead of all")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--keep", action="store_true", help="leave the database running afterwards, to look at it")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # so that what was started is stopped too
    home = Path(os.environ.get("SOJOURN_HOME") or stack.BASE_DIR / ".sojourn").absolute()
    place = home / "bench-segments"
    stack.use_home(place)

    import django

    django.setup()
    from django.core.management import call_command

    from config import embedded
    from tests.bench import segments_world as world

    found: list[Row] = []
    with stack.guarded(keep=arguments.keep):
        embedded.start_postgres()
        call_command("migrate", verbosity=0)
        files_alone = bool(arguments.only) and set(arguments.only) <= set(apart.MODULES)
        if not files_alone:
            world.ensure(people=arguments.people, events=arguments.events)
        print(f"{'':44} {'ours':>10} {'reference':>10}", flush=True)
        rules = () if files_alone else figures(place, arguments.only)
        for row in chain(rules, _files(arguments.only)):
            found.append(row)
            print(row.line, flush=True)
    file = home / "bench-segments.json"
    file.write_text(json.dumps([row._asdict() for row in found], indent=2) + "\n")
    print(f"\nWritten to {file}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
