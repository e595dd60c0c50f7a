# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release: identical on every machine, and without files that are not in the commit."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GALAXY = Path(sys.executable).parent / "ansible-galaxy"
LEFT_BEHIND = (
    "coverage.html",
    "coverage.csv",
    "coverage.json",
    "policy.yml",
    "citrix.env",
    ".env",
    "secrets.yml",
    "reports/coverage.html",
    "playbooks/mine.yml",
    "roles/mine/files/secret.json",
    "roles/simulator/files/key.pem",
    "docs/notes.txt",
    "extensions/eda/rulebooks/mine.yml",
    "inventory/site.citrix_machines.yml",
    "vault-password",
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return a tree like a clone of the last commit, with files that a user left in it."""
    tree = tmp_path_factory.mktemp("clone") / "tree"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, tree], check=True)
    for name in LEFT_BEHIND:
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret", encoding="utf-8")
    return tree


def release(tree, folder, umask, **env):
    command = [sys.executable, tree / "tests/support/release.py", folder]
    subprocess.run(command, cwd=tree, env={**os.environ, **env}, check=True, umask=umask, stdout=subprocess.DEVNULL)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def packed(tarball):
    with tarfile.open(tarball) as files:
        return {member.name for member in files if member.isfile()}


def test_release_built_twice_same_bits(clone, tmp_path):
    one = release(clone, tmp_path / "one", 0o022)
    (clone / "README.md").touch()
    other = release(clone, tmp_path / "other", 0o077, TZ="Asia/Tokyo", LC_ALL="C.UTF-8", USER="another")
    assert one == other
    assert sorted(name.partition("-1")[0] for name in one) == ["SHA256SUMS", "sessionops-citrix", "sessionops-citrix"]
    for line in one["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(one[name]).hexdigest() == digest


def test_release_sbom_names_tarball_and_requirements(clone, tmp_path):
    made = release(clone, tmp_path / "made", 0o022)
    (tarball,) = (name for name in made if name.endswith(".tar.gz"))
    sbom = json.loads(made[tarball.replace(".tar.gz", ".cdx.json")])
    assert sbom["metadata"]["component"]["hashes"][0]["content"] == hashlib.sha256(made[tarball]).hexdigest()
    ranges = {part["name"]: part["properties"][0]["value"] for part in sbom["components"]}
    assert ranges == {"ansible-core": ">=2.19.0", "requests": ">=2.25.1", "urllib3": ">=1.26.5"}


def test_build_in_clone_packs_committed_files_only(clone, tmp_path):
    subprocess.run([GALAXY, "collection", "build", "--output-path", tmp_path, clone], check=True, capture_output=True)
    (tarball,) = tmp_path.glob("*.tar.gz")
    committed = subprocess.run(["git", "ls-files"], cwd=clone, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    assert packed(tarball) - {"FILES.json", "MANIFEST.json"} <= set(committed)


def test_build_packs_all_required_files(clone, tmp_path):
    subprocess.run([GALAXY, "collection", "build", "--output-path", tmp_path, clone], check=True, capture_output=True)
    (tarball,) = tmp_path.glob("*.tar.gz")
    committed = subprocess.run(["git", "ls-files"], cwd=clone, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    needed = (
        "plugins/",
        "roles/",
        "playbooks/",
        "meta/",
        "docs/docsite/",
        "extensions/eda/",
        "extensions/ee/",
        "LICENSE",
    )
    assert {name for name in committed if name.startswith(needed)} <= packed(tarball)


def test_placeholders_listed_until_replaced(clone):
    check = [clone / "tests/support/placeholders.sh"]
    left = subprocess.run(check, capture_output=True, text=True, check=False)
    assert left.returncode == 1
    assert {"README.md", "galaxy.yml", "SECURITY.md", "MAINTAINERS.md"} <= {
        line.partition(":")[0] for line in left.stdout.splitlines()
    }
    for name in {line.partition(":")[0] for line in left.stdout.splitlines()}:
        text = (clone / name).read_text(encoding="utf-8").replace("not published yet", "published")
        (clone / name).write_text(text.replace("git.example.com", "git.site.test"), encoding="utf-8")
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_workflow_actions_pinned_by_digest():
    uses = [
        line.split("uses: ")[1]
        for path in (ROOT / ".github/workflows").glob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "uses: " in line
    ]
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


def test_locked_requirements_match_their_sources():
    for source in (ROOT / "requirements").glob("*.in"):
        pins = re.findall(r"^[\w-]+==[^;\s]+", source.read_text(encoding="utf-8"), re.MULTILINE)
        locked = source.with_suffix(".txt")
        if locked.exists():
            lines = locked.read_text(encoding="utf-8").lower()
            assert [pin for pin in pins if f"{pin.lower()} " not in lines] == [], source.name
            assert lines.count("==") <= lines.count("--hash=sha256:")
            assert "://" not in lines


def test_nox_describes_every_step_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    steps = re.search(r"^TEST = ((?:.|\\\n)*?) \$\(LINT\)\nLINT := (.*)$", makefile, re.MULTILINE)
    names = set(" ".join(steps.groups()).replace("\\\n", " ").split())
    assert names - set(re.findall(r"^([\w.-]+):.*?## [A-Z].+$", makefile, re.MULTILINE)) == set()
