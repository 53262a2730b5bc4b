"""Files of a model: its script, and the files beside it that the script imports, sources and reads.

The scripts are parsed, not run. A file belongs to the model where a script imports or sources it, or where a
string of the script names it: ``"E.txt"``, ``folder / "sections" / name``, ``f"column_{i}.dat"``. A part of a
name that is known only at run time matches anything, so that a file too many may be found. Names that are
composed in any other way are not found.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

#: Calls that write: what they name is a result, not a part of the model.
_WRITING = frozenset(
    {"recorder", "logFile", "write_text", "write_bytes", "savetxt", "save", "to_csv", "mkdir"}
)
_LONGEST_NAME = 300
_ANY = "*"


def model_files(script: Path) -> tuple[Path, ...]:
    """Return the files that a model consists of, the script first, the others sorted.

    ``script`` is a Python or a Tcl file. A file that is missing or cannot be read counts as empty. The same
    files, unchanged, are not read again.
    """
    script = Path(script).resolve()
    found = {script: None}
    waiting = [script]
    while waiting:
        for path in _belonging(waiting.pop(), script.parent):
            if path not in found:
                found[path] = None
                if path.suffix in (".py", ".tcl"):
                    waiting.append(path)
    return (script, *sorted(path for path in found if path != script))


def missing_sources(script: Path) -> list[str]:
    """Return a line for each file that a Tcl script sources by a plain name and that is not there.

    Sources behind a ``file exists`` are left out.
    """
    lines = []
    for path in (p for p in model_files(script) if p.suffix == ".tcl"):
        text = _text(path)
        for number, line in enumerate(text.split("\n"), start=1):
            named = re.match(r"\s*source\s+[\"{]?([\w./\\ -]+?)[\"}]?\s*(?:;.*)?$", line)
            if named is None or re.search(rf"file\s+exists\s+\S*{re.escape(named[1])}", text):
                continue
            if not any((folder / named[1]).is_file() for folder in (script.resolve().parent, path.parent)):
                lines.append(
                    f"{path.name}, line {number}: sources {named[1]}, which is not beside {script.name}"
                )
    return lines


def _belonging(path: Path, folder: Path) -> Iterator[Path]:
    """Files that one file of a model names; ``folder`` is that of the model's script."""
    try:
        stat = path.stat()
    except OSError:
        return
    names = _names(path, stat.st_size, stat.st_mtime_ns)
    bases = (path.parent, folder)
    folders = list(
        dict.fromkeys([*bases, *(d for b in bases for name in names.texts for d in _folders(b, name))])
    )
    for name in names.modules:
        yield from _module(name, folders)
    for level, name in names.relative_modules:
        yield from _module(name, path.parents[level : level + 1])
    for name in names.texts:
        for base in folders:
            yield from _matching(base, name, path)


@dataclass(frozen=True)
class _Names:
    """What a script names: modules, modules relative to its package (level, name), and texts."""

    modules: tuple[str, ...] = ()
    relative_modules: tuple[tuple[int, str], ...] = ()
    texts: tuple[str, ...] = ()


@lru_cache(maxsize=1000)
def _names(path: Path, size: int, mtime_ns: int) -> _Names:
    text = _text(path)
    if path.suffix != ".py":
        return _Names(texts=tuple(dict.fromkeys(_tcl_names(text))))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return _Names()  # Python reports the error when the script is run
    reader = _PythonNames()
    reader.visit(tree)
    return _Names(_once(reader.modules), _once(reader.relative_modules), _once(reader.texts))


def _once[T](names: list[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(names))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


# -- names in Python ---------------------------------------------------------------------------------


class _PythonNames(ast.NodeVisitor):
    """Gathers modules and texts; a joined text counts as a whole, with ``*`` for what is not known."""

    def __init__(self) -> None:
        self.modules: list[str] = []
        self.relative_modules: list[tuple[int, str]] = []
        self.texts: list[str] = []

    def visit_Import(self, node: ast.Import) -> None:
        self.modules += [alias.name for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        names = [base, *(f"{base}.{alias.name}".strip(".") for alias in node.names if alias.name != "*")]
        if node.level:
            self.relative_modules += [(node.level - 1, name) for name in names if name]
        else:
            self.modules += names

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in _WRITING or (called == "open" and _opens_to_write(node)):
            return
        if called in ("import_module", "__import__"):
            self.modules += _strings(node.args)
        self.generic_visit(node)
        if called == "join" and len(node.args) > 1:  # os.path.join
            self._keep("/".join(filter(None, map(_pattern, node.args))))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._keep(_with_gaps(node.value))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._keep(_pattern(node))

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._keep(_pattern(node))
        self.generic_visit(node)

    def _keep(self, text: str) -> None:
        if 0 < len(text) <= _LONGEST_NAME and "\n" not in text:
            self.texts.append(text)


def _opens_to_write(node: ast.Call) -> bool:
    at = 0 if isinstance(node.func, ast.Attribute) else 1
    modes = [*node.args[at : at + 1], *(k.value for k in node.keywords if k.arg == "mode")]
    return any(re.fullmatch(r"[rwaxbt+]+", text) and set(text) & set("wax") for text in _strings(modes))


def _strings(nodes: Iterable[ast.expr]) -> list[str]:
    return [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _pattern(node: ast.expr) -> str:
    """A path or text as it is put together: ``*`` for unknown parts of names, nothing for unknown folders."""
    if isinstance(node, ast.Constant):
        return _with_gaps(node.value) if isinstance(node.value, str) else str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_pattern(p) if isinstance(p, ast.Constant) else _ANY for p in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        right = _pattern(node.right) or _ANY
        left = _pattern(node.left)
        return f"{left}/{right}" if left else right
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (_pattern(node.left) or _ANY) + (_pattern(node.right) or _ANY)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _pattern(node.left)
    called = node.func if isinstance(node, ast.Call) and node.args else None
    if isinstance(called, ast.Name) and called.id in ("str", "Path"):
        return _pattern(node.args[0])  # type: ignore[attr-defined]
    return ""


def _with_gaps(text: str) -> str:
    """A text with ``*`` where ``format`` or ``%`` puts something."""
    return re.sub(r"\{[^{}\n]*\}|%[-+ 0]*\d*(?:\.\d+)?[sdifg]", _ANY, text)


# -- names in Tcl ------------------------------------------------------------------------------------


def _tcl_names(text: str) -> Iterator[str]:
    """Words of Tcl that may name a file: variables stand for anything, or for a folder before a slash."""
    code = re.sub(r"(?m)^\s*#.*$|;\s*#.*$", "", text)
    code = re.sub(r"(?m)^\s*recorder\s.*$", "", code)
    code = re.sub(r"\bopen\s+\S+\s+[wa]\+?", "", code)
    for joined in re.findall(r"\bfile\s+join\s+([^\[\]\n]*)\]", code):
        parts = [_tcl_word(word) for word in joined.split()]
        yield "/".join(part for part in parts if part.strip(_ANY + "/"))
    quoted = re.findall(r"\"([^\"\n]+)\"|\{([^{}\n]+)\}", code)
    for word in [
        *(a or b for a, b in quoted),
        *re.findall(r"[^\s\"{}\[\];]+", re.sub(r"\$\{[\w:]+\}", _ANY, code)),
    ]:
        name = _tcl_word(word)
        if name.strip(_ANY + "/.") and len(name) <= _LONGEST_NAME:
            yield name


def _tcl_word(word: str) -> str:
    name = re.sub(r"\$\{[^}]*\}|\$[\w:]+(?:\([^)]*\))?|\[[^\]]*\]", _ANY, word.strip('"{}'))
    return re.sub(r"^\*/+", "", name)


# -- files -------------------------------------------------------------------------------------------


def _module(name: str, folders: Iterable[Path]) -> Iterator[Path]:
    """The files of a module of the first folder that has it, its packages' included."""
    parts = [part for part in name.split(".") if part]
    for folder in folders:
        found = []
        for count in range(1, len(parts) + 1):
            place = folder.joinpath(*parts[:count])
            for path in (place / "__init__.py", place.with_name(place.name + ".py")):
                if _exists(path, Path.is_file):
                    found.append(path.resolve())
        if found:
            yield from found
            return


def _folders(base: Path, name: str) -> Iterator[Path]:
    """A folder below or beside ``base`` that a text names, but not ``base`` or what it lies in."""
    if name.strip("./") and _ANY not in name and _exists(base / name, Path.is_dir):
        yield (base / name).resolve()


def _matching(base: Path, name: str, script: Path) -> Iterator[Path]:
    """The files that a text of a script names, from the folder ``base``."""
    found = [base / name]
    if re.fullmatch(r"\.\w{1,10}", name):  # with_suffix
        found.append(script.with_suffix(name))
    elif _ANY in name:
        # A name with gaps must hold more of the file's name than the dot of its ending.
        if not re.search(r"\w", Path(name).name.replace(_ANY, "")):
            return
        root = Path(base.anchor) if name.startswith("/") else base
        try:
            found = list(root.glob(re.sub(r"[*\[\]?]+", _ANY, name.lstrip("/"))))
        except (OSError, ValueError, NotImplementedError, IndexError):
            return
    yield from (path.resolve() for path in found if _exists(path, Path.is_file))


def _exists(path: Path, kind: Callable[[Path], bool]) -> bool:
    try:
        return kind(path)
    except (OSError, ValueError, RuntimeError):
        return False  # a text that can be no path
