# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the commands of the guides on ansible-navigator, ad hoc commands and cron in a shell."""

from __future__ import annotations

import fcntl
import re
import subprocess
from pathlib import Path

import pytest
from support import guide_pages
from support.commands import BIN, clean_environment
from support.guide_pages import DOCSITE, Block

USER = "LAB\\user001"


def blocks(guide: str) -> list[Block]:
    return guide_pages.blocks(DOCSITE / "rst" / f"{guide}.rst")


def commands(guide: str, holding: str) -> list[str]:
    """Return the commands of a guide that run without a live site and contain this text."""
    shown = [block for block in blocks(guide) if block.language == "console" and not block.live]
    found = [command for block in shown for command in block.commands if holding in command]
    assert found, f"{guide} shows no {holding}"
    return found


def captioned(guide: str, name: str) -> str:
    """Return the text of the file with this caption in a guide."""
    (text,) = [block.text for block in blocks(guide) if block.file == name]
    return text


@pytest.fixture
def shell(ansible_processes, simulator, tmp_path):
    """Return a function that runs a command with sh and the variables of the simulated cloud."""

    def run(command: str, **more: str | None) -> subprocess.CompletedProcess[str]:
        given = {
            **clean_environment(tmp_path),
            **simulator.environment,
            **more,
        }
        environment = {name: value for name, value in given.items() if value is not None}
        done = ansible_processes.run("/bin/sh", "-c", command, env=environment, cwd=tmp_path)
        assert simulator.facts["client_secret"] not in done.stdout + done.stderr
        return done

    return run


def recorded(simulator, user: str = USER) -> set[bool]:
    """Return the recording states of a user's recordable sessions."""
    state = simulator.state().values()
    return {
        session["recorded"]
        for session in state
        if session["user"] == user and session["state"] == "Active" and session["protocol"] == "Hdx"
    }


# ansible-navigator


def write_settings(folder: Path) -> None:
    name = "ansible-navigator.yml"
    (folder / name).write_text(captioned("guide_navigator", name), encoding="utf-8")


def test_navigator_check_and_run(simulator, shell, tmp_path):
    # The settings of an execution environment have no effect without one.
    write_settings(tmp_path)
    record, preview = commands("guide_navigator", "ansible-navigator run")
    assert "--check" in preview
    done = shell(preview)
    assert done.returncode == 0, done.stdout + done.stderr
    assert simulator.counts()["$startRecording"] == 0
    assert recorded(simulator) == {False}
    done = shell(record)
    assert done.returncode == 0, done.stdout + done.stderr
    assert recorded(simulator) == {True}
    assert not list(tmp_path.glob("*artifact*"))


def test_navigator_exits_with_code_of_playbook(simulator, shell):
    (command,) = commands("guide_navigator", "citrix_user")
    done = shell(command.replace("user001", "absent"))
    assert done.returncode == 2, done.stdout + done.stderr


def test_navigator_settings_valid(shell, tmp_path):
    write_settings(tmp_path)
    done = shell("ansible-navigator settings --effective --ee false -m stdout")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "CITRIX_CLIENT_SECRET" in done.stdout
    assert "registry.example.com/citrix-ee:latest" in done.stdout


# Ad hoc


def test_ad_hoc_commands_preview_start_and_stop(simulator, shell):
    states = []
    for command in commands("guide_ad_hoc", '"state":'):
        done = shell(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        states.append(recorded(simulator))
    assert states == [{False}, {True}, {False}]


def test_backslash_in_key_value_arguments(simulator, shell):
    (shown,) = [block.text for block in blocks("guide_ad_hoc") if "control character" in block.text]
    command, expected = shown.splitlines()
    done = shell(command.removeprefix("$ "))
    assert done.returncode == 2
    assert expected.strip(". ") in done.stdout + done.stderr
    assert "pass JSON" in done.stdout + done.stderr
    assert simulator.calls() == []


# cron


@pytest.fixture
def cron(simulator, shell, tmp_path):
    """Return a function that runs a line of the crontab like cron: a shell with few variables.

    The files for /opt/citrix-recording are in tmp_path; its venv is the one of the tests.
    """
    (tmp_path / "venv").symlink_to(BIN.parent)
    (tmp_path / "reports").mkdir()
    for name in ("policy.yml", "run"):
        (tmp_path / name).write_text(captioned("guide_cron", name), encoding="utf-8")
    (tmp_path / "run").chmod(0o700)
    shown = captioned("guide_cron", "citrix.env")
    for name, value in simulator.cloud.items():
        shown = shown.replace(f"CITRIX_{name.upper()}='...'", f"CITRIX_{name.upper()}='{value}'")
    assert "..." not in shown
    (tmp_path / "citrix.env").write_text(f"{shown}CITRIX_API_URL='{simulator.url}'\n", encoding="utf-8")
    (tmp_path / "citrix.env").chmod(0o600)
    (line,) = [block.text for block in blocks("guide_cron") if block.text.startswith("*/15")]
    command = line.split(maxsplit=5)[5].replace("/opt/citrix-recording", str(tmp_path))
    unset = dict.fromkeys(simulator.environment)

    def run() -> subprocess.CompletedProcess[str]:
        return shell(command, PATH="/usr/bin:/bin", **unset)

    return run


def test_cron_keeps_policy_and_writes_report(simulator, cron, tmp_path):
    done = cron()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert simulator.counts()["$startRecording"] > 0
    for name in ("coverage.html", "coverage.csv", "coverage.json"):
        assert (tmp_path / "reports" / name).stat().st_mode & 0o007 == 0
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "Contractors" in log
    assert simulator.facts["client_secret"] not in log


def test_failed_run_prints_reason_exit_code_and_report(simulator, cron, tmp_path):
    policy = tmp_path / "policy.yml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("Contractors", "Absent group"), encoding="utf-8")
    done = cron()
    assert done.returncode == 2
    assert "Absent group" in done.stderr
    assert (tmp_path / "reports" / "coverage.html").exists()
    assert simulator.counts()["$startRecording"] == 0


def test_missed_minimum_fails_run(cron, tmp_path):
    script = tmp_path / "run"
    script.write_text(script.read_text(encoding="utf-8").replace("minimum=0", "minimum=99.5"), encoding="utf-8")
    done = cron()
    assert done.returncode == 2
    assert "That is less than recording_coverage_minimum, 99.5 %" in re.sub(r"\s+", " ", done.stderr)


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o604])
def test_credentials_readable_by_others_rejected(simulator, cron, tmp_path, mode):
    (tmp_path / "citrix.env").chmod(mode)
    done = cron()
    assert done.returncode == 78
    assert "must have mode 600" in done.stderr
    assert simulator.calls() == []


def test_cron_runs_do_not_overlap(simulator, cron, tmp_path):
    with (tmp_path / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = cron()
    assert done.returncode == 75
    assert "still in progress" in done.stderr
    assert simulator.calls() == []
