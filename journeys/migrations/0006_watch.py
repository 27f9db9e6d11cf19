from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("journeys", "0005_link_sleep")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "watch.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "watch_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
