"""Write the JSON Schema of the journey document to docs/, where people and editors look for it."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from journeys import document

PATH = Path("docs") / "journey.schema.json"


def text() -> str:
    """The file's content."""
    return json.dumps(document.schema(), indent=2, ensure_ascii=False) + "\n"


class Command(BaseCommand):
    help = f"Write the JSON Schema of the journey document to {PATH}."

    def handle(self, *args: Any, **options: Any) -> None:
        (Path(settings.BASE_DIR) / PATH).write_text(text(), encoding="utf-8")
        self.stdout.write(f"Wrote {PATH}.")
