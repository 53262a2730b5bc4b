"""A record library: the same numbers as its sources, brought up to date, refused where it was changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import gmplug
from gmplug.cli import cli
from gmplug.errors import InputError, StudyError
from gmplug.recordlibrary.build import build_library
from gmplug.recordlibrary.check import check_library
from gmplug.recordlibrary.files import NGA_WEST2_PERIODS_S, Recipe, library
from gmplug.study import load_study
from tests.support.catalogue_files import flatfile_text, wave, write_at2
from tests.support.places import SHARED_DATA
from tests.support.studies import write_small_study

PERIODS_S = (0.1, 0.2, 0.5, 1.0, 2.0)


def make_sources(folder: Path, records: int = 3) -> Path:
    for number in range(1, records + 1):
        for at, code in enumerate(("000", "090", "-UP")):
            write_at2(
                folder / f"RSN{number}_EV_STA{code}.AT2",
                title=f"EV 09/20/99, STA{number}, {code}",
                acceleration_g=wave(10 * number + at, 600 + 7 * at),
            )
    return folder


def recipe(folder: Path, **options: object) -> Recipe:
    return Recipe("accelerograms", {"path": str(folder), **options}, str(folder.parent), PERIODS_S)


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def assert_same_records(made: gmplug.Catalogue, expected: gmplug.Catalogue) -> None:
    """The same metadata, spectra and motions, to the last bit."""
    files = ["file_h1", "file_h2", "file_v", "time_step_s", "units"]
    left = made.records.drop(columns=files, errors="ignore")
    right = expected.records.drop(columns=files, errors="ignore")
    pd.testing.assert_frame_equal(left, right, check_exact=True)
    np.testing.assert_array_equal(made.sa_g, expected.sa_g)
    assert (made.component, made.notes) == (expected.component, expected.notes)
    for own, other in zip(made.records.to_dict("records"), expected.records.to_dict("records"), strict=True):
        a, b = gmplug.read_motion(own), gmplug.read_motion(other)
        assert a.time_step_s == b.time_step_s
        np.testing.assert_array_equal(a.horizontal_g, b.horizontal_g)
        assert (a.vertical_g is None) == (b.vertical_g is None)
        if a.vertical_g is not None:
            np.testing.assert_array_equal(a.vertical_g, b.vertical_g)


def test_the_numbers_are_those_of_the_sources(tmp_path: Path) -> None:
    source = make_sources(tmp_path / "at2")
    built = build_library(tmp_path / "library", recipe(source), workers=1)
    assert (built.read_anew, built.about.counts["components"]) == (9, 9)
    expected = gmplug.accelerograms(source, periods_s=np.array(PERIODS_S))
    assert_same_records(library(tmp_path / "library"), expected)


def test_components_that_start_at_other_times_keep_their_axis(tmp_path: Path) -> None:
    source = tmp_path / "csv"
    source.mkdir()
    for name, start in (("STA_X", 0), ("STA_Y", 25)):
        time_s = 0.02 * (np.arange(300) + start)
        columns = np.column_stack([time_s, wave(start, 300)])
        np.savetxt(source / f"{name}.csv", columns, delimiter=",", header="time (s), acceleration (g)")
    build_library(tmp_path / "library", recipe(source), workers=1)
    made = library(tmp_path / "library")
    assert_same_records(made, gmplug.accelerograms(source, periods_s=np.array(PERIODS_S)))
    h1_g, h2_g = gmplug.read_motion(made.records.iloc[0].to_dict()).horizontal_g
    assert not h2_g[:25].any() and h2_g[26:].any() and not h1_g[300:].any()


def test_a_flatfile_keeps_its_spectra_and_takes_its_waveforms_along(tmp_path: Path) -> None:
    flatfile = tmp_path / "flatfile.csv"
    flatfile.write_text(flatfile_text([{}, {"Record Sequence Number": 2}]))
    for name in ("090", "180"):
        write_at2(tmp_path / "at2" / f"RSN1_SOMEW_ONE{name}.AT2", acceleration_g=wave(int(name)))
    options = {"flatfile": "flatfile.csv", "records": "at2"}
    built = build_library(
        tmp_path / "library", Recipe("nga-west2", options, str(tmp_path), NGA_WEST2_PERIODS_S), workers=1
    )
    assert built.about.counts == {
        "records": 2, "records_with_waveforms": 1, "components": 2, "source_files": 2,
    }  # fmt: skip
    found = library(tmp_path / "library")
    expected = gmplug.catalogue.nga_west2(flatfile, tmp_path / "at2")
    np.testing.assert_array_equal(found.sa_g, expected.sa_g)
    np.testing.assert_array_equal(found.periods_s, expected.periods_s)
    one, other = (gmplug.read_motion(made.records.iloc[0].to_dict()) for made in (found, expected))
    np.testing.assert_array_equal(one.horizontal_g, other.horizontal_g)
    assert found.records["file_h1"].iloc[1] == ""


def test_only_new_and_changed_files_are_read(tmp_path: Path) -> None:
    source, folder = make_sources(tmp_path / "at2"), tmp_path / "library"
    build_library(folder, recipe(source), workers=1)
    first = content(folder)
    assert build_library(folder, workers=1).read_anew == 0
    assert content(folder) == first

    (source / "RSN1_EV_STA000.AT2").touch()  # another time, the same content
    assert build_library(folder, workers=1).read_anew == 0

    write_at2(source / "RSN2_EV_STA000.AT2", title="EV 09/20/99, STA2, 000", acceleration_g=wave(99, 600))
    make_sources(source, 4)
    write_at2(source / "RSN2_EV_STA000.AT2", title="EV 09/20/99, STA2, 000", acceleration_g=wave(99, 600))
    assert build_library(folder, workers=1).read_anew == 4
    build_library(tmp_path / "other", recipe(source), workers=1)
    assert content(folder) == content(tmp_path / "other")
    assert len(library(folder).records) == 4


def test_the_bytes_do_not_depend_on_workers(tmp_path: Path) -> None:
    source = make_sources(tmp_path / "at2")
    build_library(tmp_path / "one", recipe(source), workers=1)
    build_library(tmp_path / "two", recipe(source), workers=2)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_a_waveform_that_was_changed_is_refused_and_made_again(tmp_path: Path) -> None:
    source, folder = make_sources(tmp_path / "at2"), tmp_path / "library"
    build_library(folder, recipe(source), workers=1)
    whole = content(folder)
    path = Path(library(folder).records["file_h1"][0])
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 1
    path.write_bytes(raw)
    with pytest.raises(InputError, match="not the one that the file's name states"):
        gmplug.read_motion(library(folder).records.iloc[0].to_dict())
    damage, _ = check_library(folder)
    assert len(damage) == 1 and "RSN1" in damage[0] and str(path) in damage[0]
    assert build_library(folder, workers=1).read_anew == 1
    assert content(folder) == whole and check_library(folder) == ([], [])

    path.unlink()
    with pytest.raises(InputError, match="1 waveforms of the library are missing"):
        library(folder)


def test_a_table_that_was_changed_is_refused(tmp_path: Path) -> None:
    source, folder = make_sources(tmp_path / "at2"), tmp_path / "library"
    build_library(folder, recipe(source), workers=1)
    table = pd.read_parquet(folder / "records.parquet")
    table.assign(magnitude=9.0).to_parquet(folder / "records.parquet", index=False)
    with pytest.raises(InputError, match=r"records\.parquet: cannot be used .*checksum"):
        library(folder)


def test_check_names_sources_that_changed(tmp_path: Path) -> None:
    source, folder = make_sources(tmp_path / "at2"), tmp_path / "library"
    metadata = tmp_path / "metadata.csv"
    metadata.write_text("record_number,magnitude\n1,6.5\n")
    build_library(folder, recipe(source, metadata=str(metadata)), workers=1)
    metadata.write_text("record_number,magnitude\n1,6.6\n")
    (source / "RSN1_EV_STA000.AT2").unlink()
    write_at2(source / "RSN2_EV_STA000.AT2", title="EV 09/20/99, STA2, 000", acceleration_g=wave(99, 600))
    damage, changes = check_library(folder)
    assert damage == []
    assert [line.rpartition("/")[2] for line in changes] == [
        "RSN1_EV_STA000.AT2: no longer there",
        "RSN2_EV_STA000.AT2: changed",
        "metadata.csv: changed",
    ]


def test_a_file_that_cannot_be_read_stops_the_build_by_its_name(tmp_path: Path) -> None:
    source, folder = make_sources(tmp_path / "at2"), tmp_path / "library"
    (source / "bad.AT2").write_text("no record\n")
    with pytest.raises(InputError, match=r"bad\.AT2: .*skip_bad_files"):
        build_library(folder, recipe(source), workers=1)
    with pytest.raises(InputError, match="not finished; run `gmplug catalogue build"):
        library(folder)
    (source / "bad.AT2").unlink()
    assert build_library(folder, recipe(source), workers=1).read_anew == 0


@pytest.mark.parametrize(
    ("place", "message"),
    [("at2/library", "lies in the source"), ("mine", "holds other files"), ("file", "is a file")],
)
def test_a_folder_of_other_things_is_refused(tmp_path: Path, place: str, message: str) -> None:
    source = make_sources(tmp_path / "at2", 1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=message):
        build_library(tmp_path / place, recipe(source), workers=1)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"


def test_the_commands(tmp_path: Path) -> None:
    source, folder = make_sources(tmp_path / "at2"), tmp_path / "library"
    command = ["catalogue", "build", str(folder), "--from", str(source), "--periods", "0.1,1"]
    built = CliRunner().invoke(cli, [*command, "--workers", "1"])
    assert built.exit_code == 0 and "3 records, 9 of 9 files read" in built.output, built.output
    told = CliRunner().invoke(cli, ["catalogue", "info", str(folder)]).output
    for text in ("3 records, 3 with waveforms", "RotD50, g, 5% damping, 2 periods", "source files: 9 .at2"):
        assert text in told
    checked = CliRunner().invoke(cli, ["catalogue", "check", str(folder)])
    assert checked.exit_code == 0 and "0 sources changed" in checked.output
    (source / "RSN1_EV_STA000.AT2").unlink()
    checked = CliRunner().invoke(cli, ["catalogue", "check", str(folder)], standalone_mode=False)
    assert checked.return_value == 1 and "no longer there" in checked.output


def test_a_study_file_is_a_source(tmp_path: Path) -> None:
    make_sources(tmp_path / "records")
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "s"\n[catalogue]\nprovider = "accelerograms"\npath = "records"\ncomponent = "h1"\n'
        "[structure]\nperiod_s = 1.0\n"
    )
    folder = tmp_path / "library"
    command = ["catalogue", "build", str(folder), "--from", str(tmp_path / "study.toml"), "--workers", "1"]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, done.output
    about = json.loads((folder / "library.json").read_text())
    assert about["catalogue"]["component"] == "single component (h1)"
    assert len(library(folder).periods_s) == 111
    shutil.move(folder, tmp_path / "moved")  # paths within a library are its own
    gmplug.read_motion(library(tmp_path / "moved").records.iloc[0].to_dict())


def test_the_periods_are_those_of_the_flatfile() -> None:
    flatfile = SHARED_DATA / "nga_west2" / "flatfile_sample.csv"
    if not flatfile.is_file():
        pytest.skip(f"no {flatfile}: the sample of the NGA-West2 flatfile is not at hand")
    names = pd.read_csv(flatfile, nrows=1).columns
    _, periods_s = gmplug.catalogue.find_period_columns(names)
    assert len(NGA_WEST2_PERIODS_S) == 111 and set(periods_s) <= set(NGA_WEST2_PERIODS_S)


def test_a_study_gives_the_same_motions_from_the_library(tmp_path: Path) -> None:
    study = write_small_study(tmp_path)
    grid = load_study(study).periods_s()
    records = {"path": str(tmp_path / "records")}
    build_library(
        tmp_path / "library", Recipe("accelerograms", records, str(tmp_path), tuple(grid)), workers=1
    )
    from_files = gmplug.run_study(study, tmp_path / "files", until="motions")
    text = study.read_text().replace('provider = "accelerograms"', 'provider = "library"')
    study.write_text(text.replace('path = "records"', 'path = "library"'))
    from_library = gmplug.run_study(study, tmp_path / "from-library", until="motions")
    columns = ["id", "scale_factor", "sa_exciting_g", "sa_record_g"]
    pd.testing.assert_frame_equal(
        from_library.motions.table[columns], from_files.motions.table[columns], check_exact=True
    )
    assert "(library library)" in from_library.catalogue.description


FORMAT = """
import numpy as np
import gmplug
from gmplug.waveforms import Accelerogram, WaveformFormat


def read(lines, path, given):
    columns = np.array([line.split() for line in lines[1:] if line.strip()], dtype=float)
    return [
        Accelerogram(0.01, column, path.with_name(f"{path.name}#{number}"), component=name)
        for number, (name, column) in enumerate(zip(("N-S", "E-W", "UP"), columns.T), start=1)
    ]


@gmplug.hookimpl
def gmplug_waveform_formats():
    return [WaveformFormat("mine", lambda lines, path: lines[0] == "MINE", read)]
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_files_of_several_components_in_a_format_of_a_script(tmp_path: Path, workers: int) -> None:
    source = tmp_path / "records"
    source.mkdir()
    (tmp_path / "hooks.py").write_text(FORMAT)
    for number in range(1, 4):
        columns = np.column_stack([wave(10 * number + at, 400) for at in range(3)])
        lines = "\n".join(" ".join(map(repr, row)) for row in columns.tolist())
        (source / f"station{number}.txt").write_text(f"MINE\n{lines}\n")
    made = Recipe(
        "accelerograms",
        {"path": str(source)},
        str(tmp_path),
        PERIODS_S,
        scripts=(str(tmp_path / "hooks.py"),),
    )
    built = build_library(tmp_path / "library", made, workers=workers)
    assert (built.read_anew, built.about.counts["components"]) == (3, 9)
    found = library(tmp_path / "library")
    for number, row in enumerate(found.records.to_dict("records"), start=1):
        motion = gmplug.read_motion(row)
        np.testing.assert_array_equal(motion.horizontal_g[0], wave(10 * number, 400))
        assert motion.vertical_g is not None
        np.testing.assert_array_equal(motion.vertical_g, wave(10 * number + 2, 400))
    assert build_library(tmp_path / "library", workers=workers).read_anew == 0


def test_what_was_computed_before_is_used_only_as_it_was_written(tmp_path: Path) -> None:
    source, folder = make_sources(tmp_path / "at2"), tmp_path / "library"
    build_library(folder, recipe(source), workers=1)
    whole = content(folder)
    table = pd.read_parquet(folder / "computed.parquet")
    table.assign(values=table["values"].map(lambda row: 2.0 * row)).to_parquet(folder / "computed.parquet")
    with pytest.raises(InputError, match=r"computed\.parquet: cannot be used"):
        check_library(folder)
    build_library(folder, workers=1)
    assert content(folder) == whole


def test_a_library_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, stem: str, acceleration: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gmplug.recordlibrary.sources.write_npy", full)
    with pytest.raises(StudyError, match=r"cannot be written .*No space left"):
        build_library(tmp_path / "library", recipe(make_sources(tmp_path / "at2")), workers=1)
