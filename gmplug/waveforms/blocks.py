"""Where the header of a text file ends, which lines are data, and what follows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gmplug.errors import InputError
from gmplug.values import FloatArray
from gmplug.waveforms.numbers import (
    bad_word,
    is_cut,
    is_numbers,
    like_number,
    plain_numbers,
    split_number,
    words_of,
)

#: A line of the file: its number, counted from 1, and its text.
type Line = tuple[int, str]

_COMMENT = ("#", "%", "//", "!")
#: Lines of bare numbers that may stand before the data: NPTS and DT, on one line or two.
_MOST_BARE_LINES = 2
#: A record has at least as many samples where its first number alone is taken for their count.
_FEWEST_COUNTED = 10


@dataclass(frozen=True)
class Block:
    """A file's lines by what they are.

    Parameters
    ----------
    header
        Lines before the data, and comments between.
    bare
        Lines of numbers alone that stand in the header; ``header`` has them too.
    rows
        The data: lines of numbers alone.
    repeated
        Number of the first line of a heading that is repeated inside the data; None without.
    after
        Lines that follow the data.
    numbers
        The numbers of ``rows`` where they were read already, shape (n,).
    """

    header: tuple[Line, ...]
    bare: tuple[Line, ...]
    rows: tuple[Line, ...]
    repeated: int | None
    after: tuple[Line, ...]
    numbers: FloatArray | None = None


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENT)


def _width(line: str) -> int:
    """Return the count of words of a line, glued numbers counted apart."""
    return sum(len(split_number(word) or "x") for word in words_of(line))


def split_lines(lines: Sequence[str], path: Path) -> Block:
    """Return which lines are header and data.

    The data are the longest run of lines that hold numbers alone, blank lines, comments and repeated headings
    left out. Lines of numbers before it may be NPTS and DT; anything else between numbers is an error.
    """
    numbered = [line for line in enumerate(lines, 1) if line[1] and not line[1].isspace()]
    text = "\n".join(lines)
    marked = any(mark in text for mark in _COMMENT)
    commented = [line for line in numbered if _is_comment(line[1])] if marked else []
    left_out = {number for number, _ in commented}
    runs, texts, repeated, numbers = _runs(
        [line for line in numbered if line[0] not in left_out] if left_out else numbered
    )
    if not runs:
        raise InputError(_no_numbers(lines, path))
    main = max(range(len(runs)), key=lambda at: len(runs[at]))
    for run, following in zip(runs[:main], texts[1 : main + 1], strict=True):
        if len(run) > _MOST_BARE_LINES or _width(run[0][1]) == _width(runs[main][0][1]):
            raise InputError(_between(following, path))
    led, rows = _leading(runs[main])
    if lines[-1] and rows[-1][0] == len(lines) and is_cut([text for _, text in rows]):
        raise InputError(f"{path}, line {len(lines)}: truncated, ends within a number; fetch the file again")
    bare = [line for run in runs[:main] for line in run] + led
    first, last = rows[0][0], rows[-1][0]
    _check_last_of_header(texts[main], rows, path)
    comments = [line for line in commented if line[0] < last]
    inside = [line for line in comments if line[0] > first]
    _check_comments(inside, rows, path)
    header = [line for text in texts[: main + 1] for line in text] + bare
    header += [line for line in comments if line[0] < first]
    after = [line for some in (*runs[main + 1 :], *texts[main + 1 :]) for line in some]
    return Block(
        (*sorted(header), *inside),
        tuple(bare),
        tuple(rows),
        repeated.get(main),
        tuple(sorted(after)),
        numbers if main == len(runs) - 1 and not led else None,
    )


def _runs(
    lines: Sequence[Line],
) -> tuple[list[list[Line]], list[list[Line]], dict[int, int], FloatArray | None]:
    """Return runs of lines of numbers; the text before each and after the last; where headings repeat.

    And the numbers of the last run, where it goes on to the end of the file and was read at once.
    """
    numbers: FloatArray | None = None
    runs: list[list[Line]] = []
    texts: list[list[Line]] = [[]]
    repeated: dict[int, int] = {}
    for at, line in enumerate(lines):
        if not is_numbers(line[1]):
            texts[-1].append(line)
            continue
        if runs and texts[-1] and {t.strip() for _, t in texts[-1]} <= {t.strip() for _, t in texts[0]}:
            repeated.setdefault(len(runs) - 1, texts[-1][0][0])
            texts[-1] = []
        if not runs or texts[-1]:
            runs.append([])
            texts.append([])
            if len(runs) <= _MOST_BARE_LINES:
                numbers = plain_numbers([text for _, text in lines[at:]])
            if numbers is not None:
                runs[-1].extend(lines[at:])
                break
        runs[-1].append(line)
    return runs, texts, repeated, numbers


def _no_numbers(lines: Sequence[str], path: Path) -> str:
    for number, line in enumerate(lines, 1):
        words = words_of(line)
        meant = sum(map(like_number, words))
        if not _is_comment(line) and words and like_number(words[0]) and 2 * meant > len(words):
            return f"{path}: holds no line of numbers alone; line {number}: {bad_word(line)}"
    return (
        f"{path}: holds no line of numbers, so no acceleration values; "
        "give one column of acceleration, or time and acceleration"
    )


def _between(text: Sequence[Line], path: Path) -> str:
    number, line = text[0]
    if any(re.search(r"NPTS", other, re.IGNORECASE) for _, other in text):
        return f"{path}, line {number}: another record begins; write one file for each component"
    return f"{path}, line {number}: {bad_word(line)}"


def _leading(rows: list[Line]) -> tuple[list[Line], list[Line]]:
    """Return the lines of numbers directly above the data that state NPTS and DT, and the data.

    They have another width than the data, or one of them counts the rows.
    """
    for count in (1, 2):
        lead, rest = rows[:count], rows[count:]
        widths = [_width(text) for _, text in lead]
        if len(rest) < 2 or sum(widths) > 2 or (count == 2 and widths != [1, 1]):
            break
        usual = _width(rest[0][1])
        pair = sampling_pair(lead)
        counts = pair is not None and pair[0] == len(rest) >= _FEWEST_COUNTED
        if counts or (widths[0] != usual == _width(rest[1][1])):
            return lead, rest
    return [], rows


def sampling_pair(bare: Sequence[Line]) -> tuple[int, float | None] | None:
    """Return NPTS and DT where one or two bare numbers can be them, in either order; else None."""
    words = [float(n) for _, text in bare for word in words_of(text) for n in split_number(word) or ()]
    if len(words) == 1 and words[0] >= 2 and words[0].is_integer():
        return int(words[0]), None
    for npts, dt in (words, words[::-1]) if len(words) == 2 else ():
        if npts >= 2 and npts.is_integer() and 0 < dt <= 1:
            return int(npts), dt
    return None


def _check_last_of_header(text: Sequence[Line], rows: Sequence[Line], path: Path) -> None:
    """Raise where the line above the data was meant as one of them."""
    if not text or text[-1][0] > rows[0][0]:
        return
    number, line = text[-1]
    words = words_of(line)
    alike = sum(map(like_number, words))
    if len(words) == _width(rows[0][1]) and 2 * alike >= len(words) and like_number(words[0]):
        raise InputError(f"{path}, line {number}: {bad_word(line)}")


def _check_comments(comments: Sequence[Line], rows: Sequence[Line], path: Path) -> None:
    """Raise where a line of data is commented out: without it the others would move in time."""
    for number, line in comments:
        bare = line.strip().lstrip("#%/! ")
        if is_numbers(bare) and _width(bare) == _width(rows[0][1]):
            raise InputError(
                f"{path}, line {number}: a comment inside the data holds numbers; "
                "make it data again, or remove the line and correct the times"
            )
