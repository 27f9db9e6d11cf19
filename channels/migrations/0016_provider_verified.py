from django.db import migrations, models


class Migration(migrations.Migration):
    """Whether a provider is known to send. Those that are there go on as they are."""

    dependencies = [("channels", "0015_provider_groups")]

    operations = [
        migrations.AddField(
            model_name="provider",
            name="verified_at",
            field=models.DateTimeField(
                blank=True, help_text="When it sent a test message as it is set up now; empty: not yet.", null=True
            ),
        ),
        migrations.RunSQL("UPDATE channels_provider SET verified_at = updated_at", migrations.RunSQL.noop),
    ]
