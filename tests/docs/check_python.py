"""Check a Python block without running it: names of gmplug exist, and calls have arguments that they take."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import types
import typing
from dataclasses import dataclass
from typing import Any

from gmplug import hookspecs
from gmplug.levels import LevelsRun

#: What a page leaves to the reader: arrays, folders and functions of their own.
READERS = {
    *("acceleration_g", "time_step_s", "periods_s", "ln_sa", "others", "my_model", "my_plugin", "my_records"),
    *("run", "save", "load", "host", "folder", "run_dir", "make_executor", "model", "jobs", "keep"),
}


@dataclass(frozen=True)
class Instance:
    """A value of which only the class is known."""

    kind: type


def python_problems(texts: list[str]) -> list[str]:
    """Return what is wrong in the Python blocks of a page, which are one program."""
    problems: list[str] = []
    checker, bound = _Checker(problems), set(dir(builtins)) | READERS
    trees = [ast.parse(text) for text in texts]
    for tree in trees:
        bound |= _bound(tree)
    for tree in trees:
        checker.visit(tree)
        problems += [
            f"{node.id} is not defined on the page"
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and node.id not in bound
        ]
    return list(dict.fromkeys(problems))


def _bound(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
    return names


class _Checker(ast.NodeVisitor):
    """Follows values of gmplug through a program."""

    def __init__(self, problems: list[str]) -> None:
        self.known: dict[str, Any] = {}
        self.problems = problems

    def visit_Import(self, node: ast.Import) -> None:
        for one in node.names:
            module = self._module(one.name)
            self.known[one.asname or one.name.partition(".")[0]] = (
                module if one.asname else self._module(one.name.partition(".")[0])
            )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = self._module(str(node.module))
        for one in node.names if module is not None else ():
            value = getattr(module, one.name, None) or self._module(f"{node.module}.{one.name}")
            if value is None:
                self.problems.append(f"{node.module} has no {one.name}")
            self.known[one.asname or one.name] = value

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.known[target.id] = self._value(node.value)

    def visit_For(self, node: ast.For) -> None:
        if isinstance(node.target, ast.Name):
            self.known[node.target.id] = self._item(node.iter)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        hook = getattr(hookspecs, node.name, None)
        arguments = [one.arg for one in (*node.args.args, *node.args.kwonlyargs)]
        if node.name.startswith("gmplug_"):
            taken = () if hook is None else inspect.signature(hook).parameters
            self.problems += [] if hook is not None else [f"no hook {node.name}"]
            self.problems += [f"{node.name} does not give {name}" for name in arguments if name not in taken]
        outer = self.known
        self.known = {name: value for name, value in outer.items() if name not in arguments}
        self.generic_visit(node)
        self.known = {**outer, node.name: None}

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._value(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self._check_call(node)
        self.generic_visit(node)

    def _check_call(self, node: ast.Call) -> None:
        function = self._value(node.func)
        if not callable(function) or not str(getattr(function, "__module__", "")).startswith("gmplug"):
            return
        starred = any(isinstance(one, ast.Starred) for one in node.args)
        if starred or any(one.arg is None for one in node.keywords):
            return
        try:
            inspect.signature(function).bind(*node.args, **{str(one.arg): one for one in node.keywords})
        except TypeError as error:
            self.problems.append(f"{ast.unparse(node)[:80]}: {error}")

    def _value(self, node: ast.AST) -> Any:
        """The value of an expression or its Instance; None where nothing is known."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Attribute):
            return self._attribute(self._value(node.value), node.attr)
        if isinstance(node, ast.Call):
            function = self._value(node.func)
            if isinstance(function, type):
                return Instance(function)
            return _returned(function) if callable(function) else None
        return None

    def _item(self, node: ast.AST) -> Instance | None:
        """An item of what a call returns."""
        function = self._value(node.func) if isinstance(node, ast.Call) else None
        items = typing.get_args(_hints(function).get("return")) if callable(function) else ()
        return _instance(items[0]) if items else None

    def _attribute(self, value: Any, name: str) -> Any:
        if isinstance(value, types.ModuleType | type):
            found = getattr(value, name, None)
            if found is None:
                self.problems.append(f"{value.__name__} has no {name}")
            return found
        if not isinstance(value, Instance) or not value.kind.__module__.startswith("gmplug"):
            return None
        kind = value.kind
        member = inspect.getattr_static(kind, name, None)
        if isinstance(member, property):
            return _returned(member.fget)
        if callable(member):
            return types.MethodType(member, value)
        hint = _hints(kind).get(name)
        if hint is None and member is None and f"self.{name}" not in _sources(kind):
            self.problems.append(f"{kind.__name__} has no {name}")
        return _instance(hint)

    def _module(self, name: str) -> Any:
        """A module of gmplug; None for others, which are their authors' to test."""
        if name.partition(".")[0] != "gmplug":
            return None
        try:
            return importlib.import_module(name)
        except ImportError:
            self.problems.append(f"no module {name}")
            return None


def _sources(kind: type) -> str:
    return "".join(inspect.getsource(one) for one in kind.__mro__ if one.__module__.startswith("gmplug"))


def _hints(value: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(value)
    except Exception:  # names that only type checkers import
        return dict.fromkeys(getattr(value, "__annotations__", ()), Any)


def _returned(function: Any) -> Instance | None:
    if getattr(function, "__name__", "") == "load_run":
        return Instance(LevelsRun)  # a Run, and more
    hint = _hints(function).get("return")
    if hint is typing.Self and isinstance(function, types.MethodType):
        return function.__self__ if isinstance(function.__self__, Instance) else None
    return _instance(hint)


def _instance(hint: Any) -> Instance | None:
    """The instance of a hint; of ``X | None``, of X."""
    options = [one for one in typing.get_args(hint) if one is not type(None)]
    if isinstance(hint, types.UnionType) and len(options) == 1:
        return _instance(options[0])
    return Instance(hint) if isinstance(hint, type) and hint is not type(None) else None
