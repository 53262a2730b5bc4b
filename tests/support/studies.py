"""The small study of the test kit, and one with levels."""

from __future__ import annotations

from pathlib import Path

from gmplug.testing.small_study import STUDY, write_small_study

__all__ = ["STUDY", "write_levels_study", "write_small_study"]

LEVELS = """
[risk]
assess = ["fragility", "risk", "counting"]
[risk.fragility]
drift_thresholds = [0.02, 0.05]
samples = 50
[risk.counting]
unit = "analyses"

[[levels]]
name = "often"
sa_g = 0.1
return_period_years = 72
[[levels]]
name = "design"
sa_g = 0.3
return_period_years = 475
[[levels]]
name = "rare"
sa_g = 0.8
annual_rate = 0.0004
scenario = { magnitude = 7.2, rjb_km = 10.0, vs30_m_s = 400.0, mechanism = "strike-slip" }
"""


SCRIPT = """
import gmplug
import pandas as pd


@gmplug.hookimpl
def gmplug_risk_assessments():
    def counting(demands, hazard, before, out_dir, unit="runs"):
        (out_dir / "own.txt").write_text("mine")
        table = demands.table.groupby("level").size().rename(unit).reset_index()
        png = before["fragility"].pictures["fragility"].png
        values = {"seen": list(before), "points": len(hazard), "headline": {"counted": len(demands.table)}}
        return gmplug.Assessment(values, {"counts": table}, {"again": gmplug.Picture(png, "Seen before.")})

    return {"counting": counting}
"""


def write_levels_study(folder: Path) -> Path:
    """The small study with a yielding oscillator, at three levels."""
    path = write_small_study(folder)
    (folder / "hooks.py").write_text(SCRIPT)
    text = path.read_text().replace(
        'model = "model.py"', 'model = "sdof"\nyield_coefficient = 0.1\ncollapse_drift_ratio = 0.25'
    )
    text = text.replace("sa_g = 0.15\n", "").replace("seed = 3", 'seed = 3\nscripts = ["hooks.py"]')
    text = text.replace("[0.1, 10.0]", "[0.05, 30.0]").replace(
        'method = "kmeans"', 'method = "kmeans"\nk_max = 2'
    )
    text = text.replace("[analysis]\n", '[analysis]\nhistories = ["story_drift_ratio"]\n')
    path.write_text(text + LEVELS)
    return path
