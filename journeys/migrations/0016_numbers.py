from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Totals of what was counted, so that no page adds up all days; and what tells people from stays."""

    dependencies = [("journeys", "0015_foreseen")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "numbers.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "numbers_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
