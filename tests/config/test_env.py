"""Settings from the environment: what is right passes, and nonsense is refused by name."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config.lib import env


def test_unset_and_empty_mean_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "  ")
    assert env.text("EMPTY", "x") == "x"
    assert env.boolean("EMPTY", True) is True
    assert env.integer("UNSET_HERE", 3, lowest=1, highest=5) == 3
    assert env.names("EMPTY", ["a"]) == ["a"]


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("On", True), ("YES", True), ("0", False), ("off", False)])
def test_booleans_are_read_in_either_case(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("DEBUG", value)
    assert env.boolean("DEBUG", not meant) is meant


def test_nonsense_is_refused_with_the_setting_and_what_would_be_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="DEBUG is 'maybe'; it must be one of 1, true"):
        env.boolean("DEBUG", False)
    monkeypatch.setenv("PORT", "http")
    with pytest.raises(ImproperlyConfigured, match="PORT is 'http'; it must be a whole number from 1 to 65535"):
        env.integer("PORT", 8000, lowest=1, highest=65535)
    monkeypatch.setenv("PORT", "70000")
    with pytest.raises(ImproperlyConfigured, match="PORT is '70000'"):
        env.integer("PORT", 8000, lowest=1, highest=65535)
    monkeypatch.setenv("ACCOUNT_TIMEZONE", "Europe/Atlantis")
    with pytest.raises(ImproperlyConfigured, match="ACCOUNT_TIMEZONE is 'Europe/Atlantis'; it must be the IANA name"):
        env.time_zone("ACCOUNT_TIMEZONE", "UTC")


@pytest.mark.parametrize(("value", "right"), [("0", True), ("1", False), ("2", True), ("5", True), ("6", False)])
def test_a_number_that_may_be_none_is_zero_or_between_its_bounds(
    monkeypatch: pytest.MonkeyPatch, value: str, right: bool
) -> None:
    monkeypatch.setenv("SHARE", value)
    if right:
        assert env.integer("SHARE", 3, lowest=2, highest=5, or_zero=True) == int(value)
    else:
        with pytest.raises(ImproperlyConfigured, match=r"SHARE is .*; it must be a whole number from 2 to 5, or 0"):
            env.integer("SHARE", 3, lowest=2, highest=5, or_zero=True)


@pytest.mark.parametrize("value", ["example.org", "ftp://example.org", "http://", "http://example.org:no"])
def test_a_url_needs_a_known_scheme_and_a_host(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", value)
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL is not a URL that can be used"):
        env.url("PUBLIC_URL", "http://127.0.0.1:8000", schemes={"http", "https"})


def test_a_url_loses_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://example.org/")
    assert env.url("PUBLIC_URL", "", schemes={"https"}) == "https://example.org"


def test_a_database_url_becomes_djangos_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ada:s%40crypt@db.example:5433/sojourn?sslmode=require")
    assert env.postgres("DATABASE_URL", "") == {
        "NAME": "sojourn",
        "USER": "ada",
        "PASSWORD": "s@crypt",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize("value", ["mysql://ada:hush@db/x", "postgresql://ada:hush@db/x?colour=red", "sojourn"])
def test_a_wrong_database_url_is_refused_without_showing_its_password(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", value)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not a PostgreSQL URL") as refusal:
        env.postgres("DATABASE_URL", "")
    assert "hush" not in str(refusal.value)


def test_a_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert env.secret("NO_SUCH_KEY", path, lambda: "first") == "first"
    assert env.secret("NO_SUCH_KEY", path, lambda: "second") == "first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_encryption_keys_are_checked() -> None:
    good = Fernet.generate_key().decode()
    assert env.fernet_keys("FIELD_ENCRYPTION_KEYS", f"{good}, {good}") == [good, good]
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS has a key that is not 32 bytes"):
        env.fernet_keys("FIELD_ENCRYPTION_KEYS", f"{good},hunter2")
