from pathlib import Path

from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Conversions of messages and paths, and the shares of automated IntelliNODEs."""

    dependencies = [("journeys", "0009_approval"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "conversion.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "conversion_reverse.sql").read_text(encoding="utf-8"),
        ),
        migrations.AddField(
            model_name="version",
            name="counts_for",
            field=models.DurationField(
                blank=True,
                help_text="How long after its entry is over conversions of its messages are counted; empty: not at all.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="Shares",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.PositiveSmallIntegerField()),
                (
                    "percents",
                    models.JSONField(help_text="One a path, to a hundredth of a per cent; they add up to 100."),
                ),
                (
                    "winner",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="The path, from 1, that all later arrivals take; empty: none.", null=True
                    ),
                ),
                (
                    "weighed_at",
                    models.DateTimeField(
                        help_text="The last of the instants, five minutes apart, at which it was due."
                    ),
                ),
                (
                    "seen",
                    models.JSONField(
                        default=list, help_text="Per path [users entered, unique converters] as last weighed."
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(on_delete=models.deletion.CASCADE, related_name="shares", to="journeys.version"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="shares",
            constraint=models.UniqueConstraint(fields=["version", "node"], name="one_shares_a_node"),
        ),
        migrations.CreateModel(
            name="ShareChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("why", models.CharField(max_length=20)),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE, related_name="share_changes", to="journeys.version"
                    ),
                ),
            ],
            options={"ordering": ["-at", "-id"]},
        ),
    ]
