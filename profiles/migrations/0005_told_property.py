from django.db import migrations, models


class Migration(migrations.Migration):
    """The profile properties whose changes the engine hears of."""

    dependencies = [("profiles", "0004_gone")]

    operations = [
        migrations.CreateModel(
            name="ToldProperty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True)),
            ],
        ),
    ]
