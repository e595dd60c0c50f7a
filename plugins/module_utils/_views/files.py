# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that a module leaves behind: each replaced as a whole or not at all, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from .._common.errors import OptionError
from .._common.text import clean, one_line

MODE = 0o640
"""What is written names people: nobody but the owner and the group reads it."""

FORMULA = ("=", "+", "-", "@")
PASSED_OVER = " '\"`\u00b4\u2018\u2019\u201c\u201d"
"""What some spreadsheets drop from the beginning of a cell before they look for a formula."""


def check_folder(option: str, path: str, warn: Callable[[str], None] | None = None) -> None:
    """Raise OptionError unless a path is a directory in which files can be made.

    warn: takes the message if the path does not exist. In check mode an earlier task did not make it.
    """
    if not path.strip():
        raise OptionError(option, "is empty; set it to a directory")
    if not os.path.isdir(path):
        missing = OptionError(option, f"directory {clean(path)} does not exist; create it or use another one")
        if not warn or os.path.lexists(path):
            raise missing
        warn(str(missing))
    elif not os.access(path, os.W_OK | os.X_OK):
        raise OptionError(option, f"no file can be created in {clean(path)}; check its owner and mode")


def write_csv(option: str, path: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table; every cell as text. Raises OptionError where that cannot be done.

    UTF-8 with a byte order mark: without it, Excel reads the letters of other alphabets wrongly.
    """
    with _replaced(option, path, "utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([cell(value) for value in row] for row in rows)


def write_json(option: str, path: str, document: Any) -> None:
    """Write a document, indented, in UTF-8. Raises OptionError where that cannot be done."""
    with _replaced(option, path, "utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
        file.write("\n")


def cell(text: str) -> str:
    """Return a text on one line, behind an apostrophe where a spreadsheet could take it for a formula.

    Full-width signs count as well, and so does a sign after blanks or quotes.
    """
    text = one_line(text)
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return f"'{text}" if plain.lstrip(PASSED_OVER).startswith(FORMULA) else text


@contextmanager
def _replaced(option: str, path: str, encoding: str) -> Iterator[TextIO]:
    """Give a new file that takes the place of a path when all went well."""
    try:
        handle, made = tempfile.mkstemp(prefix=".", dir=os.path.dirname(path))
        try:
            with open(handle, "w", encoding=encoding, newline="") as file:
                yield file
            os.chmod(made, MODE)
            os.replace(made, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(made)
    except OSError as error:
        raise OptionError(option, f"{clean(path)} cannot be written ({error.strerror})") from None
