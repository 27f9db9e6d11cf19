from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("channels", "0008_variants")]

    operations = [
        migrations.RunSQL(
            sql=(HERE / "on_device.sql").read_text(encoding="utf-8"),
            reverse_sql=(HERE / "on_device_reverse.sql").read_text(encoding="utf-8"),
            state_operations=[
                migrations.CreateModel(
                    name="OnDevice",
                    fields=[
                        ("message_id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("lane", models.SmallIntegerField()),
                        ("profile_id", models.BigIntegerField()),
                        ("channel", models.TextField()),
                        ("priority", models.SmallIntegerField()),
                        ("since", models.DateTimeField()),
                        ("expires_at", models.DateTimeField(null=True)),
                        ("fetched_at", models.DateTimeField(null=True)),
                        ("viewed_at", models.DateTimeField(null=True)),
                        ("content", models.JSONField()),
                    ],
                    options={"db_table": "channels_ondevice", "managed": False},
                ),
            ],
        ),
    ]
