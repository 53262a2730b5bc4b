"""Ground-motion models as pygmm 0.8 codes them, with what it gets wrong put right.

Each class changes one published model and cites the source of the right value.
``tests/test_ground_motion_models.py`` compares every model with an independent implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import pygmm

from gmplug.values import FloatArray

#: Standard gravity, cm/s².
_GRAVITY_CM_S2 = 980.665


def _not_below_pga(model: Any, longest_period_s: float, *, inclusive: bool) -> None:
    """Raise the PSA of short periods to PGA where it falls below."""
    periods = np.asarray(model.PERIODS)
    short = (periods > 0) & ((periods <= longest_period_s) if inclusive else (periods < longest_period_s))
    model._ln_resp[short] = np.maximum(model._ln_resp[short], model._ln_resp[model.INDEX_PGA])


class BSSA14(pygmm.BooreStewartSeyhanAtkinson2014):
    """Depth to 1 km/s in Japan: pygmm hands the depth to the basin term in place of the region's name.

    Boore et al. (2014), Earthquake Spectra 30(3):1057-1085, eqs. 9-12.
    """

    def calc_site_term(
        self, pga_ref: float, v_s30: float, depth_1_0: float | None, region: object = None
    ) -> FloatArray:
        """Return the site term of the scenario's region, shape (P,)."""
        return np.asarray(super().calc_site_term(pga_ref, v_s30, depth_1_0, self._scenario["region"]))


class CB14(pygmm.CampbellBozorgnia2014):
    """PSA not below PGA, anelastic attenuation in China, soft sites in Japan.

    Campbell & Bozorgnia (2014), Earthquake Spectra 30(3):1087-1115: PSA at periods under 0.25 s is not below
    PGA (text after eq. 25); Δc20 of China (eq. 25), which pygmm never adds; eq. 19, of which pygmm
    leaves out the second term at Vs30 of 200 m/s and less.
    """

    def __init__(self, scenario: Any) -> None:
        if scenario.get("region") == "china":  # differs from California in Δc20 alone
            coefficients = pygmm.CampbellBozorgnia2014.COEFF.copy()
            coefficients["dc_20ca"] = coefficients["dc_20ch"]
            self.COEFF = coefficients
        super().__init__(scenario)
        _not_below_pga(self, 0.25, inclusive=False)

    @classmethod
    def calc_site_term(
        cls, pga_ref: float, v_s30: float, depth_2_5: float, region: str = "california"
    ) -> FloatArray:
        """Return the site term, shape (P,)."""
        term = np.asarray(super().calc_site_term(pga_ref, v_s30, depth_2_5, region))
        if region == "japan" and v_s30 <= 200.0:
            c, n = pygmm.CampbellBozorgnia2014.COEFF, cls.COEFF_N
            term = term + (c.c_13 + c.k_2 * n) * np.log(v_s30 / c.k_1)
        return term


class CY14(pygmm.ChiouYoungs2014):
    """PSA at 0.3 s and less is not below PGA; the hanging wall starts at Rx = 0.

    Chiou & Youngs (2014), Earthquake Spectra 30(3):1117-1153, page 1144 and eq. 11.
    """

    def _check_inputs(self) -> None:
        super()._check_inputs()
        self._scenario["on_hanging_wall"] = self._scenario["dist_x"] >= 0.0

    def __init__(self, scenario: Any) -> None:
        super().__init__(scenario)
        _not_below_pga(self, 0.3, inclusive=True)


class I14(pygmm.Idriss2014):
    """Vs30 counts as 1200 m/s at most: Idriss (2014), Earthquake Spectra 30(3):1155-1177.

    pygmm's coefficients at 0.04 s are left out: the paper's table goes from 0.03 to 0.05 s.
    """

    COEFF: ClassVar = {name: table[table["period"] != 0.04] for name, table in pygmm.Idriss2014.COEFF.items()}
    PERIODS = COEFF["small"]["period"]
    INDICES_PSA = np.arange(len(PERIODS))

    def _check_inputs(self) -> None:
        super()._check_inputs()
        self._scenario["v_s30"] = min(self._scenario["v_s30"], self.V_REF)


class DBC13(pygmm.DerrasBardCotton2014):
    """Rjb counts as 0.1 km at least, where the network's input ends; pygmm takes log10(0) = -inf.

    Derras, Bard & Cotton (2014), Bull. Earthq. Eng. 12(1):495-516, Table 3 and electronic supplement.
    """

    def _check_inputs(self) -> None:
        super()._check_inputs()
        self._scenario["dist_jb"] = max(self._scenario["dist_jb"], 0.1)


class AB06(pygmm.AtkinsonBoore2006):
    """The equations as published, for a stress parameter of 140 bar.

    Atkinson & Boore (2006), BSSA 96(6):2181-2205, eq. 5 with Tables 6 and 9. pygmm multiplies the factor for
    twice the stress parameter (eq. 6) by the ratio of the stress parameters, which leaves it above 1 at
    140 bar; takes the coefficients of Vs30 = 760 m/s on hard rock too; and gives PGV in no unit. Distances
    count as 1 km at least (page 2182). The nonlinear site term is that of Boore & Atkinson (2008),
    Earthquake Spectra 24(1):99-138, eqs. 8 and 13. The authors put it in place of eq. 7, according to
    OpenQuake, which quotes the notes on their program ab06_gmpes at daveboore.com.
    """

    PARAMS = (
        pygmm.model.NumericParameter("mag", True, 3.5, 8.0),
        pygmm.model.NumericParameter("dist_rup", True, 1.0, 1000.0),
        pygmm.model.NumericParameter("v_s30", True),
    )

    def _check_inputs(self) -> None:
        super()._check_inputs()
        scenario = self._scenario
        scenario["dist_rup"] = max(scenario["dist_rup"], 1.0)
        if scenario["v_s30"] >= 2000.0:
            scenario["v_s30"] = 0.0  # pygmm's code for the coefficients of hard rock, Table 6

    def _calc_stress_factor(self) -> float:
        return 0.0

    def _calc_log10_site(self, pga_bc: float) -> FloatArray:
        v_s30, c = self._scenario["v_s30"], self.COEFF_SITE
        slope = np.interp(np.log(v_s30), np.log([180.0, 300.0, 760.0]), [1.0, 0.0, 0.0])
        toward_rock = np.interp(np.log(v_s30), np.log([300.0, 760.0]), [1.0, 0.0])
        nonlinear = (c.b_1 - c.b_2) * slope + c.b_2 * toward_rock
        ln_site = c.b_lin * np.log(v_s30 / 760.0) + nonlinear * _ba08_strength(pga_bc / _GRAVITY_CM_S2)
        return np.asarray(np.interp(self.PERIODS, c.period, ln_site / np.log(10.0)))

    def _calc_ln_resp(self) -> FloatArray:
        ln_resp = np.asarray(super()._calc_ln_resp())
        ln_resp[self.INDEX_PGV] += np.log(_GRAVITY_CM_S2)
        return ln_resp

    def _calc_ln_std(self) -> FloatArray:
        return np.full(len(self.PERIODS), 0.30 * np.log(10.0))  # Table 9; pygmm leaves it in log10 units


def _ba08_strength(pga_g: float) -> float:
    """What multiplies the nonlinear slope: Boore & Atkinson (2008), eqs. 8a to 8c and 9 to 12."""
    low, high, floor, reference = 0.03, 0.09, 0.06, 0.1
    if pga_g >= high:
        return float(np.log(pga_g / reference))
    start = float(np.log(floor / reference))
    if pga_g <= low:
        return start
    dx, dy = float(np.log(high / low)), float(np.log(high / floor))
    x = float(np.log(pga_g / low))
    return start + (3.0 * dy - dx) / dx**2 * x**2 - (2.0 * dy - dx) / dx**3 * x**3


class Pea11(pygmm.PezeshkZandiehTavakoli2011):
    """σ in ln units.

    Pezeshk, Zandieh & Tavakoli (2011), BSSA 101(4):1859-1870, eqs. 4-6, have it in log10 units.
    """

    def _calc_ln_std(self) -> FloatArray:
        return np.asarray(super()._calc_ln_std()) * np.log(10.0)


class TP05(pygmm.TavakoliPezeshk05):
    """σ at 0.5 s: c14 and c15 are 1.275 and -0.1073, where pygmm has 1.28 and -0.173.

    Tavakoli & Pezeshk (2005), BSSA 95(6):2283-2296, eq. 23, and the authors' spreadsheet.
    """

    COEFF = pygmm.TavakoliPezeshk05.COEFF.copy()
    COEFF["c_14"][COEFF["period"] == 0.5] = 1.275
    COEFF["c_15"][COEFF["period"] == 0.5] = -0.1073


#: By short name.
_CORRECTED: Mapping[str, Callable[..., Any]] = {
    model.__name__: model for model in (BSSA14, CB14, CY14, I14, DBC13, AB06, Pea11, TP05)
}


def model_class(short: str, long: str) -> Any:
    """Return pygmm's class of a model, or the one here that puts it right."""
    return _CORRECTED.get(short) or getattr(pygmm, long)
