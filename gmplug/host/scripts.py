"""Loading a study's own Python script from its path."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from gmplug.errors import PluginError


def load_script(path: Path) -> ModuleType:
    """Import the script at ``path`` as a module; its own folder can be imported from while it loads.

    Raises
    ------
    PluginError
        The file is missing or raises; the line names file and line number.
    """
    path = path.resolve()
    if not path.is_file():
        raise PluginError(f"script {path}: no such file; check the path in the study file")
    name = f"gmplug_script_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"script {path}: is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        raise PluginError(
            f"script {path.name}, {_line(error, path)}{type(error).__name__}: {error}"
        ) from error
    finally:
        sys.path.remove(str(path.parent))
    return module


def _line(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f"line {error.lineno}: "
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == path]
    return f"line {frames[-1].lineno}: " if frames else ""
