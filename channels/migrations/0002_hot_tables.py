from pathlib import Path

from django.db import migrations

HOT = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=(HOT / "hot.sql").read_text(encoding="utf-8"),
            reverse_sql=(HOT / "hot_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
