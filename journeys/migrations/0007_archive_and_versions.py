import django_fsm
from django.db import migrations, models


class Migration(migrations.Migration):
    """Versions that a newer one took over, archived versions, and what an edit changed."""

    dependencies = [("journeys", "0006_watch")]

    operations = [
        migrations.AddField(
            model_name="version",
            name="archived_from",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The state that an archived version came from, and returns to.",
                max_length=50,
            ),
            preserve_default=False,
        ),
        migrations.AddField(model_name="transition", name="changes", field=models.JSONField(blank=True, default=dict)),
        migrations.AlterField(
            model_name="version",
            name="ended_at",
            field=models.DateTimeField(
                blank=True, help_text="When its entry was over: completed, versioned or stopped.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="version",
            name="status",
            field=django_fsm.FSMField(
                choices=[
                    ("draft", "Draft"),
                    ("scheduled", "Scheduled"),
                    ("live", "Live"),
                    ("paused", "Paused"),
                    ("completed", "Completed"),
                    ("versioned", "Versioned"),
                    ("stopped", "Stopped"),
                    ("archived", "Archived"),
                ],
                default="draft",
                max_length=50,
                protected=True,
            ),
        ),
    ]
