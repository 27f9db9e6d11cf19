from django.db import migrations, models


class Migration(migrations.Migration):
    """A sleep is more than a duration: the column holds what the document says."""

    dependencies = [("journeys", "0004_unfinished_runs")]

    operations = [
        migrations.RemoveField(model_name="link", name="sleep"),
        migrations.AddField(
            model_name="link",
            name="sleep",
            field=models.JSONField(null=True, help_text="Sleep before the target, as in the document; empty: none."),
        ),
    ]
