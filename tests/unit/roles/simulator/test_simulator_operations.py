# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README of the role lists each operation as simulated or refused."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[4] / "roles" / "simulator" / "README.md").read_text("utf-8")
SIGN_INS = {"POST /cctrustoauth2/*/tokens/clients", "POST /*/tokens/clients", "POST /Tokens"}


def plain(operation):
    return re.sub(r"\{\w+\}", "*", operation)


def table():
    """Return the operations of the table."""
    rows = README.partition("| Operation |")[2].partition("\n\n")[0].splitlines()[2:]
    return [plain(re.match(r"\| `([^`]+)` \|", row)[1]) for row in rows]


def not_simulated():
    """Return the operations that return 501."""
    text = README.partition("501 for ")[2].partition("405 for")[0]
    return [plain(name) for name in re.findall(r"`([^`]+)`", text)]


@pytest.fixture(scope="module")
def routes(script):
    """Return the routes of the code: {(method, path): whether it is simulated}."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.syspath_prepend(str(script.parent))
        from citrix_sim.operations.routes import NOT_SIMULATED, ROUTES
    return {
        f"{method} /{'/'.join(pattern)}": pattern not in NOT_SIMULATED
        for pattern, methods in ROUTES
        for method in methods
    }


def test_readme_lists_each_simulated_operation_once(routes):
    assert sorted(table()) == sorted({name for name, simulated in routes.items() if simulated} | SIGN_INS)


def test_readme_lists_unsimulated_operations(routes):
    assert sorted(not_simulated()) == sorted(name for name, simulated in routes.items() if not simulated)


@pytest.mark.parametrize("operation", not_simulated())
def test_unsimulated_operation_returns_501(simulator, operation):
    method, _blank, path = operation.partition(" ")
    headers = simulator.headers()
    bases = [
        "/cvad/manage",
        f"/citrix/orchestration/api/{simulator.connection['customer_id']}/{simulator.connection['site_id']}",
    ]
    for base in bases[: 1 if path in ("/Sites", "/Tokens/$refresh") else 2]:
        url = f"{simulator.url}{base}{path.replace('*', 'x')}"
        reply = simulator.http.request(method, url, headers=headers, timeout=10)
        assert reply.status_code == 501
        assert reply.json()["type"].endswith("/notImplemented")


def test_machine_catalog_alone(simulator):
    machine = simulator.get("/Machines").json()["Items"][4]
    catalog = simulator.get("/MachineCatalogs/single-session%20windows").json()
    assert catalog["Id"] == machine["MachineCatalog"]["Id"]
    assert (catalog["TotalCount"], catalog["UsedCount"], catalog["SessionSupport"]) == (1, 1, "SingleSession")
    assert simulator.get(f"/MachineCatalogs/{catalog['Id']}", {"fields": "name"}).json() == {"Name": catalog["Name"]}
    assert simulator.get("/MachineCatalogs/none").status_code == 404
    simulator.reset(names="folders")
    catalog = simulator.get("/MachineCatalogs/Test%7CWindows").json()
    assert (catalog["Name"], catalog["FullName"], catalog["AdminFolder"]["Name"]) == (
        "Windows",
        "Test\\Windows",
        "Test\\",
    )
    assert simulator.get("/MachineCatalogs/Windows").status_code == 404
