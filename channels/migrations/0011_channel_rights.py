from django.db import migrations


class Migration(migrations.Migration):
    """Rights to write on single channels."""

    dependencies = [("channels", "0010_push_providers")]

    operations = [
        migrations.AlterModelOptions(
            name="campaign",
            options={
                "permissions": [
                    ("write_email", "Can write Email messages"),
                    ("write_sms", "Can write SMS messages"),
                    ("write_push", "Can write Push messages"),
                    ("write_web_push", "Can write Web push messages"),
                    ("write_whatsapp", "Can write WhatsApp messages"),
                    ("write_rcs", "Can write RCS messages"),
                    ("write_webhook", "Can write Webhook messages"),
                    ("write_app_inbox", "Can write App inbox messages"),
                    ("write_in_app", "Can write In-app messages"),
                    ("write_web_popup", "Can write Web pop-up messages"),
                    ("write_exit_intent", "Can write Exit intent messages"),
                    ("write_web_native", "Can write Web native display messages"),
                ]
            },
        ),
    ]
