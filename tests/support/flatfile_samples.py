"""Samples of databases' flatfiles: headings as published, numbers of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gmplug.values import FloatArray

#: Periods of PEER's databases, s (111).
PEER_S = (
    *(0.01, 0.02, 0.022, 0.025, 0.029, 0.03, 0.032, 0.035, 0.036, 0.04, 0.042, 0.044, 0.045, 0.046, 0.048),
    *(0.05, 0.055, 0.06, 0.065, 0.067, 0.07, 0.075, 0.08, 0.085, 0.09, 0.095, 0.1, 0.11, 0.12, 0.13, 0.133),
    *(0.14, 0.15, 0.16, 0.17, 0.18, 0.19, 0.2, 0.22, 0.24, 0.25, 0.26, 0.28, 0.29, 0.3, 0.32, 0.34, 0.35),
    *(0.36, 0.38, 0.4, 0.42, 0.44, 0.45, 0.46, 0.48, 0.5, 0.55, 0.6, 0.65, 0.667, 0.7, 0.75, 0.8, 0.85, 0.9),
    *(0.95, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.2, 2.4, 2.5, 2.6, 2.8, 3.0, 3.2, 3.4),
    *(3.5, 3.6, 3.8, 4.0, 4.2, 4.4, 4.6, 4.8, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 8.5, 9.0, 9.5, 10.0, 11.0),
    *(12.0, 13.0, 14.0, 15.0, 20.0),
)
#: Periods of the Engineering Strong-Motion flatfile, s (36).
ESM_S = (
    *(0.01, 0.025, 0.04, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.75, 0.8),
    *(0.9, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0),
)
_G_CM_S2 = 980.665


def spectrum(periods_s: Sequence[float], pga_g: float = 0.2) -> FloatArray:
    """Return Sa, g, shape (P,): PGA at short periods, 2.5 PGA on a plateau, falling with 1/T."""
    t = np.asarray(periods_s, dtype=float)
    rise = pga_g * np.clip(1 + 1.5 * (t - 0.02) / 0.08, 1.0, 2.5)
    return np.asarray(np.minimum(rise, 2.5 * pga_g * 0.5 / np.maximum(t, 0.5)))


def text_of(rows: Sequence[Mapping[str, object]], delimiter: str = ",") -> str:
    """Return a table as CSV text; the first row has all headings."""

    def cell(value: object) -> str:
        text = str(value)
        return f'"{text}"' if delimiter in text or "\n" in text or '"' in text else text

    names = list(rows[0])
    lines = [delimiter.join(map(cell, names))]
    lines += [delimiter.join(cell(row.get(name, "")) for name in names) for row in rows]
    return "\n".join(lines) + "\n"


def _with(heads: str, delimiter: str, known: Mapping[str, object], rest: object) -> dict[str, object]:
    return {name: known.get(name, rest) for name in heads.split(delimiter)}


# -- PEER NGA-West2, public flatfiles ---------------------------------------------------------------------

_NGA_HEAD = (
    "Record Sequence Number|EQID|Earthquake Name|YEAR|MODY|HRMN|Station Name|Station Sequence Number|"
    "Station ID  No.|Earthquake Magnitude|Magnitude Type|Magnitude Uncertainty: Kagan Model|Mo (dyne.cm)|"
    "Strike (deg)|Dip (deg)|Rake Angle (deg)|Mechanism Based on Rake Angle|Hypocenter Latitude (deg)|"
    "Hypocenter Depth (km)|Coseismic Surface Rupture: 1=Yes; 0=No;    -999=Unknown|Slip Rate (mm/Yr)|"
    "EpiD (km)|HypD (km)|"
    "Joyner-Boore Dist. (km)|Campbell R Dist. (km)|RmsD (km)|ClstD (km)|Rx|FW/HW Indicator|X|"
    "Theta.D (deg)|Y|s|d|ctildepr|Unused Column|D|Rfn.Hyp|Rfp.Hyp|T|GMX's C1|"
    "Preferred NEHRP Based on Vs30|Vs30 (m/s) selected for analysis|Column Not Used|Measured/Inferred Class|"
    "Sigma of Vs30 (in natural log Units)|Owner|Station Latitude|Station Longitude|"
    "Northern CA/Southern CA - H11 Z1 (m)|h (m)|File Name (Horizontal 1)|File Name (Horizontal 2)|"
    "File Name (Vertical)|H1 azimth (degrees)|H2 azimith (degrees)|Type of Recording|PEA Processing Flag|"
    "Type of Filter|npass|nroll"
)
_NGA_HORIZONTAL = (
    "HP-H1 (Hz)|HP-H2 (Hz)|LP-H1 (Hz)|LP-H2 (Hz)|Factor|Lowest Usable Freq - H1 (Hz)|"
    "Lowest Usable Freq - H2 (H2)|Lowest Usable Freq - Ave. Component (Hz)|PGA (g)|PGV (cm/sec)|PGD (cm)"
)
_NGA_VERTICAL = "HP-V (Hz)|NA|LP-V (Hz)|Factor|Lowest Usable Freq - V (Hz)|PGA (g)|PGV (cm/sec)|PGD (cm)"
_NGA_TAIL = (
    "Ave Strike (deg)|TYPE(CRjb = 0)|CRjb|TYPE\n(CRjb = 2)|TYPE\n(CRjb = 5)|TYPE\n(CRjb = 10)|U|IDPv4|"
    "cosThetaAvg|Damping (%)|RotD percentile|Instrument Nat. Freq.|Spectra Quality Flag|Late S-trigger|"
    "Idirectivity|Tp|Ry 2"
)


def nga_west2(number: int, vertical: bool = False, **changes: object) -> dict[str, object]:
    """Return a row of the public NGA-West2 flatfile, of horizontal or of vertical spectra."""
    known: dict[str, object] = {
        "Record Sequence Number": number,
        "EQID": 30,
        "Earthquake Name": "Somewhere, Far-01",
        "YEAR": 1994,
        "MODY": 117,
        "Station Name": f"Station {number}",
        "Earthquake Magnitude": 6.61,
        "Magnitude Type": "Mw",
        "Rake Angle (deg)": 83.0,
        "Mechanism Based on Rake Angle": 2,
        "Joyner-Boore Dist. (km)": 10.5 + number,
        "ClstD (km)": 12.5 + number,
        "Vs30 (m/s) selected for analysis": 380.5,
        "File Name (Horizontal 1)": f"SOMEW\\ST{number}090.AT2",
        "File Name (Horizontal 2)": f"SOMEW\\ST{number}180.AT2",
        "File Name (Vertical)": f"SOMEW\\ST{number}-UP.AT2",
        "HP-H1 (Hz)": 0.1,
        "HP-H2 (Hz)": 0.2,
        "Lowest Usable Freq - H1 (Hz)": 0.125,
        "Lowest Usable Freq - H2 (H2)": 0.25,
        "Lowest Usable Freq - Ave. Component (Hz)": 0.25,
        "HP-V (Hz)": 0.4,
        "Lowest Usable Freq - V (Hz)": 0.5,
        "PGA (g)": 0.2,
        "PGV (cm/sec)": 18.0,
        "Damping (%)": 5,
        "RotD percentile": -999 if vertical else 50,
        "Tp": -999,
    }
    middle = _NGA_VERTICAL if vertical else _NGA_HORIZONTAL
    row = _with(f"{_NGA_HEAD}|{middle}", "|", known, -999)
    row |= {f"T{t:.3f}S": f"{sa:.7g}" for t, sa in zip(PEER_S, spectrum(PEER_S), strict=True)}
    return row | _with(_NGA_TAIL, "|", known, -999) | changes


# -- PEER NGA-Subduction ----------------------------------------------------------------------------------


def nga_subduction(number: int, flag: object = 0, **changes: object) -> dict[str, object]:
    """Return a row of the NGA-Subduction flatfile of RotD50."""
    row: dict[str, object] = {
        "NGAsubRSN": number,
        "NGAsubEQID": 4000001,
        "NGAsubSSN": 100 + number,
        "Earthquake_Name": "Somewhere_Trench",
        "Station_Name": f"ST{number}",
        "Station_Latitude_deg": 38.1,
        "Earthquake_Magnitude": 8.1,
        "Intra_Inter_Flag": flag,
        "Fault_Type": 2,
        "Rake_Angle_deg": 88.0,
        "Hypocenter_Depth_km": 20.0,
        "Ztor_km": 12.0,
        "Finite_Fault_Model": 1,
        "ClstD_km": 52.5,
        "Rjb_km": 40.5,
        "Rx_km": -999,
        "Vs30_Selected_for_Analysis_m_s": 410.0,
        "DatabaseRegion": 4,
        "Longest_Usable_Period_for_PSa_Ave_Component_sec": 12.5,
        "PGA_g": 0.2,
        "PGV_cm_sec": 25.0,
    }
    spectra = zip(PEER_S, spectrum(PEER_S), strict=True)
    row |= {f"T{t:.3f}S".replace(".", "pt"): f"{sa:.7g}" for t, sa in spectra}
    return row | changes


# -- Engineering Strong-Motion flatfile, 2018 -------------------------------------------------------------

_ESM_HEAD = (
    "event_id;event_time;ISC_ev_id;USGS_ev_id;INGV_ev_id;EMSC_ev_id;ev_nation_code;ev_latitude;ev_longitude;"
    "ev_depth_km;ev_hyp_ref;fm_type_code;ML;ML_ref;Mw;Mw_ref;Ms;Ms_ref;EMEC_Mw;EMEC_Mw_type;EMEC_Mw_ref;"
    "event_source_id;es_strike;es_dip;es_rake;es_strike_dip_rake_ref;es_z_top;es_z_top_ref;es_length;es_width;"
    "es_geometry_ref;network_code;station_code;location_code;instrument_code;sensor_depth_m;proximity_code;"
    "housing_code;installation_code;st_nation_code;st_latitude;st_longitude;st_elevation;ec8_code;"
    "ec8_code_method;ec8_code_ref;vs30_m_sec;vs30_ref;vs30_calc_method;vs30_meas_type;slope_deg;vs30_m_sec_WA;"
    "epi_dist;epi_az;JB_dist;rup_dist;Rx_dist;Ry0_dist;instrument_type_code;late_triggered_flag_01;"
    "U_channel_code;U_azimuth_deg;V_channel_code;V_azimuth_deg;W_channel_code;U_hp;V_hp;W_hp;U_lp;V_lp;W_lp"
)
_ESM_FACTORS = {"U": 0.95, "V": 1.05, "W": 0.6, "rotD50": 1.0, "rotD100": 1.2, "rotD00": 0.8}


def esm(station: str = "AMT", lower: bool = False, **changes: object) -> dict[str, object]:
    """Return a row of the ESM flatfile of spectral accelerations; ``lower`` spells headings as of 2023."""
    known: dict[str, object] = {
        "event_id": "EMSC-20160824_0000006",
        "event_time": "2016-08-24 01:36:32",
        "fm_type_code": "NF",
        "ML": 6.0,
        "Mw": 6.1,
        "EMEC_Mw": 6.0,
        "network_code": "IT",
        "station_code": station,
        "location_code": "",
        "instrument_code": "HG",
        "vs30_m_sec": 670.0,
        "vs30_m_sec_WA": 500.0,
        "epi_dist": 9.0,
        "JB_dist": 1.5,
        "rup_dist": 4.6,
        "U_hp": 0.1,
        "V_hp": 0.05,
        "W_hp": 0.1,
    }
    row = _with(_ESM_HEAD, ";", known, "")
    for name, factor in _ESM_FACTORS.items():
        sign = -1.0 if name == "V" else 1.0
        row[f"{name}_pga"] = sign * factor * 0.2 * _G_CM_S2
        row[f"{name}_pgv"] = factor * 20.0
        row[f"{name}_pgd"] = factor * 5.0
        row[f"{name}_T90"] = 8.5
        row[f"{name}_housner"] = factor * 60.0
        row[f"{name}_CAV"] = factor * 600.0
        row[f"{name}_ia"] = factor * 90.0
    for name, factor in _ESM_FACTORS.items():
        for t, sa in zip(ESM_S, factor * spectrum(ESM_S) * _G_CM_S2, strict=True):
            row[f"{name}_T{int(t)}_{round(1000 * (t % 1)):03d}"] = f"{sa:.6f}"
    row |= changes
    return {name.lower(): value for name, value in row.items()} if lower else row


# -- New Zealand, USGS gmprocess, SimCenter ---------------------------------------------------------------

_NZ_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def nzgmdb(station: str = "HVSC", component: str = "rotd50", **changes: object) -> dict[str, object]:
    """Return a row of ground_motion_im_table_*_flat.csv of the New Zealand ground-motion database."""
    row: dict[str, object] = {
        "record_id": f"3366146_{station}_HN_20",
        "datetime": "2010-09-03T16:35:41Z",
        "evid": "3366146",
        "sta": station,
        "loc": 20,
        "chan": "HN",
        "component": component,
        "ev_depth": 11.0,
        "mag": 7.1,
        "mag_type": "Mw",
        "tect_class": "Crustal",
        "rake": 175.0,
        "r_epi": 40.0,
        "r_jb": 24.4,
        "r_rup": 24.5,
        "Vs30": 422.0,
        "Z1.0": 0.0,
        "T0": 0.4,
        "PGA": 0.2,
        "PGV": 20.0,
        "CAV": 0.9,
        "AI": 1.1,
        "Ds575": 7.0,
        "Ds595": 14.0,
        "fmin_X": 0.1,
        "fmin_Y": 0.125,
        "HPF": 0.1,
    }
    spectra = zip(_NZ_S, spectrum(_NZ_S), strict=True)
    return row | {f"pSA_{t}": f"{sa:.7g}" for t, sa in spectra} | changes


def gmprocess(station: str = "AZ.BZN.HN", **changes: object) -> dict[str, object]:
    """Return a row of gmprocess' table of metrics, in %g and cm/s."""
    row: dict[str, object] = {
        "EarthquakeId": "ci38443095",
        "EarthquakeTime": "2019-07-04T17:02:55.340000Z",
        "EarthquakeDepth": 10.6,
        "EarthquakeMagnitude": 6.4,
        "EarthquakeMagnitudeType": "mw",
        "Network": "AZ",
        "StationCode": "BZN",
        "StationID": station,
        "EpicentralDistance": 60.0,
        "RuptureDistance": 57.28,
        "JoynerBooreDistance": 57.22,
        "H1Highpass": 0.08,
        "H2Highpass": 0.1,
        "PGA": 20.0,
        "PGV": 20.0,
    }
    return (
        row
        | {f"SA({t:.3f})": f"{100 * sa:.7g}" for t, sa in zip(_NZ_S, spectrum(_NZ_S), strict=True)}
        | changes
    )


def simcenter(number: int, **changes: object) -> dict[str, object]:
    """Return a row of SimCenter's NGAWest2.csv, of the headings that its programs read."""
    row: dict[str, object] = {
        "RecId": number,
        "EQID": 30,
        "EQName": "Somewhere-01",
        "Year": 1994,
        "SSN": 12,
        "SName": f"Station {number}",
        "FaultType": 2,
        "Magnitude": 6.61,
        "Rjb": 10.5,
        "ClstD": 12.5,
        "Vs30": 380.5,
        "FileNameHorizontal1": f"SOMEW\\ST{number}090.AT2",
        "FileNameHorizontal2": f"SOMEW\\ST{number}180.AT2",
        "FileNameVertical": f"SOMEW\\ST{number}-UP.AT2",
        "PGA": 0.2,
        "PGV": 18.0,
        "PGD": 5.0,
    }
    row |= {f"T{t:.3f}S": f"{sa:.7g}" for t, sa in zip(PEER_S, spectrum(PEER_S), strict=True)}
    return row | {"DS575H": 6.0, "DS595H": 12.0} | changes


# -- PEER _SearchResults.csv ------------------------------------------------------------------------------

_SEARCH_HEAD = (
    "Result ID, Spectral Ordinate, Record Sequence Number, Mean Squared Error, Scale Factor, "
    "Tp-Pulse Period (sec), 5-75% Duration (sec), 5-95% Duration (sec), Arias Intensity (m/sec), "
    "Earthquake Name, Year, Station Name, Magnitude, Mechanism, Rjb (km), Rrup (km), Vs30 (m/sec), "
    "Lowest Useable Frequency (Hz), Initial-search Scale Factor, Horizontal-1 Acc. Filename, "
    "Horizontal-2 Acc. Filename, Vertical Acc. Filename"
)
#: Of three records: number, scale factor, pulse period, PGA of both components.
SEARCHED = ((7, 2.5, "-", 0.20, 0.15), (8, 0.8, 1.463, 0.30, 0.35), (9, 1.25, "-", 0.10, 0.12))


def search_results(ordinate: str = "SRSS", damping: float = 0.05) -> str:
    """Return PEER's list of a download of the records :data:`SEARCHED`, scaled as the tool does it."""
    pairs = {n: (spectrum(PEER_S, a), spectrum(PEER_S, b)) for n, _, _, a, b in SEARCHED}
    of = {
        "SRSS": lambda a, b: np.hypot(a, b),
        "GeoMean": lambda a, b: np.sqrt(a * b),
        "RotD50": lambda a, b: 1.02 * np.sqrt(a * b),
        "RotD100": lambda a, b: 1.2 * np.sqrt(a * b),
    }[ordinate]
    lines = [
        "",
        " PEER Ground Motion Database, Time Series Search Report -- NGA-West2 -- 2025-12-30",
        *("", "", " -- Summary of PEER Ground Motion Database Search Criteria --"),
        *("Magnitude Min:, 0.0", "Period Array:, ", "Pulse:, 1", f"Damping Ratio:, {damping}"),
        *("Scaling Method:, Minimize MSE", f"Component:, {ordinate}", "Fault Type:, All Types", "", ""),
        " -- Summary of Metadata of Selected Records --",
        _SEARCH_HEAD,
    ]
    for at, (n, scale, pulse, *_) in enumerate(SEARCHED, 1):
        vertical = "RSN9_EV_ST9-UP.AT2" if n == 9 else " ----- "
        lines.append(
            f"{at}, {ordinate}, {n}, 0.4768, {scale}, {pulse}, 17.7, 24.2, 1.6, "
            f'"Managua_ Nicaragua-01", 1979, "El Centro Array #{n}", 6.95, '
            f"strike slip, 6.09, 6.{n}, 213.44, 0.25, {1.1 * scale:.4f}, "
            f"RSN{n}_EV_ST{n}000.AT2, RSN{n}_EV_ST{n}090.AT2 , {vertical}  "
        )
    lines += [
        "",
        " These records were obtained from the NGA-West2 On-Line Ground-Motion Database Tool",
        " These records are UNSCALED, AS RECORDED",
        " Filename Extension: ",
        "   ,AT2 = Acceleration",
        "   ,VT2 = Velocity",
        " The users of the NGA-West2 databases, flatfiles, models and reports are requested to acknowledge",
        "",
        " -- Scaled Spectra used in Search & Scaling --",
        "Period (sec),Target pSa (g),Arithmetic Mean pSa (g),Arithmetic Mean + Sigma pSa (g),"
        "Arithmetic Mean - Sigma pSa (g)," + ",".join(f"RSN-{n} {ordinate} pSa (g)" for n, *_ in SEARCHED),
    ]
    for at, t in enumerate(PEER_S):
        scaled = [scale * float(of(*pairs[n])[at]) for n, scale, *_ in SEARCHED]
        lines.append(",".join([str(t), "0.53", "0.3181", "0.62", "0.16", *(f"{v:.8f}" for v in scaled)]))
    lines += ["", " -- Unscaled Horizontal & Vertical Spectra, as recorded --"]
    components = ("Horizontal-1", "Horizontal-2", "Vertical")
    lines.append(
        "Period (sec)," + ",".join(f"RSN-{n} {part} pSa (g)" for n, *_ in SEARCHED for part in components)
    )
    for at, t in enumerate(PEER_S):
        cells = [str(t)]
        for n, *_ in SEARCHED:
            first, second = (float(one[at]) for one in pairs[n])
            cells += [f"{first:.7g}", f"{second:.7g}", f"{0.5 * first:.3g}" if n == 9 else ""]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"
