"""Make the reference values that the ground-motion models are compared with, by OpenQuake's hazardlib.

Run in an environment of its own, which gmplug does not need::

    python -m venv oq
    oq/bin/pip install --no-deps openquake.engine
    oq/bin/pip install numpy scipy pandas h5py shapely pyproj fiona toml decorator psutil numba h3
    oq/bin/pip install alpha_shapes pyzmq
    oq/bin/python tests/bench/ground_motion_references.py tests/data

Writes ``ground_motion_scenarios.csv`` (one row for each model and scenario), ``ground_motion_models.csv``
(median, σ and, where OpenQuake has it, τ at every period of the model, with PGA in g and PGV in cm/s), and
``correlations.csv`` (correlation of ln Sa at pairs of periods).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = (
    "magnitude", "rjb_km", "rrup_km", "rx_km", "ry0_km", "vs30_m_s", "mechanism", "dip_deg",
    "depth_to_top_km",
    "width_km", "hypocentral_depth_km", "z1_0_km", "z2_5_km", "region",
)  # fmt: skip
NO = None

#: In the order of COLUMNS, the region aside.
CRUSTAL: tuple[tuple[Any, ...], ...] = (
    (4.5, 20, 22, -20, 0, 760, "strike-slip", 90, 8, 3, 10, NO, NO),
    (5.2, 5, 9, 5, 2, 300, "normal", 60, 5, 6, 8, NO, NO),
    (5.8, 12, 14, 12, 0, 180, "reverse", 45, 4, 9, 9, 0.6, 4.5),
    (6.2, 0, 6, 4, 0, 450, "reverse", 30, 4, 14, 10, NO, NO),
    (6.5, 30, 31, -30, 5, 1000, "strike-slip", 90, 1, 14, 9, 0.02, 0.3),
    (6.5, 0, 8, 8, 3, 560, "reverse", 45, 3, 15, 11, 0.1, 1.5),
    (6.9, 5, 9, 20, 4, 350, "normal", 50, 1, 18, 12, 0.4, 2.0),
    (7.2, 1, 1.5, 0, 0, 270, "reverse", 50, 0, 15, 8, NO, NO),
    (7.2, 12, 16, 35, 10, 620, "reverse", 40, 2, 22, 12, NO, NO),
    (7.4, 60, 61, 60, 20, 200, "reverse", 55, 1, 20, 13, 0.9, 6.0),
    (7.4, 110, 111, -110, 30, 400, "strike-slip", 80, 0, 16, 9, NO, NO),
    (7.9, 190, 191, 150, 90, 1200, "strike-slip", 75, 0, 18, 11, NO, NO),
    (8.0, 250, 251, 240, 40, 300, "strike-slip", 90, 0, 15, 8, 0.3, 1.2),
    (6.0, 150, 151, 140, 0, 1500, "normal", 55, 3, 10, 9, NO, NO),
)
#: What a model's authors say for other regions.
REGIONAL: tuple[tuple[Any, ...], ...] = (
    (6.6, 90, 91, 90, 5, 190, "reverse", 50, 2, 15, 10, 0.5, 3.5),
    (7.3, 25, 27, -25, 5, 420, "strike-slip", 80, 0, 15, 9, 0.05, 0.8),
    (6.3, 140, 141, 120, 9, 900, "normal", 60, 3, 11, 9, NO, NO),
)
REGIONS = {
    "ASK14": ("china", "japan", "taiwan"),
    "BSSA14": ("china", "italy", "japan"),
    "CB14": ("china", "italy", "japan"),
    "CY14": ("china", "italy", "japan"),
}
#: Depth to the top, width and depth of the hypocenter left out: Campbell & Bozorgnia (2014), eqs. 35-39,
#: and Chiou & Youngs (2014), eqs. 4 and 5.
LEFT_OUT: tuple[tuple[Any, ...], ...] = (
    (5.6, 8, 11, 9, 0, 400, "reverse", 35, NO, NO, NO, NO, NO),
    (6.6, 3, 6, 9, 0, 620, "normal", 55, NO, NO, NO, NO, NO),
    (7.3, 20, 21, -21, 0, 250, "strike-slip", 80, NO, NO, NO, NO, NO),
)
#: Eastern North America: magnitude, closest distance, Vs30.
EASTERN = (
    (4.8, 5, 760), (5.0, 10, 2000), (5.5, 1, 250), (5.5, 30, 450), (6.0, 70, 2800), (6.2, 15, 180),
    (6.5, 100, 760), (6.8, 200, 310), (7.0, 2, 1100), (7.2, 130, 600), (7.3, 45, 2000), (7.5, 300, 360),
    (7.8, 600, 760), (8.0, 20, 220), (8.0, 900, 1500), (6.6, 0.4, 500),
)  # fmt: skip
#: Periods of the correlations, s.
CORRELATED = {
    "baker-jayaram-2008": (0.01, 0.05, 0.1, 0.15, 0.19, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0),
    "goda-atkinson-2009": (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0),
}
HARD_ROCK = {"C03": 2800, "Pea11": 2000, "TP05": 2880}


def scenarios(model: str) -> list[dict[str, Any]]:
    """The scenarios that a model is computed for, by gmplug's names."""
    if model in {"AB06", *HARD_ROCK}:
        return [
            {"magnitude": m, "rrup_km": r, "vs30_m_s": HARD_ROCK.get(model, vs), "mechanism": "strike-slip"}
            for m, r, vs in EASTERN
        ]
    rows = [(*row, NO) for row in CRUSTAL]
    rows += [(*row, region) for region in REGIONS.get(model, ()) for row in REGIONAL]
    rows += [(*row, NO) for row in LEFT_OUT if model in ("CB14", "CY14")]
    found = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    if model == "BSSA14":
        found += [{**found[4], "mechanism": "unspecified"}, {**found[9], "mechanism": "unspecified"}]
    if model == "ASK14":  # the taper along strike by Rjb, eq. 15b
        found += [{**found[i], "ry0_km": NO} for i in (1, 5, 8)]
    return found


def model_of(model: str, scenario: dict[str, Any]) -> Any:
    """OpenQuake's model for a scenario's region."""
    from openquake.hazardlib.gsim import get_available_gsims

    known, region = get_available_gsims(), scenario.get("region")
    if model == "ASK14":
        regions = {"china": "CHN", "japan": "JPN", "taiwan": "TWN"}
        return known["AbrahamsonEtAl2014"](region=regions.get(str(region)))
    if model == "BSSA14":
        q = {"china": "HighQ", "italy": "LowQ", "japan": "LowQ"}.get(str(region), "")
        stated = scenario["mechanism"] != "unspecified"
        return known[f"BooreEtAl2014{q}"](region="JPN" if region == "japan" else "CAL", sof=stated)
    if model == "CB14":
        q = {"china": "HighQ", "italy": "LowQ", "japan": "LowQJapanSite"}.get(str(region), "")
        estimated = ("ztor", "width", "hypo_depth") if scenario["width_km"] is None else ()
        more = {f"estimate_{what}": True for what in estimated}
        return known[f"CampbellBozorgnia2014{q}"](**more)
    if model == "CY14":
        regions = {"china": "WEN", "italy": "ITA", "japan": "JPN"}
        found = known["ChiouYoungs2014"](region=regions.get(str(region), "CAL"))
        return with_sigma_of_japan(found) if region == "japan" else found
    names = {
        "I14": "Idriss2014", "ASB14": "AkkarEtAlRjb2014", "DBC13": "DerrasEtAl2014",
        "AB06": "AtkinsonBoore2006", "C03": "Campbell2003", "Pea11": "PezeshkEtAl2011",
        "TP05": "TavakoliPezeshk2005",
    }  # fmt: skip
    return known[names[model]]()


def with_sigma_of_japan(model: Any) -> Any:
    """Chiou & Youngs (2014) with the σ2 of Japan (their Table 4), which OpenQuake lists and does not use."""
    from openquake.hazardlib.gsim.coeffs_table import CoeffsTable

    table = model.COEFFS
    rows = {}
    for imt in (*table.sa_coeffs, *table.non_sa_coeffs):
        row = {name: float(table[imt][name]) for name in table[imt].dtype.names}
        rows[imt] = {**row, "sig2": row["sig2jp"]}
    model.COEFFS = CoeffsTable.fromdict(rows)
    return model


def depth_to_top(scenario: dict[str, Any]) -> float:
    """Chiou & Youngs (2014), eqs. 4 and 5, km."""
    magnitude = scenario["magnitude"]
    if scenario["mechanism"] == "reverse":
        return max(2.704 - 1.226 * max(magnitude - 5.849, 0.0), 0.0) ** 2
    return max(2.673 - 1.136 * max(magnitude - 4.970, 0.0), 0.0) ** 2


def context_values(scenario: dict[str, Any]) -> dict[str, Any]:
    """A scenario by OpenQuake's names."""
    rake = {"strike-slip": 0.0, "normal": -90.0, "reverse": 90.0, "unspecified": 0.0}[scenario["mechanism"]]
    get = scenario.get
    along = get("ry0_km")
    if along is None and get("rx_km") is not None:
        # (Ry0 - Ry1) / 5 = Rjb / 30 makes the taper of eq. 15a that of eq. 15b of Abrahamson et al. (2014).
        along = scenario["rx_km"] * np.tan(np.radians(20.0)) + scenario["rjb_km"] / 6.0
    top = get("depth_to_top_km")
    values = {
        "mag": scenario["magnitude"], "rake": rake, "dip": get("dip_deg"), "width": get("width_km"),
        "ztor": depth_to_top(scenario) if top is None else top, "hypo_depth": get("hypocentral_depth_km"),
        "zbot": 15.0, "rjb": get("rjb_km"), "rrup": get("rrup_km"), "rx": get("rx_km"), "ry0": along,
        "vs30": scenario["vs30_m_s"], "vs30measured": True,
        "z1pt0": -999.0 if get("z1_0_km") is None else 1000.0 * scenario["z1_0_km"],
        "z2pt5": -999.0 if get("z2_5_km") is None else scenario["z2_5_km"],
    }  # fmt: skip
    return {name: value for name, value in values.items() if value is not None}


def predictions(model: str, number: int, scenario: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Median, σ and τ of every measure and period that OpenQuake has coefficients for."""
    from openquake.hazardlib.contexts import simple_cmaker

    theirs = model_of(model, scenario)
    table = theirs.COEFFS_BC if model == "AB06" else theirs.COEFFS
    periods = sorted(imt.period for imt in table.sa_coeffs)
    others = [imt.string for imt in table.non_sa_coeffs if imt.string in ("PGA", "PGV")]
    maker = simple_cmaker([theirs], [*(f"SA({period})" for period in periods), *others])
    context = maker.new_ctx(1)
    for name, value in context_values(scenario).items():
        if name in context.dtype.names:
            context[name] = value
    mean, sigma, tau, _ = maker.get_mean_stds([context])[:, 0, :, 0]
    for i, measure in enumerate([*periods, *others]):
        yield {
            "model": model,
            "scenario": number,
            # the paper's coefficients at 0.01 s, which OpenQuake names PGA
            "measure": 0.01 if (model, measure) == ("C03", "PGA") else measure,
            "median": f"{np.exp(mean[i]):.5g}",
            "sigma_ln": f"{sigma[i]:.4f}",
            "tau_ln": f"{tau[i]:.4f}" if model in ("ASK14", "BSSA14", "CB14") else "",
        }


def correlations() -> Iterator[dict[str, Any]]:
    """Correlations of ln Sa at pairs of periods."""
    from openquake.hazardlib.cross_correlation import BakerJayaram2008, GodaAtkinson2009
    from openquake.hazardlib.imt import from_string

    for name, theirs in (
        ("baker-jayaram-2008", BakerJayaram2008()),
        ("goda-atkinson-2009", GodaAtkinson2009()),
    ):
        for first, second in combinations_with_replacement(CORRELATED[name], 2):
            value = theirs.get_correlation(from_string(f"SA({first})"), from_string(f"SA({second})"))
            pair = {"period_s": first, "other_period_s": second}
            yield {"model": name, **pair, "correlation": f"{value:.6f}"}


def main(folder: Path) -> None:
    """Write the three tables."""
    from openquake.baselib import __version__

    listed, values = [], []
    for model in ("ASK14", "BSSA14", "CB14", "CY14", "I14", "ASB14", "DBC13", "AB06", "C03", "Pea11", "TP05"):
        for number, scenario in enumerate(scenarios(model)):
            theirs = type(model_of(model, scenario)).__name__
            source = f"OpenQuake {__version__} {theirs}"
            listed.append({"model": model, "scenario": number, **scenario, "source": source})
            values += predictions(model, number, scenario)
    table = pd.DataFrame(listed)[["model", "scenario", *COLUMNS, "source"]]
    table.to_csv(folder / "ground_motion_scenarios.csv", index=False)
    pd.DataFrame(values).to_csv(folder / "ground_motion_models.csv", index=False)
    pd.DataFrame(correlations()).to_csv(folder / "correlations.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
