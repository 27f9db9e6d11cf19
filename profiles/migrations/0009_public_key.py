from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("profiles", "0008_upload_in_pieces")]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="origins",
            field=models.JSONField(
                default=list, help_text="Sites whose pages may use the public key: https://example.com."
            ),
        ),
        migrations.AddField(
            model_name="credential",
            name="page_events",
            field=models.JSONField(default=list, help_text="What pages may record beside what every page does."),
        ),
        migrations.AddField(
            model_name="credential",
            name="public_key",
            field=models.CharField(
                editable=False, help_text="Null: not for pages.", max_length=40, null=True, unique=True
            ),
        ),
    ]
