# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the release of the last commit: a reproducible tarball, its SBOM, and SHA256SUMS.

In a tree without git, such as an unpacked archive of a release, that tree is built.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import uuid
from pathlib import Path

import yaml

OLDEST_TIME = 315532800
"""1980-01-01, the time of files in a tree without git."""


def build(folder: Path) -> None:
    """Write the release into a folder, which must not exist or be empty."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        tree, built = Path(temporary) / "tree", Path(temporary) / "built"
        tree.mkdir()
        time = _copy_tree(tree)
        galaxy = Path(sys.executable).parent / "ansible-galaxy"
        subprocess.run(
            [galaxy, "collection", "build", "--output-path", built, tree], check=True, stdout=subprocess.DEVNULL
        )
        (packed,) = built.iterdir()
        tarball = folder / packed.name
        tarball.write_bytes(_repacked(packed, time))
        sbom = folder / packed.name.replace(".tar.gz", ".cdx.json")
        sbom.write_text(json.dumps(_sbom(tree, tarball), indent=1) + "\n", encoding="utf-8")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in (tarball, sbom)]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="ascii")


def _copy_tree(tree: Path) -> int:
    """Copy the files of the last commit into a folder, and return the time of the commit."""
    inside = subprocess.run(["git", "rev-parse", "--show-prefix"], capture_output=True, text=True, check=False)
    if inside.returncode != 0 or inside.stdout.strip():
        shutil.copytree(".", tree, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".venv", ".git"))
        return OLDEST_TIME
    if subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True).stdout:
        print("The release is built from the last commit; uncommitted changes are not included.")
    archive = subprocess.run(["git", "archive", "HEAD"], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", tree], input=archive, check=True)
    output = subprocess.run(["git", "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True)
    return int(output.stdout)


def _repacked(packed: Path, time: int) -> bytes:
    """Return a tarball with sorted files, without data about machine or time of the build."""
    made = io.BytesIO()
    with tarfile.open(packed) as source, gzip.GzipFile(fileobj=made, mode="wb", filename="", mtime=time) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as target:
            for member in sorted(source.getmembers(), key=lambda member: member.name):
                member.mtime, member.uid, member.gid, member.uname, member.gname = time, 0, 0, "", ""
                member.mode = 0o755 if member.isdir() else 0o644
                target.addfile(member, source.extractfile(member))
    return made.getvalue()


def _sbom(tree: Path, tarball: Path) -> dict:
    """Return contents and requirements of the collection as CycloneDX; it has no code of others."""
    galaxy = yaml.safe_load((tree / "galaxy.yml").read_text(encoding="utf-8"))
    runtime = yaml.safe_load((tree / "meta/runtime.yml").read_text(encoding="utf-8"))
    needs = {"ansible-core": runtime["requires_ansible"]}
    for line in (tree / "meta/ee-requirements.txt").read_text(encoding="utf-8").splitlines():
        name, operator, version = line.partition(">=")
        if operator:
            needs[name] = f">={version}"
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    reference = f"pkg:generic/{galaxy['namespace']}.{galaxy['name']}@{galaxy['version']}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        # The same release has the same number on every machine.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": reference,
                "name": f"{galaxy['namespace']}.{galaxy['name']}",
                "version": galaxy["version"],
                "licenses": [{"license": {"id": license_id}} for license_id in galaxy["license"]],
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "purl": reference,
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}",
                "name": name,
                "purl": f"pkg:pypi/{name}",
                "scope": "required",
                "properties": [{"name": "version_range", "value": version}],
            }
            for name, version in needs.items()
        ],
        "dependencies": [{"ref": reference, "dependsOn": [f"pkg:pypi/{name}" for name in needs]}],
    }


if __name__ == "__main__":
    build(Path(sys.argv[1]))
