"""manage.py rehearse SCENARIO: play a scenario on a virtual clock and say what happened to whom."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from journeys.rehearsal import report, scenario
from journeys.rehearsal.play import Player
from journeys.rehearsal.scratch import scratch

UNREADABLE, MISMATCH = 2, 1


class Command(BaseCommand):
    help = "Play a scenario through the engine on a virtual clock. Nothing is sent and nothing is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", type=Path, help="A scenario file, YAML or JSON.")
        parser.add_argument("--json", action="store_true", help="Print the outcome as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stderr.write("The database is not up to date; run “make setup” or “manage.py migrate” first.")
            sys.exit(UNREADABLE)
        try:
            read = scenario.read(options["scenario"])
            with scratch(read.account):
                player = Player(read, scenario.rows(read, options["scenario"].parent))
                player.play()
                result = report.report(player)
        except scenario.ScenarioError as error:
            self.stderr.write(error.message)
            sys.exit(UNREADABLE)
        for sentence in player.turned_away:
            self.stderr.write(f"Turned away. {sentence}")
        if options["json"]:
            self.stdout.write(json.dumps(result, indent=1, ensure_ascii=False))
        else:
            for line in report.lines(result, read.zone):
                self.stdout.write(line)
        if differences := report.mismatches(read, result["people"]):
            for difference in differences:
                self.stderr.write(difference)
            sys.exit(MISMATCH)
