"""What the demo must remember in clear, in `.sojourn/demo.json`: who may log in, and what the shop uploads with."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from config import embedded


@dataclass(frozen=True, slots=True)
class Keys:
    """password: of the login, as it was made. All are empty before the first seeding."""

    password: str = ""
    project_id: str = ""
    passcode: str = ""


def load() -> Keys:
    """What was kept last; empty keys if nothing was, or if it cannot be read any more."""
    try:
        return Keys(**json.loads(_file().read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return Keys()


def keep(keys: Keys) -> None:
    """Replace what is kept, for this user's eyes alone."""
    fresh = _file().with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(keys)))
    fresh.replace(_file())


def _file() -> Path:
    return embedded.home() / "demo.json"
