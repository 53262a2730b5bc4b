"""Numbers as Fortran, spreadsheets and people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from gmplug.values import FloatArray

_MANTISSA = r"(?:\d+\.\d*|\.\d+)"
_EXPONENT = r"(?:[eEdD][+-]?\d{1,3}|[+-]\d{3}(?![\d.]))"
#: Fortran leaves no blank before a sign where fields are full: ``-.123E-01-.456E-01``. Such numbers have a
#: decimal point each, so that dates (1979-10-15) are none.
_GLUED = re.compile(rf"[+-]?{_MANTISSA}{_EXPONENT}?(?:[+-]{_MANTISSA}{_EXPONENT}?)*")
_ONE = re.compile(rf"[+-]?{_MANTISSA}{_EXPONENT}?")
_WHOLE = re.compile(r"[+-]?\d+(?:[eEdD][+-]?\d{1,3})?")
_CHARACTERS = re.compile(r"[\s0-9.,;eEdD+'\"-]*")
_PLAIN = re.compile(r"[\s0-9.eE+-]*")
_SPLIT = re.compile(r"[\s,;]+")
_NOT_FINITE = re.compile(r"[+-]?(?:nan\b.*|-?1\.#\w+|inf(?:inity)?)|\*+|n/?a|null", re.IGNORECASE)
_LIKE_NUMBER = re.compile(r"[+-]*\.?\d[\d.,eEdD+-]*[a-z?*]{0,3}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}([-./])\d{1,2}\1\d{1,2}.*|\d{1,2}([-./])\d{1,2}\2(?:\d{4}|\d{2})(?!\d).*")
_MOST_SHOWN = 30


def words_of(line: str) -> list[str]:
    """Return the cells of a line, whatever separates them, without quotes."""
    return [word for word in _SPLIT.split(line.replace('"', " ").replace("'", " ")) if word]


def split_number(word: str) -> list[str] | None:
    """Return the numbers that a word holds in Python's notation, several where glued; None if it is none."""
    if _WHOLE.fullmatch(word):
        return [word.replace("d", "e").replace("D", "e")]
    if not _GLUED.fullmatch(word):
        return None
    numbers = [number.replace("d", "e").replace("D", "e") for number in _ONE.findall(word)]
    return [re.sub(r"(?<=[\d.])([+-]\d{3})$", r"e\1", number) for number in numbers]


def is_numbers(line: str) -> bool:
    """Tell whether a line holds numbers, separators and nothing else."""
    if not _CHARACTERS.fullmatch(line):
        return False
    for words in (line.split(), words_of(line)):  # most lines are Python's numbers between blanks
        if words and _are_floats(words):
            return True
    return bool(words) and all(split_number(word) is not None for word in words)


def _are_floats(words: Sequence[str]) -> bool:
    try:
        for word in words:
            float(word)
    except ValueError:
        return False
    return True


def plain_numbers(lines: Sequence[str]) -> FloatArray | None:
    """Return the numbers of lines that hold numbers in Python's notation and blanks alone; None for others.

    Quick for whole files. Shape (n,), in reading order.
    """
    text = "\n".join(lines)
    if not _PLAIN.fullmatch(text):
        return None
    try:
        return np.array(list(map(float, text.split())), dtype=np.float64)
    except ValueError:
        return None


#: Different values in fields of one width that tell of such fields, and the last rows that are looked at.
_LEAST_VALUES, _LAST_ROWS = 12, 40


def is_cut(rows: Sequence[str]) -> bool:
    """Tell whether the last of rows of numbers in fields of one width ends within a number.

    A file that ends without a line end may have been cut there. A few values, or equal ones, may be equally
    long by chance.
    """
    before = rows[-_LAST_ROWS - 1 : -1]
    counts = [
        sum(len(split_number(word) or "x") for word in words_of(row)) for row in (*before[:1], *rows[-1:])
    ]
    if not before or not counts[0] or len({len(row) for row in before}) != 1 or len(before[0]) % counts[0]:
        return False
    width = len(before[0]) // counts[0]
    fields = [row[at : at + width].strip() for row in before for at in range(0, len(row), width)]
    if len(set(fields)) < _LEAST_VALUES or any(len(split_number(field) or "x y") != 1 for field in fields):
        return False
    return len(rows[-1]) < counts[1] * width


def like_number(word: str) -> bool:
    """Tell whether a word was meant as a number: ``nan``, ``****``, ``1.2.3``, ``0.1x``; dates are none."""
    if _DATE.fullmatch(word):
        return False
    return bool(_NOT_FINITE.fullmatch(word) or _LIKE_NUMBER.fullmatch(word))


def bad_word(line: str) -> str:
    """Return what is wrong with a line of data, for the message: its first word that is no number."""
    words = words_of(line) or [line.strip()]
    word = next((w for w in words if split_number(w) is None), words[0])
    shown = repr(word[:_MOST_SHOWN])
    if _NOT_FINITE.fullmatch(word):
        return f"{shown} is not a finite number; repair or leave out this record"
    return f"{shown} is not a number; repair the file or fetch it again"
