import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0018_numbers_of_before"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="transition",
            options={
                "default_permissions": ("view",),
                "ordering": ["at", "id"],
                "verbose_name": "act",
                "verbose_name_plural": "audit trail",
            },
        ),
        migrations.AlterField(
            model_name="transition",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="transitions",
                to="journeys.version",
            ),
        ),
        migrations.AlterField(
            model_name="transition",
            name="changes",
            field=models.JSONField(
                blank=True, default=dict, help_text="What an edit changed: place → [before, after]."
            ),
        ),
        # What is there already is given its journey, names and number by the next migration.
        migrations.AddField(
            model_name="transition",
            name="journey",
            field=models.ForeignKey(
                db_constraint=False,
                default=0,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="journeys.journey",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="transition",
            name="name",
            field=models.CharField(blank=True, default="", help_text="The journey's, then.", max_length=100),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="transition",
            name="number",
            field=models.PositiveSmallIntegerField(default=0, help_text="The version's."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="transition",
            name="who",
            field=models.CharField(
                blank=True, default="", help_text="Their user name; empty for the system.", max_length=150
            ),
            preserve_default=False,
        ),
    ]
