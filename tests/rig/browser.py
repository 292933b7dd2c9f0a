"""Debian's chromium for the tests that look at pages."""

import os
import shutil

import pytest

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def chromium_path() -> str:
    """Return where chromium is; without it skip the test, or fail it where CI is set."""
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium is not installed; `make test` installs it when run as root.")
    return str(path)


def missing(reason: str) -> None:
    """Skip the test for a lack of this machine, but fail it in CI, where nothing may lack."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
