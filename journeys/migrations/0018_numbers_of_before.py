from pathlib import Path

from django.conf import settings
from django.db import migrations

SQL = Path(__file__).parent / "sql"


def count(apps, schema_editor):
    statements = (SQL / "numbers_of_before.sql").read_text(encoding="utf-8")
    with schema_editor.connection.cursor() as cursor:
        for statement in statements.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"zone": settings.ACCOUNT_TIMEZONE})


def forget(apps, schema_editor):
    schema_editor.execute((SQL / "numbers_of_before_reverse.sql").read_text(encoding="utf-8"), params=None)


class Migration(migrations.Migration):
    """What is counted from now on, counted of what happened before. Reads all stays once: minutes for ten million."""

    dependencies = [("journeys", "0017_numbers_indexes")]

    operations = [
        migrations.RunPython(count, forget),
    ]
