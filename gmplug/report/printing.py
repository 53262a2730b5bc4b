"""Prints a page to PDF by Chromium or Chrome."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gmplug.errors import InputError

_BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
    "microsoft-edge",
)  # fmt: skip
_TIMEOUT_S = 120
#: Chromium asks for this of the user root.
_ROOT = ("--no-sandbox",) if getattr(os, "geteuid", lambda: 1)() == 0 else ()


def find_browser() -> str | None:
    """Return the path of Chromium, Chrome or Edge on the search path; None where there is none."""
    return next((path for name in _BROWSERS if (path := shutil.which(name))), None)


def print_page(page: Path) -> Path:
    """Print a page to a PDF beside it; return its path.

    Raises
    ------
    InputError
        There is no browser, or it did not print.
    """
    browser = find_browser()
    if browser is None:
        raise InputError(
            f"{page}: no Chromium, Chrome or Edge on the search path; install one, or open it "
            "in your browser and print it to a PDF"
        )
    target = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory(prefix="gmplug-print-") as scratch:
        made = Path(scratch) / "page.pdf"
        command = [
            browser, "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer",
            "--virtual-time-budget=10000", f"--user-data-dir={scratch}/profile", f"--print-to-pdf={made}",
            *_ROOT, page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"{page}: {browser} did not print it ({error})") from None
        if not made.is_file():
            said = " ".join(done.stderr.split())[-300:]
            raise InputError(f"{page}: {browser} did not print it (exit status {done.returncode}; {said})")
        shutil.move(made, target)
    return target
