"""``gmplug doctor``: check what studies need on this machine."""

from __future__ import annotations

import click


@click.command()
def doctor() -> None:
    """Check Python, libraries, OpenSees, TensorFlow and plugins; exit status 1 if one fails."""
    from gmplug.cli.checks import run_checks

    failed = False
    for check in run_checks():
        mark = "ok " if check.ok else ("-- " if check.optional else "!! ")
        click.echo(f"{mark} {check.name:<14} {check.text}")
        failed |= not check.ok and not check.optional
    if failed:
        raise SystemExit(1)
