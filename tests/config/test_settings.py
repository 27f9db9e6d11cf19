"""Settings as a whole: a process with a wrong one does not start, and says why."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from config import checks


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", "perhaps", "DEBUG is 'perhaps'; it must be one of 1, true, yes, on, 0, false, no, off."),
        ("TICK_OFFSET_MINUTES", "60", "TICK_OFFSET_MINUTES is '60'; it must be a whole number from 0 to 59."),
        ("ACCOUNT_TIMEZONE", "Mars/Olympus", "ACCOUNT_TIMEZONE is 'Mars/Olympus'; it must be the IANA name"),
        ("DATABASE_URL", "mysql://root@localhost/x", "DATABASE_URL is not a PostgreSQL URL"),
        ("BROKER_URL", "localhost:6379", "BROKER_URL is not a URL that can be used; it must be one of amqp://…"),
        (
            "SYSTEM_CONTROL_PERCENT",
            "1",
            "SYSTEM_CONTROL_PERCENT is '1'; it must be a whole number from 2 to 5, or 0 for none.",
        ),
        ("SYSTEM_CONTROL_PERCENT", "6", "SYSTEM_CONTROL_PERCENT is '6'; it must be a whole number from 2 to 5"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'loud'; it must be one of CRITICAL, ERROR, WARNING, INFO, DEBUG."),
    ],
)
def test_a_wrong_value_stops_the_start_with_a_sentence(name: str, value: str, sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        env=os.environ | {name: value},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert sentence in done.stderr.splitlines()[-1]


def test_deploying_on_a_database_of_ones_own_wants_shared_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.secrets_are_shared(None) == []
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/sojourn")
    monkeypatch.setenv("SECRET_KEY", "shared")
    monkeypatch.delenv("FIELD_ENCRYPTION_KEYS", raising=False)
    (warning,) = checks.secrets_are_shared(None)
    assert warning.id == "config.W001"
    assert warning.msg == "FIELD_ENCRYPTION_KEYS is not set, so this machine made one of its own."
