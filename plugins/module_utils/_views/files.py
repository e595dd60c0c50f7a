# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write files of a module: each is replaced completely or not at all, safe in a spreadsheet."""

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
"""The files contain user names: only owner and group may read them."""

FORMULA = ("=", "+", "-", "@")
PASSED_OVER = " '\"`\u00b4\u2018\u2019\u201c\u201d"
"""Characters that some spreadsheets remove from the beginning of a cell before they look for a formula."""


def check_folder(option: str, path: str, warn: Callable[[str], None] | None = None) -> None:
    """Raise OptionError unless a path is a directory in which files can be created.

    warn: receives the message if the path does not exist in check mode, where an earlier task did not create it.
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


def check_file(option: str, path: str, warn: Callable[[str], None] | None = None) -> None:
    """Raise OptionError unless a file can be created or replaced; warn: see check_folder()."""
    if not path.strip():
        raise OptionError(option, "is empty; set it to a file")
    if os.path.isdir(path):
        raise OptionError(option, f"{clean(path)} is a directory; set it to a file")
    if os.path.exists(path) and not os.path.isfile(path):
        # It would be replaced: /dev/null would be a file from then on.
        raise OptionError(option, f"{clean(path)} is a device, pipe or socket; set it to a file")
    check_folder(option, os.path.dirname(os.path.abspath(path)), warn)


def write_csv(option: str, path: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table with all cells as text. Raises OptionError if that fails.

    UTF-8 with a byte order mark: without it, Excel misreads letters of other alphabets.
    """
    with _replaced(option, path, "utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([cell(value) for value in row] for row in rows)


def write_json(option: str, path: str, document: Any) -> None:
    """Write an indented document in UTF-8. Raises OptionError if that fails."""
    with _replaced(option, path, "utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
        file.write("\n")


def write_text(option: str, path: str, text: str, mode: int) -> None:
    """Write a text in UTF-8. Raises OptionError if that fails."""
    with _replaced(option, path, "utf-8", mode) as file:
        file.write(text)


def cell(text: str) -> str:
    """Return a text on one line, with an apostrophe before text that could be a formula.

    Full-width signs count as well, and so does a sign after spaces or quotes.
    """
    text = one_line(text)
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return f"'{text}" if plain.lstrip(PASSED_OVER).startswith(FORMULA) else text


@contextmanager
def _replaced(option: str, path: str, encoding: str, mode: int = MODE) -> Iterator[TextIO]:
    """Yield a new file that replaces a path on success."""
    try:
        handle, made = tempfile.mkstemp(prefix=".", dir=os.path.dirname(path))
        try:
            with open(handle, "w", encoding=encoding, newline="") as file:
                yield file
            os.chmod(made, mode)
            os.replace(made, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(made)
    except OSError as error:
        raise OptionError(
            option, f"{clean(path)} cannot be written ({error.strerror}); check its directory and the free space"
        ) from None
