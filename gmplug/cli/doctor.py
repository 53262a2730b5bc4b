"""``gmplug doctor``: check what studies need on this machine."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata

import click

from gmplug.cli.answer import Answer, answers
from gmplug.processors import available_processors


@click.command()
@answers
def doctor() -> Answer:
    """Check Python, libraries, OpenSees, TensorFlow and plugins; exit status 1 if one fails."""
    found = list(run_checks())
    marks = ["ok " if check.ok else ("-- " if check.optional else "!! ") for check in found]
    failed = any(not check.ok and not check.optional for check in found)
    return Answer(
        {"checks": list(map(asdict, found))},
        [f"{mark} {check.name:<14} {check.text}" for mark, check in zip(marks, found, strict=True)],
        "install what is marked !!, and run `gmplug doctor` again." if failed else "`gmplug demo`.",
        status=1 if failed else 0,
    )


@dataclass(frozen=True)
class Check:
    """One finding. Most studies work without what an ``optional`` check finds missing."""

    name: str
    ok: bool
    text: str
    optional: bool = False


_TENSORFLOW = 'only the preset "published" of cae-kmeans needs it; pip install "gmplug[cae]"'


def run_checks() -> Iterator[Check]:
    """Yield the findings."""
    yield Check("python", sys.version_info >= (3, 12), f"{platform.python_version()} ({platform.machine()})")
    yield Check("processors", True, str(available_processors()))
    for package in ("numpy", "scipy", "pandas", "sklearn", "pygmm", "matplotlib"):
        yield _guarded(package, partial(_import, package))
    yield _guarded("opensees", _opensees_in_a_worker)
    yield _guarded("tensorflow", _tensorflow, optional=True, remedy=_TENSORFLOW)
    xlsx = partial(_import, "python_calamine")
    yield _guarded("xlsx", xlsx, optional=True, remedy='pip install "gmplug[excel]"')
    yield from _plugins()


def _guarded(name: str, look: Callable[[], str], *, optional: bool = False, remedy: str = "") -> Check:
    try:
        return Check(name, True, look(), optional)
    except Exception as error:
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        return Check(name, False, why + (f"; {remedy}" if remedy else ""), optional)


def _import(name: str) -> str:
    importlib.import_module(name)
    return metadata.version({"sklearn": "scikit-learn"}.get(name, name))


def _opensees_in_a_worker() -> str:
    """Run OpenSees in a worker process, as analyses do. The terminal does not show its output."""
    from gmplug.analysis import ProcessExecutor

    with ProcessExecutor(workers=1, timeout_s=120) as executor:
        found: str = executor.submit(opensees_cantilever).result()
    return found


def opensees_cantilever() -> str:
    """Return OpenSees' version, after a cantilever under a unit load: u = P L³ / (3 E I) = 1."""
    import openseespy.opensees as ops

    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.node(1, 0.0, 0.0)
    ops.node(2, 0.0, 1.0)
    ops.fix(1, 1, 1, 1)
    ops.geomTransf("Linear", 1)
    ops.element("elasticBeamColumn", 1, 1, 2, 1.0, 1.0, 1.0 / 3.0, 1)
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    ops.load(2, 1.0, 0.0, 0.0)
    ops.system("BandGeneral")
    ops.numberer("Plain")
    ops.constraints("Plain")
    ops.integrator("LoadControl", 1.0)
    ops.algorithm("Linear")
    ops.analysis("Static", "-noWarnings")
    status = ops.analyze(1)
    displacement = ops.nodeDisp(2, 1)
    ops.wipe()
    if status != 0 or abs(displacement - 1.0) > 1e-9:
        raise RuntimeError(f"the tip of a cantilever moves {displacement:g} instead of 1")
    return f"{ops.version()}, solves a cantilever"


def _tensorflow() -> str:
    from gmplug.clustering.network import tensorflow

    return f"{tensorflow().__version__}"


def _plugins() -> Iterator[Check]:
    from gmplug.host import Host
    from gmplug.host.listing import list_plugins

    host = Host()
    rows = list_plugins(host)
    yield Check(
        "plugins", True, f"{len(rows)}, of which {sum(r['package'] == 'gmplug' for r in rows)} built-in"
    )
    for problem in host.problems:
        yield Check("plugin", False, problem, optional=True)
