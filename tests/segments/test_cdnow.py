"""Past behaviour on real purchases: our statements find exactly the people whom DuckDB finds in the file."""

from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import duckdb
import pytest
from django.core.management import call_command

from config.lib import sql
from segments.rules import parse
from tests.segments.cast import matching

ZONE = ZoneInfo("America/New_York")  # the file's dates are days of the shop
NOW = datetime(2022, 1, 1, 12, tzinfo=ZONE)


def bought(**more) -> dict:
    return {"did": {"event": "Charged", **more}}


def not_bought(**more) -> dict:
    return {"did_not": {"event": "Charged", **more}}


def amount(op: str, value: object) -> list[dict]:
    return [{"property": "amount", "op": op, "value": value}]


def last(number: int, unit: str) -> dict:
    return {"last": number, "unit": unit}


# Question → the same in DuckDB's SQL, over `past`: purchases up to NOW; `customers` is everybody.
QUESTIONS = {
    "at least 3 purchases": (
        bought(count={"op": ">=", "value": 3}),
        "SELECT customer_id FROM past GROUP BY 1 HAVING count(*) >= 3",
    ),
    "fewer than 2, so exactly one": (
        bought(count={"op": "<", "value": 2}),
        "SELECT customer_id FROM past GROUP BY 1 HAVING count(*) < 2",
    ),
    "between 5 and 7": (
        bought(count={"op": "between", "value": [5, 7]}),
        "SELECT customer_id FROM past GROUP BY 1 HAVING count(*) BETWEEN 5 AND 7",
    ),
    "over 50 twice": (
        bought(where=amount(">", 50), count={"op": ">=", "value": 2}),
        "SELECT customer_id FROM past WHERE amount > 50 GROUP BY 1 HAVING count(*) >= 2",
    ),
    "exactly 11.77": (
        bought(where=amount("=", 11.77)),
        "SELECT customer_id FROM past WHERE amount = 11.77",
    ),
    "for nothing": (
        bought(where=amount("<=", 0)),
        "SELECT customer_id FROM past WHERE amount <= 0",
    ),
    "lapsing: in the last 90 days, not in the last 30": (
        {"all": [bought(within=last(90, "day")), not_bought(within=last(30, "day"))]},
        "SELECT customer_id FROM past GROUP BY 1 HAVING max(day) BETWEEN DATE '2021-10-03' AND DATE '2021-12-01'",
    ),
    "never since New York's August": (
        not_bought(within=last(5, "month")),
        "SELECT customer_id FROM customers EXCEPT SELECT customer_id FROM past WHERE day >= '2021-08-01'",
    ),
    "not in the last 36 hours": (
        not_bought(within=last(36, "hour")),
        "SELECT customer_id FROM customers EXCEPT SELECT customer_id FROM past WHERE day >= '2021-12-31'",
    ),
    "several CDs at once, or a single dear one, and lately": (
        {
            "all": [
                {
                    "any": [
                        bought(where=[{"property": "quantity", "op": ">=", "value": 10}]),
                        bought(where=[{"property": "quantity", "op": "=", "value": 1}, *amount("between", [30, 100])]),
                    ]
                },
                {"not": not_bought(within=last(26, "week"))},
            ]
        },
        "SELECT customer_id FROM past GROUP BY 1 HAVING max(day) >= '2021-07-03'"
        " AND bool_or(quantity >= 10 OR (quantity = 1 AND amount BETWEEN 30 AND 100))",
    ),
}  # fmt: skip


@pytest.mark.django_db
def test_past_behaviour_over_the_purchases_of_23_544_customers(shared_data, settings, tmp_path):
    path = shared_data / "cdnow.csv"
    duck = duckdb.connect()
    duck.execute(
        "CREATE TABLE file AS SELECT *, date AS day FROM read_csv(?, types={'customer_id': 'VARCHAR'})", [str(path)]
    )
    duck.execute("CREATE VIEW past AS SELECT * FROM file WHERE day <= DATE '2022-01-01'")
    duck.execute("CREATE VIEW customers AS SELECT DISTINCT customer_id FROM file")
    settings.ACCOUNT_TIMEZONE = ZONE.key
    call_command(
        "import_events",
        path,
        *("--identity", "customer_id", "--at", "date", "--event", "Charged"),
        *("--property", "amount:number", "--property", "quantity:integer"),
        *("--errors", tmp_path / "errors.csv"),
        stdout=StringIO(),
    )
    customers = dict(sql.rows("SELECT id, identity FROM profiles_profile"))
    assert len(customers) == 23_544

    for question, (document, independent) in QUESTIONS.items():
        expected = {customer for (customer,) in duck.execute(independent).fetchall()}
        assert 0 < len(expected) < 23_544, question
        found = matching(parse(document), now=NOW, tz=ZONE)
        assert {customers[profile_id] for profile_id in found} == expected, question
