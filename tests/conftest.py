"""What all tests share: the embedded database, and the folder of real data sets when there is one."""

import os
from pathlib import Path

import pytest
from django.conf import settings

from config import embedded


def pytest_configure(config: pytest.Config) -> None:
    """Bring the embedded servers up, and keep tests from waking workers that do not exist."""
    embedded.ensure()
    settings.WAKE_ENABLED = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets: SHARED_DATA, else ../shared/data beside the checkout. Skips when there is none."""
    default = Path(settings.BASE_DIR).parent / "shared" / "data"
    folder = Path(os.environ.get("SHARED_DATA") or default)
    if not folder.is_dir():
        pytest.skip(f"the data sets are not here ({folder}); set SHARED_DATA to their folder")
    return folder
