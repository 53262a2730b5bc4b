"""Runs pelicun's command on exported files and reads its results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

from gmplug import StudyError

#: The command that repeats the calculation in the exported folder.
COMMAND = ("-m", "pelicun.tools.DL_calculation", "-c", "config.json", "--dirnameOutput", "results")
#: File of the exported folder with the output of the command.
OUTPUT = "pelicun_output.txt"


def run_pelicun(folder: Path) -> None:
    """Run pelicun in a folder that holds config.json, response.csv and CMP_QNT.csv; results go to results/.

    Raises
    ------
    StudyError
        pelicun failed; the message has its last line and the file with the rest.
    """
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    environment = os.environ | quiet
    done = subprocess.run(
        [sys.executable, *COMMAND],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    text = done.stdout.decode(errors="replace")
    (folder / OUTPUT).write_text(text, encoding="utf-8")
    if done.returncode != 0 or not (folder / "results" / "DL_summary.csv").is_file():
        said = [line.strip() for line in text.splitlines() if line.strip()]
        raise StudyError(f"pelicun failed: {said[-1] if said else 'no message'} (see {folder / OUTPUT})")


def read_summary(folder: Path) -> pd.DataFrame:
    """Return DL_summary.csv: ``repair_cost`` (USD of 2011), ``parallel`` and ``sequential`` repair times
    (worker-days), ``collapsed`` and ``irreparable`` (0 or 1), one row per realization."""
    table = pd.read_csv(folder / "results" / "DL_summary.csv", index_col=0)
    return pd.DataFrame(
        {
            "repair_cost": table["repair_cost-"].to_numpy(dtype=float),
            "parallel": table["repair_time-parallel"].to_numpy(dtype=float),
            "sequential": table["repair_time-sequential"].to_numpy(dtype=float),
            "collapsed": (table["collapse"] > 0).to_numpy().astype(int),
            "irreparable": (table["irreparable"] > 0).to_numpy().astype(int),
        }
    )


def mean_cost_by_component(folder: Path) -> pd.Series:
    """Return the mean repair cost (USD of 2011) that each component causes, over all realizations."""
    table = pd.read_csv(folder / "results" / "DV_repair_grp.zip", index_col=0, dtype=str)
    table = table[~table.index.str.lower().isin(["units"])]
    costs = table.loc[:, table.columns.str.startswith("Cost-")].astype(float).mean()
    costs.index = pd.Index([str(name).rsplit("-", 1)[-1] for name in costs.index], name="component")
    return costs.groupby(level=0).sum()
