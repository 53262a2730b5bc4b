"""Messages to worker processes: plain data comes back as it was, and nothing else is sent."""

from __future__ import annotations

import io
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmplug.analysis import AnalysisSetup, WorkerCrashed
from gmplug.analysis.wire import receive, send
from gmplug.errors import InputError
from gmplug.values import AnalysisResult, AnalysisTask


def _there_and_back(message: Any) -> Any:
    stream = io.BytesIO()
    send(stream, message)
    stream.seek(0)
    return receive(stream)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.just("*"), inner)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_data_comes_back_as_it_was(message: Any) -> None:
    assert _there_and_back(message) == message


def test_what_analyses_send_comes_back_as_it_was() -> None:
    setup = AnalysisSetup("frame", 1.0, {"hardening": 0.02}, Path("a"), (Path("b.py"),))
    task = AnalysisTask("x", 1.5, {"file_h1": "f.AT2", "magnitude": np.float64(7.0), "n": np.int64(3)})
    result = AnalysisResult("x", "ok", {"peak_story_drift_ratio": 0.01})
    for message in (setup, task, result):
        assert _there_and_back(message) == message
    assert math.isnan(_there_and_back(math.nan))
    assert _there_and_back(os.getpid) is os.getpid


def test_errors_keep_their_kind() -> None:
    error = _there_and_back(InputError(["one", "two"]))
    assert isinstance(error, InputError)
    assert error.problems == ("one", "two")
    assert isinstance(_there_and_back(WorkerCrashed("gone", 2.0)), WorkerCrashed)
    assert isinstance(_there_and_back(ZeroDivisionError("x")), ZeroDivisionError)
    other = _there_and_back(np.linalg.LinAlgError("singular"))
    assert isinstance(other, RuntimeError)
    assert str(other) == "LinAlgError: singular"


@pytest.mark.parametrize("message", [object(), lambda: 1, {1: 2}, {"a": {2, 3}}, b"bytes"])
def test_nothing_else_is_sent(message: Any) -> None:
    stream = io.BytesIO()
    with pytest.raises(TypeError):
        send(stream, message)
    assert stream.getvalue() == b""
