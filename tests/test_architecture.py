"""The layers of the package: .importlinter says which folder may import which, ARCHITECTURE.md draws them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.places import REPOSITORY

CONFIG = REPOSITORY / ".importlinter"


def _lint(config: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys, importlinter.cli as cli; sys.exit(cli.lint_imports(sys.argv[1], no_cache=True))"
    command = [sys.executable, "-c", code, str(config)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_imports_run_one_way() -> None:
    done = _lint(CONFIG)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_import_upwards_is_found(tmp_path: Path) -> None:
    text = (
        CONFIG.read_text(encoding="utf-8")
        .replace("| levels", "")
        .replace("    chain\n", "    levels\n    chain\n")
    )
    (tmp_path / "layers").write_text(text)
    done = _lint(tmp_path / "layers")
    assert done.returncode == 1 and "gmplug.levels is not allowed to import" in done.stdout, done.stdout


def test_every_folder_is_on_the_page() -> None:
    page = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = [path.name for path in (REPOSITORY / "gmplug").iterdir() if (path / "__init__.py").is_file()]
    assert [name for name in folders if f"`{name}`" not in page] == []
