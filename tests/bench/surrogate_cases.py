"""Structures and candidates of the benchmark ``surrogate``, and the responses of all, kept in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gmplug.audit.responses import structure_responses
from gmplug.chain.display import Display
from gmplug.chain.engine import Engine
from gmplug.comparison.response import CandidateResponses
from gmplug.runs import open_study, run_study
from gmplug.study.schema import SelectionSection
from gmplug.surrogate.responses import Surrogate, surrogate_of
from gmplug.values import Candidates, Clusters, Target
from tests.support.places import REPOSITORY

RECORDS = REPOSITORY.parent / "shared" / "data" / "records_at2"
STRUCTURES = REPOSITORY / "tests" / "examples" / "structures"
MODELS = REPOSITORY / "examples" / "models"
#: Records are cut to this part of their Arias intensity, so long at most, and resampled to this step.
KEPT, LONGEST_S, STEP_S = (0.002, 0.97), 40.0, 0.02


@dataclass(frozen=True)
class Case:
    """A structure under the candidates.

    Parameters
    ----------
    name, title
        Of the case.
    period_s, sa_g
        T* and Sa(T*).
    model
        ``[structure] model``, and its options.
    whole
        Whether the records are not cut.
    tuned
        Whether its R² was looked at while the surrogates were made.
    simulated
        Whether the records are simulated, of two components.
    count
        Records in a set.
    """

    name: str
    title: str
    period_s: float
    sa_g: float
    model: str
    options: str = ""
    tuned: bool = True
    whole: bool = False
    simulated: bool = False
    count: int = 20


CASES = (
    Case("frame09", "frame, 0.9 g", 1.0, 0.9, "frame"),
    Case("wall", "wall", 0.8, 0.8, str(STRUCTURES / "wall.py")),
    Case("frame04", "frame, 0.4 g", 1.0, 0.4, "frame"),
    Case("shear6", "6-story shear building", 1.0, 0.5, "shear-building", "stories = 6"),
    Case("fiber", "2-story fiber frame", 0.9, 0.9, str(MODELS / "steel_frame_2d" / "model.py")),
    Case("imk4", "4-story concrete frame", 0.9, 0.7, str(STRUCTURES / "deteriorating_frame.py"),
         "stories = 4\nnatural_period_s = 0.9\nstrength = 0.15\nhinge = 'IMKPeakOriented'"),
    Case("imk8", "8-story steel frame", 1.6, 0.5, str(STRUCTURES / "deteriorating_frame.py"),
         "stories = 8\nnatural_period_s = 1.6\nstrength = 0.12\nhinge = 'IMKBilin'"),
    Case("bridge", "bridge column", 0.9, 0.9, str(STRUCTURES / "bridge_column.py")),
    Case("pinching", "4-story pinching building", 0.6, 0.7, "shear-building",
         "stories = 4\nbuilding_type = 'C3'\ndesign_level = 'low'"),
    Case("frame3d", "3D fiber building", 0.6, 0.6, str(MODELS / "frame_3d" / "model.py"), simulated=True,
         count=12),
    Case("whole", "shear building, whole records", 1.0, 0.5, "shear-building", "stories = 6", whole=True,
         tuned=False),
)  # fmt: skip


def study_text(case: Case, records: Path) -> str:
    """The study of a case."""
    catalogue = f'provider = "accelerograms"\npath = "{records}"'
    component = ""
    if case.simulated:
        catalogue, component = 'provider = "simulated"\ncount = 44', 'component = "both"'
    return f"""
[study]
name = "{case.name}"
seed = 1
[catalogue]
{catalogue}
[structure]
period_s = {case.period_s}
model = "{case.model}"
{case.options}
[target]
sa_g = {case.sa_g}
gmm = "BSSA14"
scenario = {{ magnitude = 7.0, rjb_km = 15.0, vs30_m_s = 270.0, mechanism = "strike-slip" }}
periods_s = {{ start = 0.01, stop = {2 * case.period_s}, step = 0.01 }}
[preselection]
scale_factor = [0.2, 10.0]
{"" if case.simulated else "max_per_event = 80"}
[clustering]
method = "kmeans"
[selection]
count = {case.count}
[analysis]
{component}
workers = 1
time_step_s = 0.02
free_vibration_s = 4.0
"""


def cut_records(folder: Path) -> Path:
    """Write the records cut and resampled; return their folder."""
    from gmplug.waveforms import read_motion

    if folder.is_dir():
        return folder
    folder.mkdir(parents=True)
    for file in sorted(RECORDS.glob("*.AT2")):
        motion = read_motion({"id": file.stem, "file_h1": str(file)})
        a, step = motion.horizontal_g[0], motion.time_step_s
        energy = np.cumsum(a**2)
        begin, end = np.searchsorted(energy / energy[-1], KEPT)
        end = min(end, begin + int(LONGEST_S / step))
        a = a[begin : end + 1]
        if step < STEP_S:
            count = int((len(a) - 1) * step / STEP_S) + 1
            a, step = np.interp(np.arange(count) * STEP_S, np.arange(len(a)) * step, a), STEP_S
        head = file.read_text(encoding="latin-1").splitlines()[:3]
        rows = [" ".join(f"{x: .7E}" for x in a[i : i + 5]) for i in range(0, len(a), 5)]
        text = "\n".join([*head, f"NPTS= {len(a)}, DT= {step:.4f} SEC", *rows])
        (folder / file.name).write_text(text + "\n")
    return folder


@dataclass(frozen=True)
class Responded:
    """Candidates of a case, their responses, and their surrogates."""

    candidates: Candidates
    clusters: Clusters
    target: Target
    responses: CandidateResponses
    surrogate: Surrogate
    section: SelectionSection


def respond(case: Case, folder: Path) -> Responded:
    """Run a case up to its clusters, all candidates through structure and surrogates; kept in the folder."""
    records = RECORDS if case.whole else cut_records(folder / "records")
    file = folder / f"{case.name}.toml"
    file.write_text(study_text(case, records))
    study, host = open_study(file, ("selection", "analysis"), None, {"workers": 1})
    run = run_study(study, folder / case.name, until="clustering", display=Display(), host=host)
    context = Engine(run.run_dir, host, Display()).context(study)
    responses = structure_responses(context, run.candidates, run.clusters)
    surrogate = surrogate_of(context, run.candidates)
    return Responded(run.candidates, run.clusters, run.target, responses, surrogate, study.selection)
