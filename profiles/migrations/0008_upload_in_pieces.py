from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("profiles", "0007_event_type")]

    operations = [
        migrations.AlterField(
            model_name="profileupload",
            name="state",
            field=models.CharField(
                choices=[
                    ("uploading", "Uploading"),
                    ("mapping", "Start mapping"),
                    ("processing", "Processing"),
                    ("completed", "Completed"),
                    ("rejected", "Rejected"),
                ],
                default="mapping",
                max_length=20,
            ),
        ),
    ]
