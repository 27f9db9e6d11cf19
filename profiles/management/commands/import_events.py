"""manage.py import_events FILE --identity COLUMN --at COLUMN --event NAME [--property COLUMN:TYPE …]"""

import argparse
import zoneinfo
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from profiles import imports
from profiles.imports import ImportFailed, Plan
from profiles.models import EventImport


def _property(text: str) -> tuple[str, str]:
    name, _colon, kind = text.rpartition(":")
    if not name:
        name, kind = text, "text"
    if kind not in imports.TYPES:
        raise argparse.ArgumentTypeError(f"{text!r}: the type is one of {', '.join(imports.TYPES)}")
    return name, kind


class Command(BaseCommand):
    help = (
        "Import events from a CSV file (UTF-8, with a header) into the history, or with --live through the inbox, "
        "where they move people. Unknown identities become profiles. A run that was cut short goes on where it stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--identity", required=True, metavar="COLUMN", help="who did it")
        parser.add_argument(
            "--at", required=True, metavar="COLUMN", help="when; in the account's timezone unless it says"
        )
        parser.add_argument("--event", required=True, metavar="NAME", help="what they did")
        parser.add_argument(
            "--property",
            dest="properties",
            action="append",
            default=[],
            type=_property,
            metavar="COLUMN:TYPE",
            help=f"a column that becomes a property, repeatable; TYPE: {', '.join(imports.TYPES)} (default text)",
        )
        parser.add_argument(
            "--email", metavar="TEMPLATE", help="for people without one, e.g. {customer_id}@example.com"
        )
        parser.add_argument(
            "--date-format", metavar="FORMAT", help="as for strptime, e.g. %%d.%%m.%%Y (default ISO 8601)"
        )
        parser.add_argument("--live", action="store_true", help="through the inbox instead of into the history")
        parser.add_argument(
            "--errors", type=Path, metavar="FILE", help="where refused rows go (default FILE.errors.csv)"
        )
        parser.add_argument("--again", action="store_true", help="import a file once more that is finished already")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file.")
        plan = Plan(
            identity=options["identity"],
            at=options["at"],
            event=options["event"],
            properties=tuple(options["properties"]),
            email=options["email"],
            date_format=options["date_format"],
            live=options["live"],
        )
        errors: Path = options["errors"] or path.with_name(path.name + ".errors.csv")
        checkpoint = imports.start(path, plan, now=timezone.now(), again=options["again"])
        if checkpoint.finished_at is not None:
            self.stdout.write(
                f"{path.name} is imported already: {_count(checkpoint)}. Use --again to import it once more."
            )
            return
        if checkpoint.offset:
            self.stdout.write(f"Going on behind line {checkpoint.line}.")
        try:
            self._run(path, plan, checkpoint, errors)
        except ImportFailed as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{path.name}: {_count(checkpoint)}.")
        if checkpoint.refused:
            self.stdout.write(f"Why rows were refused is in {errors}.")
        else:
            errors.unlink()  # it holds nothing but its header

    def _run(self, path: Path, plan: Plan, checkpoint: EventImport, errors: Path) -> None:
        columns = (
            TextColumn(path.name),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("kB, {task.fields[rows]} rows"),
            TimeRemainingColumn(),
        )
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("", total=path.stat().st_size // 1000, completed=checkpoint.offset // 1000, rows=0)

            def show(checkpoint: EventImport) -> None:
                progress.update(
                    task, completed=checkpoint.offset // 1000, rows=checkpoint.imported + checkpoint.refused
                )

            imports.run(
                path,
                plan,
                checkpoint,
                clock=timezone.now,
                zone=zoneinfo.ZoneInfo(settings.ACCOUNT_TIMEZONE),
                errors=errors,
                progress=show,
            )


def _count(checkpoint: EventImport) -> str:
    return f"{checkpoint.imported:,} events imported, {checkpoint.refused:,} rows refused"
