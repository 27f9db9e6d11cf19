from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("profiles", "0003_errors_size")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "gone.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "gone_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
