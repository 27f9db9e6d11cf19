"""Check that nobody was lost: for every node, arrived = inside + left + exited, in tallies, ledger and enrollments."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from config.lib import sql
from journeys import selectors
from journeys.models import Status, Version


class Command(BaseCommand):
    help = "Check that for every node arrived = inside + left + exited. A mismatch is a sentence and status 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--version-id", type=int, help="Only this version, by its database id.")

    def handle(self, *args: Any, **options: Any) -> None:
        versions = Version.objects.exclude(status=Status.DRAFT).order_by("pk")
        if options["version_id"] is not None:
            versions = versions.filter(pk=options["version_id"])
            if not versions:
                raise CommandError(f"There is no published version {options['version_id']}.")
        mismatches = 0
        for version in versions:
            with transaction.atomic():
                if not transaction.get_connection().savepoint_ids:  # one instant for all reads, while people move
                    sql.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                found = selectors.conservation(version.pk)
            for sentence in found:
                mismatches += 1
                self.stdout.write(f"{version} (version {version.pk}): {sentence}")
        if mismatches:
            raise CommandError(f"Mismatches: {mismatches}.", returncode=1)
        self.stdout.write(f"Versions checked: {len(versions)}. Nobody was lost.")
