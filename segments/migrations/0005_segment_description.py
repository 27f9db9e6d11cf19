from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0004_segment_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="description",
            field=models.TextField(blank=True, help_text="For colleagues: what it is for.", max_length=1000),
        ),
    ]
