# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Safety of the page in its template; tests/browser tests it in a browser."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import ansible_collections.sessionops.citrix as collection

ROLE = Path(next(iter(collection.__path__))) / "roles" / "recording_coverage"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROLE / "templates").iterdir())}


def test_page_policy_has_hash_of_script():
    (script,) = re.findall(r"<script>(.*?)</script>", "".join(TEXTS.values()), re.DOTALL)
    assert "{{" not in script
    assert "{%" not in script
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', TEXTS["coverage.html.j2"])
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    ), f"The script was changed: write 'sha256-{digest}'."


def test_page_values_escaped():
    macros = re.findall(r"{% macro (\w+)", "".join(TEXTS.values()))
    for value in re.findall(r"{{(.*?)}}", "".join(TEXTS.values()), re.DOTALL):
        called = re.match(r"\s*(\w+)\(.*\)\s*$", value, re.DOTALL)
        escaped = re.search(r"\| e( if not loop\.last)?\s*$", value)
        assert escaped or (called and called.group(1) in macros), f"write '| e' at the end of {{{{{value}}}}}"


def test_page_loads_nothing_external():
    for text in TEXTS.values():
        page = text.partition("#}")[2]
        assert not re.search(r"https?://|//\w|url\(|@import|\bsrc=|<link", page)
