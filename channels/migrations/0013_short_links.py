from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """What the short links of text messages lead to."""

    dependencies = [("channels", "0012_labels")]

    operations = [
        migrations.RunSQL(
            sql=(HERE / "short_links.sql").read_text(encoding="utf-8"),
            reverse_sql=(HERE / "short_links_reverse.sql").read_text(encoding="utf-8"),
            state_operations=[
                migrations.CreateModel(
                    name="ShortLink",
                    fields=[
                        ("message_id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("lane", models.SmallIntegerField()),
                        ("number", models.SmallIntegerField()),
                        ("day", models.DateField()),
                        ("url", models.TextField()),
                        ("expires_at", models.DateTimeField()),
                    ],
                    options={"db_table": "channels_shortlink", "managed": False},
                ),
            ],
        ),
    ]
