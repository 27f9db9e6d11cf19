from django.db import migrations

_DAILY = "journeys_tally (version_id, metric, day) INCLUDE (value) WHERE lane = 64 AND node = 0"
_BEFORE = "journeys_tally (version_id, day) INCLUDE (metric, value) WHERE lane = 64 AND node = 0"


class Migration(migrations.Migration):
    """What a journey counted day by day, metric by metric: the list is sorted by few of them."""

    atomic = False
    dependencies = [("journeys", "0021_campaign_labels")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY journeys_tally_daily_new ON {_DAILY}",
            "DROP INDEX CONCURRENTLY journeys_tally_daily_new",
        ),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY journeys_tally_daily",
            f"CREATE INDEX CONCURRENTLY journeys_tally_daily ON {_BEFORE}",
        ),
        migrations.RunSQL(
            "ALTER INDEX journeys_tally_daily_new RENAME TO journeys_tally_daily",
            "ALTER INDEX journeys_tally_daily RENAME TO journeys_tally_daily_new",
        ),
    ]
