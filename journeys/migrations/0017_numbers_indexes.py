from django.db import migrations

_FRESH = "journeys_tally (version_id, node) WHERE lane < 64"
_DAILY = "journeys_tally (version_id, day) INCLUDE (metric, value) WHERE lane = 64 AND node = 0"
_INSIDE = "journeys_enrollment (version_id, lane, id) WHERE phase <> 'exited'"


def index(name, on):
    """An index of that name, made while others read and write."""
    return migrations.RunSQL(f"CREATE INDEX CONCURRENTLY {name} ON {on}", f"DROP INDEX CONCURRENTLY {name}")


class Migration(migrations.Migration):
    """Counters that are not in the totals yet; what a journey counted day by day; who is inside, in order of entry."""

    atomic = False
    dependencies = [("journeys", "0016_numbers")]

    operations = [
        index("journeys_tally_fresh", _FRESH),
        index("journeys_tally_daily", _DAILY),
        index("journeys_enrollment_inside_new", _INSIDE),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY journeys_enrollment_inside",
            "CREATE INDEX CONCURRENTLY journeys_enrollment_inside"
            " ON journeys_enrollment (version_id, lane) WHERE phase <> 'exited'",
        ),
        migrations.RunSQL(
            "ALTER INDEX journeys_enrollment_inside_new RENAME TO journeys_enrollment_inside",
            "ALTER INDEX journeys_enrollment_inside RENAME TO journeys_enrollment_inside_new",
        ),
    ]
