"""One definition of Sa: the catalogue's spectra brought to the horizontal component that the target is of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.measures import measures
from gmplug.notes import doubtful
from gmplug.spectra.components import (
    ARBITRARY,
    LARGER,
    NAMES,
    ROTD100,
    VERTICAL,
    component_named,
    is_mixed,
    known_names,
    ln_ratio,
    source_of,
)
from gmplug.values import BoolArray, Catalogue, FloatArray, Target

#: Definitions so far above a single component that records of one component are converted to them.
_FAR = (ROTD100, LARGER)
_SINGLE = 'component = "single component" in [target]'
_ALL_SINGLE = f'component = "h1" in [catalogue] with {_SINGLE}'


@dataclass(frozen=True)
class Definition:
    """How a catalogue's spectra become those of the target's component.

    Parameters
    ----------
    of, to
        Keys of :data:`gmplug.spectra.components.NAMES`, of records with two components; empty: as they are.
    single
        Records of a single component among them, shape (N,), converted by themselves.
    notes
        One line for each thing a user should know.
    """

    of: str
    to: str
    single: BoolArray
    notes: tuple[str, ...] = ()

    def ln_shift(self, periods_s: FloatArray) -> FloatArray:
        """ln of what each record's Sa is multiplied by, shape (N, P)."""
        shift = np.zeros((len(self.single), len(periods_s)))
        if self.of != self.to:
            shift[~self.single] = ln_ratio(self.of, self.to, periods_s)
        if self.to in _FAR:
            shift[self.single] = ln_ratio(ARBITRARY, self.to, periods_s)
        return shift


def definition_of(catalogue: Catalogue, target: Target) -> Definition:
    """Return how the catalogue's spectra are compared with the target's.

    Records of a single component are not converted to RotD50, GMRotI50 or the geometric mean: their medians
    lie within 4 %, and a note says so. To a code's spectrum they are compared as they are too.

    Raises
    ------
    InputError
        One of the two is not known, or no ratio brings one to the other.
    """
    have, needed = component_named(catalogue.component), component_named(target.component)
    none = np.zeros(len(catalogue.records), dtype=bool)
    if have is None or needed is None:
        return Definition("", "", none, _unknown(catalogue, target, needed))
    if target.measures is not None and have != needed:
        names = [name for name in target.measures.names if measures()[name].depends_on_orientation]
        if names:
            raise InputError(
                f"[target]: its Sa, and so its {' and '.join(names)}, are of {NAMES[needed]}, the "
                f'catalogue\'s are {catalogue.component}; set component = "{NAMES[have]}" in [target]'
            )
    if have == ARBITRARY:
        return _of_single(none, target, needed)
    if needed == ARBITRARY:
        raise InputError(
            f"[target]: its Sa is that of a single component, with the dispersion from one direction to "
            f"another, which the catalogue's spectra ({catalogue.component}) do not have; set component "
            f'= "h1" in [catalogue] (accelerograms), or component = "{NAMES[have]}" in [target]'
        )
    notes = []
    if have != needed:
        notes.append(_converted(have, needed, f"the catalogue's spectra are {NAMES[have]}", target))
    single = none
    if is_mixed(catalogue.component) and "file_h2" in catalogue.records:
        second: pd.Series = catalogue.records["file_h2"].fillna("").astype(str).str.strip()
        single = np.asarray(second == "", dtype=bool)
    if single.any():
        what = f"{int(single.sum())} of {len(single)} records have one component only"
        notes.append(_single_note(what, needed, target, _ALL_SINGLE))
    return Definition(have, needed, single, tuple(notes))


def _of_single(none: BoolArray, target: Target, needed: str) -> Definition:
    """Return the definition of a catalogue of single components."""
    if needed == ARBITRARY:
        return Definition(ARBITRARY, ARBITRARY, ~none)
    if target.code_component:
        note = (
            f"the records are single components, and are compared with the code's spectrum "
            f"({target.component}) as they are"
        )
        return Definition("", "", none, (note,))
    note = _single_note("the records are single components", needed, target, _SINGLE)
    return (
        Definition(ARBITRARY, needed, ~none, (note,)) if needed in _FAR else Definition("", "", none, (note,))
    )


def _converted(of: str, to: str, what: str, target: Target) -> str:
    factor = float(np.exp(ln_ratio(of, to, [target.conditioning_period_s])[0]))
    return (
        f"{what}: Sa multiplied by the mean ratio to the target's, {NAMES[to]} "
        f"({factor:.3f} at T*; {source_of(of, to).split(';')[0]})"
    )


def _single_note(what: str, needed: str, target: Target, way: str) -> str:
    """Say how records of a single component are compared; ``way`` is the option that does more."""
    if needed in _FAR:
        return _converted(ARBITRARY, needed, what, target)
    return (
        f"{what}, the target is of {NAMES[needed]}: not converted, as medians differ by 4 % at most up to "
        f"5 s (Boore & Kishida 2017) and σ of a single component is 5 to 7 % larger (Baker & Cornell 2006); "
        f"{way} takes both into account"
    )


def _unknown(catalogue: Catalogue, target: Target, needed: str | None) -> tuple[str, ...]:
    if target.component and needed is None:
        raise InputError(
            f"[target]: its Sa is of '{target.component}', which is not known; known: {known_names()}"
        )
    if needed is not None:
        raise InputError(
            f"[catalogue]: its spectra are of '{catalogue.component}', which cannot be compared with the "
            f"target's {NAMES[needed]}; state which horizontal component they are of: component = … in "
            f"[catalogue] (known: {known_names()}), or in the plugin that makes the catalogue"
        )
    if target.code_component and catalogue.component == VERTICAL:
        raise InputError(
            f"[catalogue]: its spectra are vertical, the code's are of {target.component}; give those of a "
            f"horizontal component"
        )
    if target.code_component:
        return ()
    return (
        doubtful(
            f"the target does not say which horizontal component its Sa is of: taken as the catalogue's, "
            f'{catalogue.component}; set component = "RotD50" (or what it is) in [target]'
        ),
    )
