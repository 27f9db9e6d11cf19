from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Several clocks a stay: of segment nodes that are waited at together, and of goals."""

    dependencies = [("journeys", "0010_conversions")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "clocks.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "clocks_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
