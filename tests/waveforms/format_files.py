"""Writers of waveform files, each as its format's document and real files have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gmplug.values import FloatArray

GAL = 980.665
COUNT = 75
DT = 0.04


@dataclass(frozen=True)
class Sample:
    """What a file should give: accelerations, g, shape (components, n), time step, s, and directions."""

    text: str
    acceleration_g: FloatArray
    components: tuple[str, ...]
    processing: str = ""
    highpass_hz: float | None = None
    suffix: str = ".txt"
    time_step_s: float = DT


def shaking(seed: int = 1, components: int = 3, peak_g: float = 0.35) -> FloatArray:
    """A burst of noise for each component, g, shape (components, COUNT), largest value ``peak_g``."""
    rng = np.random.default_rng(seed)
    envelope = np.sin(np.pi * np.arange(COUNT) / (COUNT - 1)) ** 2
    noise = rng.normal(size=(components, COUNT)) * envelope
    return np.asarray(peak_g * noise / np.abs(noise).max())


def rows(values: Iterable[float], per_line: int, form: Callable[[float], str]) -> list[str]:
    """Lines of numbers in fields."""
    cells = [form(value) for value in values]
    return ["".join(cells[at : at + per_line]) for at in range(0, len(cells), per_line)]


def fixed(width: int, digits: int) -> Callable[[float], str]:
    """Fortran's ``Fw.d``: the leading zero is left out where it does not fit."""

    def form(value: float) -> str:
        text = f"{value:.{digits}f}".replace("-0.", "-.") if abs(value) < 1 else f"{value:.{digits}f}"
        return text.replace("0.", ".", 1).rjust(width) if text.startswith("0.") else text.rjust(width)

    return form


def integers(values: Sequence[int], per_line: int, width: int) -> list[str]:
    """Lines of whole numbers in fields."""
    return rows(values, per_line, lambda value: f"{value:{width}d}")


def at2() -> Sample:
    values = np.round(shaking(components=1), 7)
    head = ["PEER NGA STRONG MOTION DATABASE RECORD", "CHI-CHI 09/20/99, CHY015, N (CWB)",
            "ACCELERATION TIME SERIES IN UNITS OF G. FILTER POINTS: HP=0.11 Hz LP=30.0 Hz",
            f"NPTS= {COUNT:6d}, DT= {DT:.4f} SEC,"]  # fmt: skip
    text = [*head, *rows(values[0], 5, lambda value: f"{value:15.7E}")]
    return Sample("\n".join(text) + "\n", values, ("",), "", 0.11, ".AT2")


def esm() -> Sample:
    values = np.round(shaking(components=1) * GAL, 6)
    peak = values[0][np.argmax(np.abs(values[0]))]
    head = f"""EVENT_NAME: AMATRICE
EVENT_ID: EMSC-20160824_0000006
NETWORK: IT
STATION_CODE: AMT
DATE_TIME_FIRST_SAMPLE_YYYYMMDD_HHMMSS: 20160824_013632.000
SAMPLING_INTERVAL_S: {DT:.6f}
NDATA: {COUNT}
STREAM: HNE
UNITS: cm/s^2
PGA_CM/S^2: {peak:.6f}
BASELINE_CORRECTION: BASELINE REMOVED
LOW_CUT_FREQUENCY_HZ: 0.040
HIGH_CUT_FREQUENCY_HZ: 40.000
HEADER_FORMAT: DYNA 1.2
DATA_TYPE: ACCELERATION
PROCESSING: manual (Paolucci et al., 2011)
USER5:
"""
    text = head + "\n".join(f"{value:.6f}" for value in values[0]) + "\n"
    return Sample(text, values / GAL, ("HNE",), "corrected", 0.04, ".ASC")


def knet() -> Sample:
    counts = np.round(shaking(components=1) * GAL / 3920 * 6182761).astype(int)
    values = counts * 3920 / 6182761
    values = values - values.mean()
    head = [
        "Origin Time       2011/03/11 14:46:00", "Lat.              38.103", "Long.             142.860",
        "Depth. (km)       24", "Mag.              9.0", "Station Code      MYG004",
        "Station Lat.      38.7292",
        "Station Long.     141.0217", "Station Height(m) 40", "Record Time       2011/03/11 14:46:36",
        f"Sampling Freq(Hz) {1 / DT:.0f}Hz", f"Duration Time(s)  {COUNT * DT:.0f}", "Dir.              N-S",
        "Scale Factor      3920(gal)/6182761", f"Max. Acc. (gal)   {np.abs(values).max():.3f}",
        "Last Correction   2011/03/11 14:46:21", "Memo.",
    ]  # fmt: skip
    text = [*head, *rows(counts[0], 8, lambda value: f"{value:9d}")]
    return Sample("\n".join(text) + "\n", values / GAL, ("",), "", None, ".NS")


def csmip_v2() -> Sample:
    values = np.round(shaking() * GAL, 5)
    lines: list[str] = []
    names = ("90 Deg", "Up", "360 Deg")
    for number, (series, name) in enumerate(zip(values, names, strict=True), 1):
        peak = series[np.argmax(np.abs(series))]
        lines += f"""Corrected accelerogram   58667-L2866-14236.52       Chan  {number}: {name:>7}    from
Uncorrected Accelerogram Data             Processed: 09/04/14, CGS  236be018
Rcrd of Sun Aug 24, 2014 03:20:33.0 PDT               (Avol1 v0.8, 8/14 CSMIP)
CSMIP Preliminary Processing            (Origin:  To be determined)
58667-L2866-14236.52                 Start time:  8/24/14, 10:20:33.0 UTC (GPS)
Station No. 58667   37.973N, 122.004W   Basalt   s/n 2866  (3 Chns of  3 at Sta)
Concord - Clayton & Ellis                 CGS
Chan  {number}: {name:>7}
Hypocenter:  To be determined.               ML:  To be determined.
Instr Period =  .0050 sec,  Damping =  .700,  Sensitivity =  .63 v/g
                        Record length = 75.000 sec.
                                     Uncor Max  =   .028 g , at  27.100 sec.
Accelerogram bandpass filtered with 3 dB pts at   .07 and 40.00 cyc/sec
{COUNT:6d} points of instrument- and baseline-corrected accel, veloc and displ data
At equally-spaced intervals of    {fixed(4, 3)(DT)}  sec.
Peak acceleration = {peak:9.3f}    cm/sec/sec  at   27.100   sec.
Peak   velocity   =     3.150      cm/sec    at   30.650   sec.
Peak displacement =      .165        cm      at   30.765   sec.
""".splitlines()
        lines += integers([1, 100, -999, COUNT] * 25, 16, 5)
        lines += rows([0.005, -999.0, 0.7071, 100.0] * 25, 8, fixed(10, 5))
        for quantity, unit, data in (
            ("accel", "cm/sec2", series),
            ("veloc", "cm/sec", np.cumsum(series) * DT),
            ("displ", "cm", np.cumsum(np.cumsum(series)) * DT**2),
        ):
            heading = (
                f"{COUNT:6d} points of {quantity} data equally spaced at  {fixed(4, 3)(DT)} sec, in {unit}."
            )
            lines.append(f"{heading}    (8f10.5)")
            lines += rows(data, 8, fixed(10, 5))
        lines.append(f"/&  ----------  End of data for channel  {number}  ----------")
    return Sample("\n".join(lines) + "\n", values / GAL, ("090", "Up", "360"), "corrected", 0.07, ".V2")


def csmip_v1() -> Sample:
    values = np.round(shaking(), 6)
    lines: list[str] = []
    for number, (series, name) in enumerate(zip(values, ("90 Deg", "Up", "360 Deg"), strict=True), 1):
        peak = series[np.argmax(np.abs(series))]
        lines += f"""Uncorrected Accelerogram Data             Processed: 02/13/12, CGS  146be002
Record of Mon Feb 13, 2012 13:06:45.0 PST             (Avol1 v9.2,12/11 CSMIP)
CSMIP Preliminary Processing            (Origin:  To be determined)
89146-L2500-12044.02                 Start time:  2/13/12, 21:06:45.0 UTC (GPS)
Station No. 89146   40.941N, 123.633W      Etna  s/n 2500  (3 Chns of  3 at Sta)
Willow Creek                              CGS
Chan  {number}: {name:>7}
Instr Period =  .0109 sec,  Damping =  .670,  Sensitivity =  .63  v/g
No. of Points = {COUNT:6d}  Record Length = {(COUNT - 1) * DT:6.3f} sec   at {1 / DT:.0f} Samples/sec
Units of uncor data are sec and g .        Max  = {fixed(6, 3)(peak)} g , at  30.590 sec.
RMS calc for complete record =        .   Chn. metadata effective date: 08/10/05
""".splitlines()
        lines += integers([1, 100, -999, COUNT] * 25, 16, 5)
        lines += rows([0.0108814, 0.67] * 25, 8, fixed(10, 7))
        lines.append(
            f"{COUNT:6d} Accelerogram points at {1 / DT:.0f} pts/sec in units of g .      Format: (8f9.6)"
        )
        lines += rows(series, 8, fixed(9, 6))
        lines.append(f"/&  ----------  End of data for channel  {number}  ----------")
    return Sample("\n".join(lines) + "\n", values, ("090", "Up", "360"), "uncorrected", None, ".V1")


def cdmg_pairs() -> Sample:
    """An old volume 1: pairs of time and acceleration in ``10F7.3``, as RENADIC writes them."""
    values = np.round(shaking() * 10, 3)
    lines: list[str] = []
    for number, (series, name) in enumerate(zip(values, ("NS", "V", "EW"), strict=True), 1):
        peak = series[np.argmax(np.abs(series))] / 10
        lines += f"""UNCORRECTED ACCELEROGRAM DATA              PROCESSED: 06/30/2011
MAULE 2010
02/27/2010 3:34:14 (GMT)                (ORIGIN: 02/27/2010 3:34:14 GMT)
                                   TRIGGER TIME: 02/27/2010 3:34:30.600 GMT
STATION NO.         18.483S   70.314W  ETNA      S/N  815 (3  CHNS OF 3  AT STA)
ARICA S/N 815
CHAN  {number}: {name}       (STA CHN:  {number})
UNIVERSIDAD DE CHILE - RENADIC
NO. OF POINTS = {COUNT:6d}  RECORD LENGTH ={(COUNT - 1) * DT:7.3f} SEC
UNITS OF UNCOR ACCEL ARE SEC AND G/10.     MAX  = {peak:6.3f} G, AT  14.100 SEC
RMS ACCEL OF COMPLETE RECORD = 0.005 G
""".splitlines()
        lines += integers([1, 0, 3, COUNT] * 25, 16, 5)
        lines += rows([0.02, 0.65] * 25, 8, lambda value: f"{value:10.3f}")
        times = 133.0 + DT * np.arange(
            COUNT
        )  # no blank between a time of seven characters and the next number
        pairs = np.column_stack([times, series]).ravel()
        lines += rows(pairs, 10, lambda value: f"{value:7.3f}")
        lines.append(f"/&  ----------  END OF DATA FOR CHANNEL {number}  ----------")
    return Sample("\n".join(lines) + "\n", values / 10, ("NS", "V", "EW"), "uncorrected", None, ".v1")


def usc() -> Sample:
    values = np.round(shaking(components=1) * GAL, 3)
    peak = values[0][np.argmax(np.abs(values[0]))]
    lines = f"""CORRECTED ACCELEROGRAM  IIBB127  94.610.0 COMP N08W   FILE   0  CORRESPONDING T
FILE     0 OF UNCORRECTED ACCELEROGRAM DATA OF VOLUME I:
NORTHRIDGE EARTHQUAKE                                                   21
JAN 17, 1994 -1230 GMT                                                  22
IBB127  94.610.0 N                                                      18
STATION USC# 0061   34 17 11N, 118 13 31W                               39
BIG TUJUNGA STATION, ANGELES NATIONAL FOREST, CA                        48
COMP N08W                                                               9
ACCELEROGRAM IS BAND-PASS FILTERED BETWEEN  .225- .325 AND 25.00-27.00 HZ.
{COUNT:6d}  INSTRUMENT AND BASELINE CORRECTED DATA
AT EQUALLY-SPACED INTERVALS OF    {fixed(4, 3)(DT)}  SEC.
PEAK ACCELERATION ={peak:12.5f}  CMS/SEC/SEC AT    4.580   SEC.
PEAK   VELOCITY   =    12.05681    CMS/SEC   AT    4.500   SEC.
""".splitlines()
    lines += integers([0, 2, 2, COUNT] * 25, 16, 5)
    lines += rows([0.039, 0.55] * 50, 8, fixed(10, 3))
    for quantity, unit, data in (
        ("ACC", "CM/SEC/SEC", values[0]),
        ("VEL", "CM/SEC", np.cumsum(values[0]) * DT),
        ("DIS", "CM", np.cumsum(np.cumsum(values[0])) * DT**2),
    ):
        lines.append(
            f"{COUNT:6d} POINTS OF {quantity} DATA EQUALLY SPACED AT   {fixed(4, 3)(DT)} SEC."
            f"  IN UNITS {unit}"
        )
        lines += rows(data, 8, fixed(10, 3))
    return Sample("\n".join(lines) + "\n", values / GAL, ("N08W",), "corrected", 0.325, ".s0a")


def bhrc() -> Sample:
    values = np.array([[float(f"{v:.6E}") for v in series] for series in shaking() * 10])
    lines: list[str] = []
    for series, name in zip(values, ("L1", "V2", "T3"), strict=True):
        lines += f"""* VOL1DS FILE:  5520/01
Inst Type = SSA-2
Origin Time : 2012/08/11   12:23:16

L

COMP {name}
Ahar                      Station   38.474 N 47.059 E   Altitude 1360m   Azimuth L 352   T 82
Epicenter 38.520 N 46.860 E   FD 12 Km mb      Ms      Mw6.1   M        ML   (BHRC   )
INSTR PERIOD =  .019 SEC   DAMPING =  .640
NO. OF POINTS ={COUNT:7d}      DURATION ={COUNT * DT:8.3f}
UNITS ARE SECONDS AND G/10

""".splitlines()
        lines += integers([0] * 100, 14, 5)
        lines += rows([0.0188324, 0.64] * 25, 6, lambda value: f"{value:13.6E}"[:12].rjust(13))
        lines += rows(series, 10, lambda value: f"{value:14.6E}")
        lines.append("/&")
    return Sample("\n".join(lines) + "\n", values / 10, ("352", "UP", "082"), "uncorrected", None, ".V1")


def cosmos() -> Sample:
    values = np.round(shaking() * GAL, 5)
    lines: list[str] = []
    for number, (series, name, code) in enumerate(
        zip(values, ("340 deg", "Up", "70 deg"), (340, 400, 70), strict=True), 1
    ):
        peak = series[np.argmax(np.abs(series))]
        whole = [-999] * 100
        whole[:4], whole[53] = [2, 1, 4, 120], code
        real = [-999.0] * 100
        real[33], real[61], real[62], real[63] = 0.005, 1000 * DT, COUNT * DT, peak
        lines += f"""Corrected acceleration    (Format v01.20 with 13 text lines) Src: fakefile.txt
Record of Yucaipa Earthquake of Thu Jun 16, 2005 13:53 PDT
Hypocenter: 34.0580  -117.0110  H= 12km(SCSN) ML=4.9, Mw=4.8(CIT), Ms=4.2(NEIC)
Origin: 06/16/2005, 20:53:26.1 UTC (SCSN)
Statn No: 01-23075  Code:CE-J2236  CDMG Yucaipa - Bryant & Oak Glen
Coords: 34.0460 -117.0350  Site Geology:  geology description here
Recorder: SSA-2  s/n 1238 ( 3 Chns of 12  at Sta) Sensor:FBA-11  s/n 1889
Rcrd start time:06/16/2005, 20:53:04.400 UTC (Q=2) RcrdId: 23075-L1889-05167.06
Sta Chan  {number}: {name} (Rcrdr Chan  {number}) Location: Ground
Raw record length = 70.000  sec, Uncor max =   -.167 g  at   27.850 sec
Processed: 06/17/2005, 12:01:00 PDT      Max = {peak:9.3f} cm/sec2  at  27.850 sec
Record filtered below 0.30  Hz (periods over   3.3 secs), and above 40.0 Hz
Values used when parameter or data value is unknown/unspecified:   -999, -999.0
 100 Integer-header values follow on  10 lines, Format= (10I8)
""".splitlines()
        lines += integers(whole, 10, 8)
        lines.append(" 100 Real-header values follow on  17 lines, Format= (6F13.6)")
        lines += rows(real, 6, lambda value: f"{value:13.6f}")
        lines += ['  2 Comment line(s) follow, each starting with a "|":', "| a comment", "| another"]
        length = f"approx {COUNT * DT:4.0f} secs"
        lines.append(f"{COUNT:8d} acceleration pts, {length}, units=cm/sec2(04),Format=(8F10.5)")
        lines += rows(series, 8, lambda value: f"{value:10.5f}")
        lines.append(f"/&  ----------  End of data for channel  {number}  ----------")
    return Sample("\n".join(lines) + "\n", values / GAL, ("340", "Up", "070"), "corrected", 0.3, ".V2c")


def smc() -> Sample:
    def short(value: float) -> str:
        """``1PE10.4E1``: a mantissa of four digits, an exponent of one."""
        mantissa, exponent = f"{value:.4E}".split("E")
        return f"{mantissa}E{int(exponent):+d}".rjust(10)

    values = np.array([[float(short(v)) for v in shaking(components=1)[0] * GAL]])
    whole = [-32768] * 48
    whole[1:6] = [1989, 291, 0, 4, 0]
    whole[12], whole[13], whole[15], whole[16] = 90, 360, 2, COUNT
    real = [1.7e38] * 50
    real[1], real[29], real[31], real[32] = 1 / DT, values.max(), values.min(), 0.1
    lines = f"""2 CORRECTED ACCELEROGRAM
*
SAF0A
     1989  10  18    0004 Loma Prieta, CA
Moment Mag=      7.1 Ms=      7.1 Ml=      7.0
station = San Francisco, 1295 Shafter, F component=    360
epicentral dist =     89.0       pk     ={np.abs(values).max():9.1f}
inst type=SMA-1      data source = USGS
*
*
*
""".splitlines()
    lines += integers(whole, 8, 10)
    lines += rows(real, 5, lambda value: f"{value:15.7E}")
    lines += ["|", "|ref - R. Maley, A. Acosta, F. Ellis, 1989"]
    lines += rows(values[0], 8, short)
    return Sample("\n".join(lines) + "\n", values / GAL, ("360",), "corrected", 0.1, ".smc")


def geonet() -> Sample:
    values = np.round(shaking() * GAL * 10, 1)
    lines: list[str] = []
    for series, name in zip(values, ("S16W  Longitudinal", "S74E  Transverse", "Up  Vertical"), strict=True):
        peak = series[np.argmax(np.abs(series))]
        whole = [0] * 40
        whole[8], whole[9], whole[18], whole[19], whole[33:36] = 2018, 2, 12, 21, [COUNT] * 3
        real = [0.0] * 60
        real[24], real[25], real[29] = 0.005, DT, 9806.6
        lines += f"""Corrected accelerogram 20180212_211554_WPWS_20 GNS Science
Site WPWS      39 56 38S  176 35 04E     Basalt file:  20180212_211557_WPWS
Waipawa District Council
Instrument Basalt_2413
Resolution: 24-bit   Instr Period: 0.0050 s   Damping: 0.700
Accelerogram 20180212_211554_WPWS_20                 Processed 2018 February 21
6 km south of Waipukurau
2018 February 12         21:15:54 UT
Epicentre  40 03 27S 176 32 45E  Bearing S15W  Dist   13km  Depth    9km M  4.17
Number of points{COUNT:6d}    Duration {(COUNT - 1) * DT:.2f} sec
Instrument corrected data at {DT:.3f} sec intervals
Band-pass filter transition bands are .10-.25 Hz and 24.50-25.50 Hz
Component {name} Accelerometer Axis
Acceleration:  peak {peak:8.1f} mm/s/s at  43.68 sec     rms      2.2 mm/s/s
Velocity:      peak     1.65 mm/s   at  43.56 sec     rms     0.09 mm/s
Displacement:  peak    0.131 mm     at  43.66 sec     rms    0.007 mm
""".splitlines()
        lines += integers(whole, 10, 8) + rows(
            real, 10, lambda value: f"{value:8.2f}" if value != DT and value != 0.005 else f"{value:8.4f}"
        )
        lines += rows(series, 10, lambda value: f"{value:8.1f}")
        lines += rows(np.cumsum(series) * DT, 10, lambda value: f"{value:8.3f}")
        lines += rows(np.cumsum(np.cumsum(series)) * DT**2, 10, lambda value: f"{value:8.4f}")
    return Sample(
        "\n".join(lines) + "\n", values / GAL / 10, ("S16W", "S74E", "Up"), "corrected", 0.25, ".V2A"
    )


def afad() -> Sample:
    values = np.round(shaking() * GAL, 6)
    peaks = " ".join(
        f"({name}) {np.abs(series).max():.6f}"
        for name, series in zip(("N-S", "E-W", "U-D"), values, strict=True)
    )
    lines = f"""STRONG GROUND MOTION RECORDS OF TURKIYE
PLACE                   : AYDIN GERMENCIK DEVLET HASTANESI
EARTHQUAKE DATE         : 2017/07/20 22:31:09 (GMT)
EARTHQUAKE MAGNITUDE    : 6.5 Mw
STATION ID              : 0921
RECORD TIME             : 20/07/2017 22:30:58.000000 (GMT)
NUMBER OF DATA          : {COUNT}
SAMPLING INTERVAL (sec) : {DT}
RAW PGA VALUES (gal)    : {peaks}
Copyright EARTHQUAKE DEPARTMENT
DISASTER AND EMERGENCY MANAGEMENT PRESIDENCY
       N-S          E-W          U-D""".splitlines()
    lines += ["".join(f"{value:14.6f}" for value in row) for row in values.T]
    return Sample("\n".join(lines) + "\n", values / GAL, ("N-S", "E-W", "U-D"), "uncorrected", None, ".txt")


def cwb() -> Sample:
    values = np.round(shaking() * GAL, 3)
    lines = f"""#Earthquake Information
#Origin Time(GMT+08): 2018/02/06-23:50:42
#StationCode: EAS
#StartTime(GMT+08): 2018/02/06-23:50:29.000
#RecordLength(sec): {COUNT * DT:.2f}
#SampleRate(Hz): {1 / DT:.0f}
#AmplitudeUnit:  gal. DCoffset(corr)""".splitlines()
    lines += [
        f"#AmplitudeMAX. {name}: {series.max():8.3f}~ {series.min():8.3f}"
        for name, series in zip("UNE", values, strict=True)
    ]
    lines += ["#DataSequence: Time U(+); N(+); E(+)", "#Data: 4F10.3"]
    lines += ["".join(f"{value:10.3f}" for value in (DT * at, *row)) for at, row in enumerate(values.T)]
    return Sample("\n".join(lines) + "\n", values / GAL, ("UP", "N", "E"), "uncorrected", None, ".dat")


def unam() -> Sample:
    values = np.round(shaking() * GAL, 3)
    three = "/".join([""] + [str(COUNT)] * 3)
    peaks = "/".join(["", *(f"{series[np.argmax(np.abs(series))]:.2f}" for series in values)])
    ruler = "---------+" * 8
    lines = f"""ARCHIVO ESTANDAR DE ACELERACION:
CLAVE DE LA ESTACION                   : CUP5
INTERVALO DE MUESTREO, C1-C6 (s)       : /{DT}/{DT}/{DT}
FECHA DEL SISMO [GMT]                  : 2004/01/01
HORA DE LA PRIMERA MUESTRA (GMT)       : 00:00:01
NUM. TOTAL DE MUESTRAS, C1-C6          : {three}
ACEL. MAX.(Gal), C1-C6                 : {peaks}
UNIDADES DE LOS DATOS                  : Gal (cm/s/s)
DATOS DE ACELERACION:
{ruler}
   CANAL-1   CANAL-2   CANAL-3
         V      N90E      N00E
{ruler}""".splitlines()
    lines += ["".join(f"{value:10.3f}" for value in row) for row in values.T]
    return Sample("\n".join(lines) + "\n", values / GAL, ("V", "N90E", "N00E"), "uncorrected", None, ".012")


def jma() -> Sample:
    values = np.round(shaking() * GAL, 3)
    lines = f"""SITE CODE= 93051 ABC,,
 LAT.=  32.7880,,
 LON.= 130.8190,,
 SAMPLING RATE= {1 / DT:.0f}Hz,,
 UNIT  = gal(cm/s/s),,
 INITIAL TIME = 2016 04 14 21 26 20,,
NS,EW,UD""".splitlines()
    lines += [",".join(f"{value:.3f}" for value in row) for row in values.T]
    return Sample("\n".join(lines) + "\n", values / GAL, ("NS", "EW", "UD"), "uncorrected", None, ".csv")


#: Writers of text files by the name of the format.
TEXT_FORMATS: dict[str, Callable[[], Sample]] = {
    "AT2": at2, "ESM": esm, "K-NET": knet, "CSMIP V2": csmip_v2, "CSMIP V1": csmip_v1,
    "CDMG V1 pairs": cdmg_pairs,
    "USC": usc, "BHRC": bhrc, "COSMOS": cosmos, "SMC": smc, "GeoNet": geonet, "AFAD": afad, "CWB": cwb,
    "UNAM": unam, "JMA": jma,
}  # fmt: skip
