"""manage.py import_list FILE --list NAME [--mode MODE] [--column COLUMN --type TYPE]"""

import os
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from config.lib.alone import alone
from segments import importing, uploads
from segments.errors import ListError
from segments.models import ListUpload
from segments.progress import progress
from segments.reading import DOCUMENTED, TYPES, Columns


class Command(BaseCommand):
    help = (
        "Change the people of a custom list by a CSV file (UTF-8, header Type,Identity, or any column by --column and "
        "--type). All of it or, if it fails, nothing. If this is killed, a worker goes on with the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--list", required=True, metavar="NAME", dest="name")
        parser.add_argument("--mode", choices=ListUpload.Mode.values, default="create", help="default: create")
        parser.add_argument("--column", default="", help="the column that holds the identities")
        parser.add_argument("--type", default="", choices=["", *TYPES], metavar="TYPE", help=", ".join(TYPES))
        parser.add_argument("--errors", type=Path, metavar="FILE", help="where rows that lead to nobody are written")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file.")
        column, kind = options["column"], options["type"]
        try:
            upload = uploads.begin(
                name=options["name"],
                mode=options["mode"],
                columns=Columns(column, kind) if column or kind else DOCUMENTED,
                file_name=path.name,
                size=path.stat().st_size,
                now=timezone.now(),
            )
            _bring(path, upload.source_path)
            # Before it is complete: from then on any worker would take it.
            with alone(importing.LOCK, wait=True):
                upload = uploads.complete(upload.pk, now=timezone.now())
                self._import(upload)
        except ListError as error:
            raise CommandError(error.message) from error
        if upload.state != ListUpload.State.READY:
            raise CommandError(upload.error)
        upload.list.refresh_from_db()
        self.stdout.write(importing.summary(upload, upload.list.members))
        if options["errors"] and upload.unknown:
            shutil.copyfile(upload.errors_path, options["errors"])
            self.stdout.write(f"They are in {options['errors']}.")

    def _import(self, upload: ListUpload) -> None:
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[said]}"),
        )
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=1.0, said=decimal(upload.size or 0))

            def show(upload: ListUpload) -> None:
                it = progress(upload, received=upload.size or 0, now=timezone.now())
                said = [f"{upload.rows:,} rows"]
                said += [f"{it['rate']:,} a second"] if it["rate"] else []
                said += [f"{it['seconds_left']} s left"] if it["seconds_left"] is not None else []
                bar.update(task, completed=it["fraction"], description=it["step"], said=", ".join(said))

            importing.import_file(upload, clock=timezone.now, progress=show)


def _bring(source: Path, target: Path) -> None:
    """Have the file where uploads lie: linked if that is possible, else copied."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
