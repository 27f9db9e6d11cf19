from pathlib import Path

from django.db import migrations

HOT = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("channels", "0006_stopped_campaigns")]

    operations = [
        migrations.RunSQL(
            sql=(HOT / "rare_outcomes.sql").read_text(encoding="utf-8"),
            reverse_sql=(HOT / "rare_outcomes_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
