# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guard files: the limits in them, and every file that is unreadable or invalid."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common import guard_file
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._common.guard_file import KEYS, read_guards

FULL = {
    "notify_user": "required",
    "reason": "required",
    "reason_pattern": "INC[0-9]{7}",
    "audit_log": "required",
    "max_sessions": 50,
    "max_duration": 7200,
    "denied_users": ["LAB\\user007", "director@lab.example"],
    "allowed_users": ["LAB\\user001"],
    "denied_machines": ["LAB\\vda-003"],
    "allowed_machines": ["vda-001.lab.example"],
    "denied_delivery_groups": ["Works council"],
    "allowed_delivery_groups": ["Contractors"],
}
YAML = r"""
# Limits of this host
notify_user: required
max_sessions: 50
denied_users: [LAB\user007]
"""


@pytest.fixture
def guards(tmp_path, monkeypatch):
    """Return a function that reads texts as the files of the variable and of the host."""
    system = tmp_path / "etc" / "guard.yml"
    system.parent.mkdir()
    monkeypatch.setattr(guard_file, "SYSTEM_PATH", str(system))

    def read(named=None, of_host=None):
        if named is not None:
            path = tmp_path / "named.yml"
            path.write_bytes(named if isinstance(named, bytes) else named.encode())
            monkeypatch.setenv("CITRIX_GUARD", str(path))
        if of_host is not None:
            system.write_text(of_host, encoding="utf-8")
        return read_guards()

    return read


def test_read_guards_without_files_returns_none(guards, monkeypatch):
    monkeypatch.setenv("CITRIX_GUARD", "")
    assert guards() == []


def test_read_guards_reads_every_key(guards):
    (limits,) = guards(json.dumps(FULL))
    assert set(FULL) == set(KEYS)
    assert limits.required == {"notify_user", "reason", "audit_log"}
    assert limits.reason_pattern.pattern == "INC[0-9]{7}"
    assert (limits.max_sessions, limits.max_duration) == (50, 7200)
    assert limits.names == {key: tuple(value) for key, value in FULL.items() if isinstance(value, list)}


def test_read_guards_reads_yaml(guards):
    (limits,) = guards(of_host="\ufeff" + YAML)
    assert limits.required == {"notify_user"}
    assert (limits.max_sessions, limits.names) == (50, {"denied_users": ("LAB\\user007",)})


def test_read_guards_both_files_apply(guards):
    named, of_host = guards("max_sessions: 5", "max_sessions: 9")
    assert (named.max_sessions, of_host.max_sessions) == (5, 9)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "has no limits"),
        ("{}", "has no limits"),
        ("- notify_user", "has no limits"),
        ("notify_user", "has no limits"),
        ("notify_user: [", "is not valid YAML"),
        ("{'max_sessions': 1", "is not valid YAML"),
        ("max_sessions: 1\n---\nmax_sessions: 2", "is not valid YAML"),
        ("denied_users: [a]\ndenied_users: [b]", "is not valid YAML (denied_users is set twice)"),
        ('{"max_sessions": 1, "max_sessions": 9}', "max_sessions is set twice"),
        ("? [a]\n: 1", "is not valid YAML"),
        ("max_sessions: !!python/name:os.system", "is not valid YAML"),
        ("deny_users: [a]", "unknown key deny_users; use notify_user, reason,"),
        ("1: 2", "unknown key 1"),
        ("notify_user: true", "notify_user may only be 'required'"),
        ("reason: optional", "reason may only be 'required'"),
        ("audit_log:", "audit_log may only be 'required'"),
        ("max_sessions: 0", "max_sessions must be a whole number of 1 or more"),
        ("max_sessions: many", "max_sessions must be a whole number"),
        ("max_duration: 1.5", "max_duration must be a whole number"),
        ("max_duration: true", "max_duration must be a whole number"),
        ("max_sessions:", "max_sessions must be a whole number"),
        ("reason_pattern: INC", "reason_pattern is set without reason"),
        ("reason: required\nreason_pattern: '('", "reason_pattern is not a regular expression"),
        ("reason: required\nreason_pattern: 7", "reason_pattern is not a regular expression"),
        ("denied_users: []", "denied_users: is empty"),
        ("allowed_machines:", "allowed_machines: "),
        ("denied_users: [12345]", "denied_users: 12345 is a number, not text"),
        ("denied_users: ['LAB\\*']", "denied_users: 'LAB\\*' contains a wildcard"),
        ("denied_machines: ['LAB\\vda-001$']", "denied_machines: 'LAB\\vda-001$' ends with $"),
        ("denied_machines: ['LAB\\vda-*']", "denied_machines: LAB\\vda-* contains a wildcard"),
        ("allowed_delivery_groups: ['Contractor?']", "contains a wildcard; list each name"),
        ("denied_users: ['LAB\\an\u034fna']", "'LAB\\an<U+034F>na' contains invisible characters"),
        ("denied_machines: ['LAB\\vda\u3164-001']", "'LAB\\vda<U+3164>-001' contains invisible characters"),
        ("denied_delivery_groups: ['Office\u00a0Desktops']", "'Office<U+00A0>Desktops' contains invisible characters"),
        ("denied_users: !!set {a, b}", "denied_users: "),
        ("denied_users: &names [*names]", "is not valid YAML"),
        ("<<: {max_sessions: 5}", "is not valid YAML"),
        ("denied_delivery_groups: [NO]", "False is a boolean, not text"),
        ("allowed_users: [user001]", "allowed_users: user001 has no domain"),
        (b"denied_users: [\xff]", "cannot be read"),
    ],
)
def test_read_guards_invalid_file_names_file_and_problem(guards, tmp_path, text, shown):
    with pytest.raises(OptionError) as error:
        guards(text)
    assert str(error.value).startswith(f"guard {tmp_path}/named.yml: ")
    assert shown in str(error.value)
    assert str(error.value).endswith("Nothing was sent")


@pytest.mark.parametrize("make", ["missing", "folder", "dangling link", "pipe", "no folder"])
@pytest.mark.parametrize("of_host", [False, True])
def test_read_guards_unreadable_file_rejected(guards, tmp_path, monkeypatch, make, of_host):
    path = tmp_path / "etc" / "guard.yml" if of_host else tmp_path / "other" / "guard.yml"
    path.parent.mkdir(exist_ok=True)
    if make == "folder":
        path.mkdir()
    elif make == "dangling link":
        path.symlink_to("nowhere")
    elif make == "pipe":
        os.mkfifo(path)
    elif make == "no folder":
        path.parent.rmdir()
        path.parent.write_text("", encoding="utf-8")
    if not of_host:
        monkeypatch.setenv("CITRIX_GUARD", str(path))
    if of_host and make == "missing":
        assert guards() == []
    else:
        with pytest.raises(OptionError, match=rf"^guard {path}: .*Nothing was sent$"):
            guards()


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize(
    ("of_file", "of_folder", "valid"), [(0o644, 0o1777, True), (0o646, 0o755, False), (0o644, 0o777, False)]
)
def test_read_guards_permissions_of_file_checked(tmp_path, monkeypatch, linked, of_file, of_folder, valid):
    path = tmp_path / "open" / "guard.yml"
    path.parent.mkdir()
    path.write_text("max_sessions: 5", encoding="utf-8")
    path.chmod(of_file)
    path.parent.chmod(of_folder)
    if linked:
        (tmp_path / "guard.yml").symlink_to(path)
        path = tmp_path / "guard.yml"
    monkeypatch.setenv("CITRIX_GUARD", str(path))
    if valid:
        assert read_guards()[0].max_sessions == 5
    else:
        with pytest.raises(OptionError, match="can be changed by every user; remove this permission"):
            read_guards()


def test_read_guards_anchors_are_read(guards):
    (limits,) = guards("denied_users: &names ['LAB\\user001']\nallowed_users: *names")
    assert limits.names == dict.fromkeys(("denied_users", "allowed_users"), ("LAB\\user001",))


def test_read_guards_relative_path_rejected(guards, monkeypatch):
    monkeypatch.setenv("CITRIX_GUARD", "guard.yml")
    with pytest.raises(OptionError, match=r"^guard guard.yml: CITRIX_GUARD must be an absolute path"):
        guards()


@pytest.mark.parametrize(
    "name", ["CITRIX_GUARDS", "CITRIX_GAURD", "CITIRX_GUARD", "citrix_guard", "CITRIX_GUARD_FILE", "CITRIXGUARD"]
)
def test_read_guards_typo_of_variable_rejected(guards, monkeypatch, name):
    monkeypatch.setenv(name, "/etc/guard.yml")
    with pytest.raises(OptionError, match=rf"^{name}: .* rename it to CITRIX_GUARD"):
        guards()
    # A script may derive one variable from the other.
    assert len(guards(YAML)) == 1


def test_read_guards_other_variables_ignored(guards, monkeypatch):
    for name in ("CITRIX_API_URL", "CITRIX_AUDIT_LOG", "GUARD", "OTHER_GUARD"):
        monkeypatch.setenv(name, "x")
    assert guards() == []


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_read_guards_other_suffix_of_host_rejected(guards, suffix):
    path = Path(guard_file.SYSTEM_PATH).with_suffix(suffix)
    path.write_text(YAML, encoding="utf-8")
    with pytest.raises(OptionError, match=rf"guard{suffix}: has a name that is not read; rename it to .*guard\.yml"):
        guards()
    assert len(guards(of_host=YAML)) == 1


def test_yaml_library_imported_only_for_guard_file():
    command = "import sys, ansible_collections.sessionops.citrix.plugins.modules.citrix_session_recording; "
    done = subprocess.run(
        [sys.executable, "-c", command + "print('yaml' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_read_guards_without_yaml_library_reads_only_json(guards, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert guards('{"max_sessions": 5}')[0].max_sessions == 5
    with pytest.raises(
        OptionError, match=r"this Python has no YAML library; install PyYAML .* or write the file in JSON"
    ):
        guards(YAML)
