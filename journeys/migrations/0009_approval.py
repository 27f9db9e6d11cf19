from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who asked for a draft to be approved, and when."""

    dependencies = [("journeys", "0008_asleep"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            model_name="version",
            name="asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="asked_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When approval of the draft, as it is, was asked for; empty: it was not.",
                null=True,
            ),
        ),
    ]
