from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Variants of a message (domain 5.3)."""

    dependencies = [("channels", "0007_rare_outcomes")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "variant.sql").read_text(encoding="utf-8"),
            reverse_sql=(SQL / "variant_reverse.sql").read_text(encoding="utf-8"),
            state_operations=[
                migrations.AddField(
                    model_name="message", name="variant", field=models.TextField(null=True), preserve_default=False
                )
            ],
        ),
        migrations.AddField(
            model_name="campaign",
            name="variants",
            field=models.JSONField(
                help_text="The message's variants, as in the journey document; empty: one for all.", null=True
            ),
        ),
        migrations.CreateModel(
            name="Experiment",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="channels.campaign",
                    ),
                ),
                ("given", models.PositiveIntegerField(help_text="Messages given a variant while there was no winner.")),
                ("began_at", models.DateTimeField(help_text="When the first of them was.")),
                (
                    "decides_at",
                    models.DateTimeField(
                        help_text="When the winner is chosen; empty before the test's last message.", null=True
                    ),
                ),
                ("winner", models.CharField(blank=True, help_text="What everybody gets from then on.", max_length=40)),
            ],
        ),
        migrations.AddIndex(
            model_name="experiment",
            index=models.Index(fields=["decides_at"], name="experiment_undecided", condition=models.Q(winner="")),
        ),
    ]
