from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Provider groups, who took each message, and the SMS instead of RCS (domain 5.1, 5.3)."""

    dependencies = [
        ("channels", "0014_templates"),
    ]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "way.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "way_reverse.sql").read_text(encoding="utf-8"),
            state_operations=[
                migrations.AddField(
                    model_name="message",
                    name="provider",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="channels.provider",
                    ),
                ),
                migrations.AddField(model_name="message", name="sent_as", field=models.TextField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ProviderGroup",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("channels.provider",),
        ),
        migrations.AddField(
            model_name="campaign",
            name="fallback",
            field=models.JSONField(
                help_text='The SMS for those whom RCS does not reach: {"text"}; empty: none.', null=True
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="fallback_provider",
            field=models.ForeignKey(
                help_text="For that SMS. Empty: the default.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="channels.provider",
            ),
        ),
        migrations.AlterField(
            model_name="provider",
            name="kind",
            field=models.CharField(
                choices=[
                    ("sandbox", "Sandbox (records instead of sending)"),
                    ("smtp", "SMTP"),
                    ("http", "HTTP (webhooks)"),
                    ("fcm", "Firebase Cloud Messaging (push)"),
                    ("vapid", "Browsers' push services (web push)"),
                    ("group", "Group of providers"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="GroupMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(help_text="The lowest is tried first.")),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="channels.provider"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="channels.provider"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("group", "provider"), name="once_in_a_group"),
                    models.UniqueConstraint(fields=("group", "position"), name="one_provider_a_position"),
                    models.CheckConstraint(
                        condition=models.Q(("position__gte", 1), ("position__lte", 10)), name="ten_in_a_group"
                    ),
                ],
            },
        ),
    ]
