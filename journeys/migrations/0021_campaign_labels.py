from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("journeys", "0020_audit_trail_names"), ("channels", "0012_labels")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "campaign_labels.sql").read_text(encoding="utf-8"), reverse_sql=migrations.RunSQL.noop
        ),
    ]
