from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Connectors that are decided before somebody arrives."""

    dependencies = [("journeys", "0014_rehearsal")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "foreseen.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "foreseen_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
