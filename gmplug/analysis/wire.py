"""Messages between a process and its workers, as JSON: a length, then the text.

A message is plain data: None, bool, int, float, str, list, dict with text keys; arrays of numbers and
tables; and, by name, tuples, paths, gmplug's own dataclasses, functions that can be imported, and
exceptions. Nothing else can be sent, so a worker runs nothing that was not installed or in a script already.
"""

from __future__ import annotations

import builtins
import dataclasses
import importlib
import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import gmplug.analysis.errors
import gmplug.errors

_LENGTH = struct.Struct("!Q")
_TAG = "*"  # marks a mapping that stands for something else


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message; raises TypeError, before anything is written, where it cannot be sent."""
    send_text(stream, dumps(message))


def send_text(stream: IO[bytes], text: str) -> None:
    """Write one message that :func:`dumps` has made."""
    content = text.encode()
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def dumps(message: Any) -> str:
    """Return a message as text; raises TypeError where it cannot be sent."""
    return json.dumps(_encode(message))


def loads(text: str | bytes) -> Any:
    """Return the message of a text; raises as :func:`receive` does."""
    return decode(json.loads(text))


def receive(stream: IO[bytes]) -> Any:
    """Read one message.

    Raises EOFError where the other side is gone, ImportError or AttributeError where a name in the message
    cannot be found here.
    """
    return decode(receive_json(stream))


def receive_json(stream: IO[bytes]) -> Any:
    """Read one message as JSON, for :func:`decode`; raises EOFError where the other side is gone."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(header)
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return json.loads(content)


def _encode(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, tuple):
        return {_TAG: "tuple", "items": [_encode(item) for item in value]}
    if isinstance(value, Mapping):
        return _encode_mapping(value)
    if isinstance(value, Path):
        return {_TAG: "path", "path": str(value)}
    if isinstance(value, BaseException):
        return {_TAG: "error", **_encode_error(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {_TAG: "dataclass", "name": _name_of(type(value)), "fields": fields}
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:  # a numpy number
        return _encode(value.item())
    if hasattr(value, "iterrows"):
        return {_TAG: "frame", "columns": {str(name): _encode(value[name].tolist()) for name in value}}
    if hasattr(value, "tolist"):
        return {_TAG: "array", "dtype": str(value.dtype), "items": value.tolist()}
    if callable(value):
        return {_TAG: "function", "name": _name_of(value)}
    raise TypeError(f"{type(value).__name__} is not plain data")


def _encode_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    if not all(isinstance(key, str) for key in value):
        raise TypeError("a mapping with keys that are not texts is not plain data")
    items = {key: _encode(item) for key, item in value.items()}
    return {_TAG: "mapping", "items": items} if _TAG in items else items


def _encode_error(error: BaseException) -> dict[str, Any]:
    try:
        arguments = [_encode(argument) for argument in error.args]
    except TypeError:
        arguments = [str(error)]
    return {"name": type(error).__name__, "arguments": arguments, "text": str(error)}


def _name_of(thing: Any) -> str:
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", "")
    if not module or not name or "<" in name:
        raise TypeError(f"{thing!r} cannot be found by its name; define it at the top of a module")
    return f"{module}:{name}"


def decode(value: Any) -> Any:
    """Return what JSON stands for; raises ImportError or AttributeError where a name cannot be found here."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _TAG not in value:
        return {key: decode(item) for key, item in value.items()}
    return _DECODERS[value[_TAG]](value)


def _decode_array(value: Mapping[str, Any]) -> Any:
    import numpy as np

    return np.asarray(value["items"], dtype=value["dtype"])


def _decode_frame(value: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.DataFrame({name: decode(column) for name, column in value["columns"].items()})


def _find(name: str) -> Any:
    module, _, path = name.partition(":")
    thing: Any = importlib.import_module(module)
    for part in path.split("."):
        thing = getattr(thing, part)
    return thing


def _decode_dataclass(value: Mapping[str, Any]) -> Any:
    return _find(value["name"])(**{key: decode(item) for key, item in value["fields"].items()})


def _decode_error(value: Mapping[str, Any]) -> BaseException:
    """Return an exception of gmplug or Python itself, any other as a RuntimeError."""
    places = (gmplug.errors, gmplug.analysis.errors, builtins)
    kind = next((getattr(m, value["name"]) for m in places if hasattr(m, value["name"])), None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        try:
            return kind(*[decode(argument) for argument in value["arguments"]])
        except TypeError:
            pass  # its constructor has other parameters
    return RuntimeError(f"{value['name']}: {value['text']}")


_DECODERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "tuple": lambda value: tuple(decode(item) for item in value["items"]),
    "mapping": lambda value: {key: decode(item) for key, item in value["items"].items()},
    "path": lambda value: Path(value["path"]),
    "array": _decode_array,
    "frame": _decode_frame,
    "dataclass": _decode_dataclass,
    "function": lambda value: _find(value["name"]),
    "error": _decode_error,
}
