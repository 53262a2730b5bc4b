"""Where the header of a text file ends, which lines are data, and what follows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gmplug.errors import InputError
from gmplug.waveforms.numbers import bad_word, is_numbers, like_number, split_number, words_of

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
    """

    header: tuple[Line, ...]
    bare: tuple[Line, ...]
    rows: tuple[Line, ...]
    repeated: int | None
    after: tuple[Line, ...]


def is_comment(line: str) -> bool:
    """Tell whether a line is a comment."""
    return line.lstrip().startswith(_COMMENT)


def width(line: str) -> int:
    """Return the count of words of a line, glued numbers counted apart."""
    return sum(len(split_number(word) or "x") for word in words_of(line))


def split_lines(lines: Sequence[str], path: Path) -> Block:
    """Return which lines are header and data.

    The data are the longest run of lines that hold numbers alone, blank lines, comments and repeated headings
    left out. Lines of numbers before it may be NPTS and DT; anything else between numbers is an error.
    """
    groups, texts, repeated = _groups(lines)
    if not groups:
        raise InputError(_no_numbers(lines, path))
    main = max(range(len(groups)), key=lambda at: len(groups[at]))
    rows = groups[main]
    bare: list[Line] = []
    for before, following in zip(groups[:main], texts[1 : main + 1], strict=True):
        if len(before) > _MOST_BARE_LINES or width(before[0][1]) == width(rows[0][1]):
            raise InputError(_between(following, path))
        bare += before
    led, rows = _leading(rows)
    bare += led
    header = [line for text in texts[: main + 1] for line in text] + bare
    _check_last_of_header(texts[main], rows, path)
    inside = [line for line in _comments(lines) if rows[0][0] < line[0] < rows[-1][0]]
    _check_comments(inside, rows, path)
    after = [line for group in groups[main + 1 :] for line in group]
    after += [line for text in texts[main + 1 :] for line in text]
    comments = [line for line in _comments(lines) if line[0] < rows[0][0]]
    return Block(
        tuple(sorted([*header, *comments])) + tuple(inside),
        tuple(bare),
        tuple(rows),
        repeated.get(main),
        tuple(sorted(after)),
    )


def _comments(lines: Sequence[str]) -> list[Line]:
    return [(number, line) for number, line in enumerate(lines, 1) if is_comment(line)]


def _groups(lines: Sequence[str]) -> tuple[list[list[Line]], list[list[Line]], dict[int, int]]:
    """Return runs of lines of numbers; the text before each and after the last; where headings repeat."""
    groups: list[list[Line]] = []
    texts: list[list[Line]] = [[]]
    repeated: dict[int, int] = {}
    heading: set[str] = set()
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if not stripped or is_comment(line):
            continue
        if not is_numbers(line):
            texts[-1].append((number, line))
            continue
        if not groups:
            heading = {text.strip() for _, text in texts[0]}
            groups.append([])
            texts.append([])
        elif texts[-1]:
            if all(text.strip() in heading for _, text in texts[-1]):
                repeated.setdefault(len(groups) - 1, texts[-1][0][0])
                texts[-1] = []
            else:
                groups.append([])
                texts.append([])
        groups[-1].append((number, line))
    return groups, texts, repeated


def _no_numbers(lines: Sequence[str], path: Path) -> str:
    for number, line in enumerate(lines, 1):
        words = words_of(line)
        meant = sum(map(like_number, words))
        if not is_comment(line) and words and like_number(words[0]) and 2 * meant > len(words):
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
    """Return the lines of numbers directly above the data that state NPTS and DT, and the data."""
    for count in (1, 2):
        rest = rows[count:]
        if len(rest) < 2:
            break
        widths = [width(text) for _, text in rows[:count]]
        usual = width(rest[0][1])
        if sum(widths) > 2 or (count == 2 and widths != [1, 1]):
            break
        differs = widths[0] not in (usual, width(rest[1][1])) and width(rest[0][1]) == width(rest[1][1])
        if differs or _counts(rows[:count], rest):
            return rows[:count], rest
    return [], rows


def _counts(lead: Sequence[Line], rest: Sequence[Line]) -> bool:
    """Tell whether numbers like the data's are NPTS, or NPTS and DT: one of them counts the rows."""
    pair = sampling_pair(lead)
    return pair is not None and pair[0] == len(rest) >= _FEWEST_COUNTED


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
    alike = [word for word in words if like_number(word)]
    columns = width(rows[0][1])
    if len(words) == columns and alike and (2 * len(alike) >= columns) and like_number(words[0]):
        raise InputError(f"{path}, line {number}: {bad_word(line)}")


def _check_comments(comments: Sequence[Line], rows: Sequence[Line], path: Path) -> None:
    """Raise where a line of data is commented out: without it the others would move in time."""
    for number, line in comments:
        bare = line.strip().lstrip("#%/! ")
        if is_numbers(bare) and width(bare) == width(rows[0][1]):
            raise InputError(
                f"{path}, line {number}: a comment inside the data holds numbers; "
                "make it data again, or remove the line and correct the times"
            )
