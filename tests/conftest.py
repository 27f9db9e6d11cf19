"""What all tests share: the embedded database, and the folder of real data sets when there is one."""

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from config import embedded
from config.lib import sql
from tests import browser as browsers
from tests.staff import sign_in

# A found example fails where it was found, on a developer's machine: what lands does not depend on luck.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


def pytest_configure(config: pytest.Config) -> None:
    """Bring the embedded servers up, and keep tests from waking workers that do not exist."""
    embedded.ensure()
    settings.WAKE_ENABLED = False
    settings.WHITENOISE_AUTOREFRESH = True  # files are looked up when asked for, instead of all for each test client
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Playwright's blocking API keeps an event loop in this thread, which Django takes for a view that must not block.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(autouse=True)
def hot_tables_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that commits, empty the tables that Django does not manage and so does not flush."""
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames) or (
        marker and marker.kwargs.get("transaction")
    )
    if commits:
        request.getfixturevalue("transactional_db")
    yield
    if commits:
        sql.run(f"TRUNCATE {', '.join(_unmanaged_tables())}")


@functools.cache
def _unmanaged_tables() -> list[str]:
    ours = ("profiles", "segments", "channels", "journeys")
    managed = {
        model._meta.db_table for app in ours for model in apps.get_app_config(app).get_models() if model._meta.managed
    }
    existing = sql.rows(
        """SELECT relname::text FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
              AND split_part(relname, '_', 1) = ANY(%(ours)s)""",
        {"ours": list(ours)},
    )
    return sorted({name for (name,) in existing} - managed)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets: SHARED_DATA, else ../shared/data beside the checkout. Skips when there is none."""
    default = Path(settings.BASE_DIR).parent / "shared" / "data"
    folder = Path(os.environ.get("SHARED_DATA") or default)
    if not folder.is_dir():
        pytest.skip(f"the data sets are not here ({folder}); set SHARED_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a worker."""
    with browsers.launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page of its own, without cookies, on the test's server: `page.goto("/admin/")`. An error on the console or an
    uncaught exception fails the test at its end."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        conflict = "status of 409" in message.text  # the browser's line for an answer that the page deals with
        if message.type == "error" and not conflict:
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    # With a machine's locale C, Chromium says that it speaks “en-US@posix”, which is no language to its own Intl.
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(30_000)  # milliseconds; a busy machine is no failure
    expect.set_options(timeout=30_000)
    context.on("console", note)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert not errors, "the page complained: " + "; ".join(errors)


@pytest.fixture
def cora(page: Page) -> Page:
    """Cora, who creates journeys, signed in."""
    return sign_in(page, "cora")
