"""Response spectra of accelerograms; prints processor time and values as JSON.

python spectra.py RECORDS one|rotd FIRST STEP     every STEP-th record from FIRST
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from gmplug.spectra import response_spectrum, rotd_spectrum
from gmplug.waveforms import read_accelerogram

PERIODS_S = np.arange(1, 201) / 100


def main(records: str, what: str, first: str, step: str) -> None:
    """Print the seconds of the third pass over the records, and the spectra; the others warm up."""
    chosen = [
        read_accelerogram(path) for path in sorted(Path(records).glob("*.AT2"))[int(first) :: int(step)]
    ]
    spent_s, values = 0.0, []
    for last in (False, False, True):
        for one in chosen:
            acceleration_g, dt = one.acceleration_g, one.time_step_s
            start = time.process_time()
            if what == "one":
                found = response_spectrum(acceleration_g, dt, PERIODS_S)
            else:
                found = rotd_spectrum(acceleration_g, np.roll(acceleration_g, 50), dt, PERIODS_S)
            if last:
                spent_s += time.process_time() - start
                values.append(np.asarray(found).tolist())
    print(json.dumps({"cpu_s": spent_s, "values": values}))


if __name__ == "__main__":
    main(*sys.argv[1:])
