"""Many people at once, for tests that are about numbers."""

from datetime import datetime

from django.utils import timezone

from config.lib import sql
from profiles import events, eventtypes
from profiles.events import NewEvent

AT_ONCE = 500  # events a transaction


def people(number: int) -> list[int]:
    """Make people known as p1, p2 …, each with an e-mail address; their profile ids."""
    made = sql.rows(
        """INSERT INTO profiles_profile (lane, id, identity, email, created_at, updated_at)
           SELECT id %% 64, id, 'p' || n, 'p' || n || '@example.com', %(now)s, %(now)s
             FROM (SELECT nextval('profiles_profile_id_seq') AS id, n FROM generate_series(1, %(number)s) AS n) AS given
           RETURNING id""",
        {"number": number, "now": timezone.now()},
    )
    sql.run(
        """INSERT INTO profiles_identity (value, kind, lane, profile_id)
           SELECT identity, 'identity', lane, id FROM profiles_profile WHERE identity IS NOT NULL"""
    )
    return [profile for (profile,) in made]


def happen(profiles: list[int], name: str, *, at: datetime) -> None:
    """Everyone does something: events in the inbox, some hundred a transaction."""
    type_id = eventtypes.ids([name], now=at)[name]
    for first in range(0, len(profiles), AT_ONCE):
        events.record(
            NewEvent(profile, type_id, at, at, "api", {"n": profile}) for profile in profiles[first : first + AT_ONCE]
        )
