"""The results of a run directory: one row for each finished analysis, written as it finishes (SQLite)."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gmplug.errors import InputError
from gmplug.values import AnalysisResult

STORE_FILE = "analyses.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS analyses (
    fingerprint TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    demands TEXT NOT NULL,
    wall_s REAL NOT NULL,
    steps INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    time_reached_s REAL NOT NULL,
    versions TEXT NOT NULL,
    finished_utc TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS structures (
    fingerprint TEXT PRIMARY KEY,
    description TEXT NOT NULL
);
"""
_RESULT_COLUMNS = "id, status, message, demands, wall_s, steps, retries, time_reached_s"


class ResultStore:
    """Results by the fingerprint of their inputs; a context manager that closes the file.

    Raises InputError if the file is not a result store.
    """

    def __init__(self, run_dir: Path) -> None:
        path = run_dir / STORE_FILE
        self._connection = sqlite3.connect(path)
        try:
            # A finished analysis survives the death of this process; a power cut could cost the last ones.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise InputError(
                f"{path}: not a store of results ({error}); remove it, or use --fresh"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, fingerprint: str) -> AnalysisResult | None:
        """Return the result of these inputs, if they were run."""
        row = self._connection.execute(
            f"SELECT {_RESULT_COLUMNS} FROM analyses WHERE fingerprint = ?",
            (fingerprint,),
        ).fetchone()
        if row is None:
            return None
        task_id, status, message, demands, wall_s, steps, retries, time_reached_s = row
        return AnalysisResult(
            task_id,
            status,
            demands=_demands(json.loads(demands)),
            message=message,
            wall_s=wall_s,
            steps=steps,
            retries=retries,
            time_reached_s=time_reached_s,
        )

    def put(self, fingerprint: str, result: AnalysisResult, versions: Mapping[str, str]) -> None:
        """Keep a result for good."""
        row = (
            fingerprint,
            result.id,
            result.status,
            result.message,
            json.dumps({k: v if v == v else None for k, v in result.demands.items()}),
            result.wall_s,
            result.steps,
            result.retries,
            result.time_reached_s,
            json.dumps(dict(versions)),
            datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )
        with self._connection:
            self._connection.execute(
                f"INSERT OR REPLACE INTO analyses (fingerprint, {_RESULT_COLUMNS}, versions, finished_utc) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def structure(self, fingerprint: str) -> dict[str, Any] | None:
        """Return the description of the structure of these inputs, if it was built."""
        row = self._connection.execute(
            "SELECT description FROM structures WHERE fingerprint = ?", (fingerprint,)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def put_structure(self, fingerprint: str, description: Mapping[str, Any]) -> None:
        """Keep a structure's description."""
        with self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO structures VALUES (?, ?)",
                (fingerprint, json.dumps(dict(description))),
            )


def _demands(content: Mapping[str, float | None]) -> dict[str, float]:
    return {name: float("nan") if value is None else value for name, value in content.items()}
