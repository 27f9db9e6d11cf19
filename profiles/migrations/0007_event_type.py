from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("profiles", "0006_profile_upload")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "event_type.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "event_type_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
