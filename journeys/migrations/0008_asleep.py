from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("journeys", "0007_archive_and_versions")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "asleep.sql").read_text(encoding="utf-8"),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
