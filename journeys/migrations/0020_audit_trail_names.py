from django.db import migrations

NAME = """
UPDATE journeys_transition AS t
   SET journey_id = v.journey_id, number = v.number, name = j.name,
       who = coalesce((SELECT u.username FROM auth_user AS u WHERE u.id = t.by_id), '')
  FROM journeys_version AS v JOIN journeys_journey AS j ON j.id = v.journey_id
 WHERE v.id = t.version_id
"""
# What was discarded meanwhile: the constraint that comes back does not bear it.
FORGET = "DELETE FROM journeys_transition AS t WHERE NOT EXISTS (SELECT FROM journeys_version WHERE id = t.version_id)"


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0019_audit_trail"),
    ]

    operations = [migrations.RunSQL(NAME, FORGET)]
