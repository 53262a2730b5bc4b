"""Loads a study's own Python script, after checking that it offers something."""

from __future__ import annotations

import ast
import contextlib
import difflib
import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from gmplug.errors import PluginError
from gmplug.host.script_files import model_files

#: Start of the name of a script's module.
SCRIPT_PREFIX = "gmplug_script_"

#: The function of a script that builds the model.
MODEL_FUNCTION = "build_model"

#: Modules that scripts imported from their own folder: the folder, the file and its modification time.
_imported: dict[str, tuple[Path, Path, int]] = {}


def load_script(path: Path) -> ModuleType:
    """Import the script at ``path`` as a module. While it loads, it can import from its own folder.

    A script without ``build_model`` and without a hook is not run.

    Raises
    ------
    PluginError
        The file is missing, offers nothing, or raises. The line has the file and the line number.
    """
    path = path.resolve()
    if not path.is_file():
        raise PluginError(f"script {path}: no such file; check the path in the study file")
    _check_offers(path)
    name = f"{SCRIPT_PREFIX}{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"script {path}: is not a Python file")
    module = importlib.util.module_from_spec(spec)
    _forget_others(path.parent)
    sys.modules[name] = module
    try:
        with importing_from(path.parent):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        raise PluginError(
            f"script {_place(error, path)}: {type(error).__name__}: {_reason(error)}"
        ) from error
    return module


@contextlib.contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Allow imports from a script's folder within the block."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            file = Path(getattr(sys.modules[name], "__file__", None) or "")
            if file.suffix == ".py" and file.is_relative_to(folder):
                _imported[name] = folder, file, _changed_at(file)


def imported_files() -> set[Path]:
    """Return the files of the modules that scripts imported from their own folders."""
    return {file.resolve() for _, file, _ in _imported.values()}


def _forget_others(folder: Path) -> None:
    """Remove modules that scripts of other folders imported, and modules whose files have changed.

    Otherwise ``import params`` in a script could return the file of another script, or an old version.
    """
    if any(home != folder or _changed_at(file) != time for home, file, time in _imported.values()):
        for name in _imported:
            sys.modules.pop(name, None)
        _imported.clear()
        importlib.invalidate_caches()


def _changed_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return -1


# -- what a script offers, read without running it --------------------------------------------------


def _check_offers(path: Path) -> None:
    """Raise PluginError if a script is not Python, or has neither ``build_model`` nor a hook."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise PluginError(
            f"script {_place(error, path)}: {type(error).__name__}: {_reason(error)}"
        ) from error
    except (OSError, ValueError) as error:
        raise PluginError(f"script {path}: cannot be read ({error})") from error
    names = _bound(tree.body)
    if _offers(names) or _hooks(tree) or _brings_in(tree, path):
        return
    close = difflib.get_close_matches(MODEL_FUNCTION, [*names, *_folded(names)], n=1, cutoff=0.75)
    meant = f" (is it {_folded(names).get(close[0], close[0])}? rename it)" if close else ""
    raise PluginError(
        f"script {path.name}: defines no function {MODEL_FUNCTION}{meant} and no hook of gmplug, so it was "
        f"not run. Either build the model in `def {MODEL_FUNCTION}(ops):` and return a "
        "gmplug.StructureModel (`gmplug init "
        "DIR` writes an example); or remove the script from [structure] and run the selected motions in "
        "it: `gmplug export RUN --format openseespy`, or gmplug.motions(RUN)"
    )


def _offers(names: set[str]) -> bool:
    return any(name == MODEL_FUNCTION or name.startswith("gmplug_") for name in names)


def _folded(names: set[str]) -> dict[str, str]:
    return {name.lower().replace("_", "").replace("buildmodel", MODEL_FUNCTION): name for name in names}


def _bound(body: list[ast.stmt]) -> set[str]:
    """Names that statements bind in their own scope, also inside ``if``, ``try``, ``with`` and loops."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
        else:
            for field in ("body", "orelse", "finalbody"):
                names |= _bound(getattr(node, field, []))
            for handler in getattr(node, "handlers", []):
                names |= _bound(handler.body)
    return names


def _hooks(tree: ast.Module) -> bool:
    """Whether anything is marked as a hook."""
    return any(
        (isinstance(node, ast.Name) and node.id == "hookimpl")
        or (isinstance(node, ast.Attribute) and node.attr == "hookimpl")
        for node in ast.walk(tree)
    )


def _brings_in(tree: ast.Module, path: Path) -> bool:
    """Whether the script includes another file (``import *``, ``exec``) that has a model or a hook."""
    takes_all = any(
        (isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names))
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "exec")
        for node in ast.walk(tree)
    )
    if not takes_all:
        return False
    for other in model_files(path)[1:]:
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            if other.suffix == ".py" and _offers(_bound(ast.parse(other.read_bytes()).body)):
                return True
    return False


# -- messages ----------------------------------------------------------------------------------------


def _place(error: BaseException, path: Path) -> str:
    """File and line of an error: in the script, or in a file beside it that the script imports."""
    if isinstance(error, SyntaxError) and error.lineno:
        named = error.filename if error.filename and not error.filename.startswith("<") else path
        return f"{Path(named).name}, line {error.lineno}"
    own = [
        f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(path.parent)
    ]
    own = [f for f in own if "site-packages" not in f.filename] or own
    if not own:
        return path.name
    inner = f"{Path(own[-1].filename).name}, line {own[-1].lineno}"
    return inner if Path(own[-1].filename) == path else f"{path.name}: {inner}"


def _reason(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    if isinstance(error, ModuleNotFoundError):
        text += "; install it, or put its file beside the script"
    return text
