"""The results of a run directory: one row for each finished analysis, written as it finishes (SQLite)."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from gmplug.analysis.setup import AnalysisSetup
from gmplug.errors import InputError, StudyError
from gmplug.values import AnalysisResult

STORE_FILE = "analyses.sqlite"

_FIELDS = tuple(field.name for field in dataclasses.fields(AnalysisResult))
_COLUMNS = ", ".join(_FIELDS)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS analyses (
    fingerprint TEXT PRIMARY KEY,
    setup TEXT NOT NULL,
    log TEXT NOT NULL,
    finished_utc TEXT NOT NULL,
    id TEXT,
    status TEXT,
    demands TEXT,
    message TEXT,
    wall_s REAL,
    steps INTEGER,
    retries INTEGER,
    time_reached_s REAL,
    last_norm REAL,
    history TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setups (
    fingerprint TEXT PRIMARY KEY,
    inputs TEXT NOT NULL,
    versions TEXT NOT NULL,
    description TEXT
);
"""


class Finished(NamedTuple):
    """A result, the fingerprints of its inputs and of its setup, and the end of its log."""

    fingerprint: str
    setup: str
    result: AnalysisResult
    log: str = ""


def remove_analyses(run_dir: Path) -> None:
    """Remove the results and logs of a run directory's analyses."""
    for suffix in ("", "-wal", "-shm"):
        (run_dir / f"{STORE_FILE}{suffix}").unlink(missing_ok=True)
    shutil.rmtree(run_dir / "analysis", ignore_errors=True)


class ResultStore:
    """Results by the fingerprint of their inputs; a context manager that closes the file.

    What :meth:`put` has returned from survives the death of this process and of the machine: every
    transaction is flushed to the disk (``synchronous = FULL``). That takes some milliseconds, so put whatever
    has finished in the meantime into one transaction.

    Raises InputError if the file is not a result store.
    """

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / STORE_FILE
        self._connection = sqlite3.connect(self._path)
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.executescript(_SCHEMA)
            self._connection.execute(
                f"SELECT {_COLUMNS} FROM analyses LIMIT 0"
            )  # another version's lacks some
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise InputError(
                f"{self._path}: not a store of results ({error}); remove it, or use --fresh"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    @contextlib.contextmanager
    def _transaction(self, commit: bool = True) -> Iterator[None]:
        try:
            with self._connection if commit else contextlib.nullcontext():
                yield
        except sqlite3.OperationalError as error:
            raise StudyError(f"{self._path}: cannot be written ({error})") from error

    def get(self, fingerprint: str) -> AnalysisResult | None:
        """Return the result of these inputs, if they were run."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM analyses WHERE fingerprint = ?", (fingerprint,)
        ).fetchone()
        return None if row is None else _result(row)

    def results(self, setup: str | None = None) -> Iterator[AnalysisResult]:
        """Yield all results, or those of the setup with this fingerprint, one at a time."""
        where, given = ("", ()) if setup is None else (" WHERE setup = ?", (setup,))
        for row in self._connection.execute(f"SELECT {_COLUMNS} FROM analyses{where}", given):
            yield _result(row)

    def put(self, finished: Iterable[Finished]) -> None:
        """Keep results for good, in one transaction.

        Raises StudyError where the file cannot be written (disk full, ...).
        """
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        columns = f"fingerprint, setup, log, finished_utc, {_COLUMNS}"
        places = ", ".join("?" * (4 + len(_FIELDS)))
        with self._transaction():
            self._connection.executemany(
                f"INSERT OR REPLACE INTO analyses ({columns}) VALUES ({places})",
                [(row.fingerprint, row.setup, row.log, now, *_row(row.result)) for row in finished],
            )

    def put_setup(self, fingerprint: str, setup: AnalysisSetup, versions: Mapping[str, str]) -> None:
        """Keep the inputs of the analyses of a setup, for people to read, from the next transaction on."""
        with self._transaction(commit=False):
            self._connection.execute(
                "INSERT OR IGNORE INTO setups (fingerprint, inputs, versions) VALUES (?, ?, ?)",
                (fingerprint, _json(dataclasses.asdict(setup)), _json(dict(versions))),
            )

    def description(self, fingerprint: str) -> dict[str, Any] | None:
        """Return the description of the structure of this setup, if it was built."""
        row = self._connection.execute(
            "SELECT description FROM setups WHERE fingerprint = ?", (fingerprint,)
        ).fetchone()
        return None if row is None or row[0] is None else json.loads(row[0])

    def put_description(self, fingerprint: str, description: Mapping[str, Any]) -> None:
        """Keep the description of the structure of a setup that is kept."""
        with self._transaction():
            self._connection.execute(
                "UPDATE setups SET description = ? WHERE fingerprint = ?",
                (_json(dict(description)), fingerprint),
            )


def _json(content: Any) -> str:
    return json.dumps(content, default=str)


def _row(result: AnalysisResult) -> list[Any]:
    """Return the values of a result's columns; JSON has no NaN, so that a demand which is one is null."""
    demands = _json({name: value if value == value else None for name, value in result.demands.items()})
    return [demands if name == "demands" else getattr(result, name) for name in _FIELDS]


def _result(row: tuple[Any, ...]) -> AnalysisResult:
    values = dict(zip(_FIELDS, row, strict=True))
    demands = json.loads(values.pop("demands"))
    known = {name: float("nan") if value is None else value for name, value in demands.items()}
    return AnalysisResult(**values, demands=known)
