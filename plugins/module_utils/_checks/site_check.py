# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a site: all groups in order, the result, and the report without site content."""

from __future__ import annotations

import platform
import ssl
import time
from collections import Counter
from typing import Any

from .._actions.recording import RESULTS
from .._client.api import Api
from .._client.exchange import VERSION
from .._common import options
from .._common.errors import CitrixError, OptionError
from .._common.names import read_names
from .._common.options import OPTIONS
from .._common.times import rfc3339
from .._site.sessions import NOT_RECORDABLE
from .._views import files
from . import connection, proof, reading, recording, rights, searching, sign_in, site
from .check import FAILED, ORDER, QUOTA_HEADERS, Finding, Probe, Wire, in_words, of_error, run_check, skipped
from .kinds import redacted

GROUPS = {
    "connection": connection.CHECKS,
    "sign-in": sign_in.CHECKS,
    "site": site.CHECKS,
    "rights": rights.CHECKS,
    "reading": (*reading.CHECKS, *searching.CHECKS),
    "recording": recording.RECORDING,
    "throughput": recording.THROUGHPUT,
    "proof": proof.CHECKS,
}
FORMAT = 1
"""Version of the report format."""
NO_STEPS = "The site is ready. Run the playbook record with --check, then for one session."


def run(module: Any, api: Api) -> dict:
    """Run all checks and return the result, "failed" if one failed; write the report if set."""
    path = module.params["report"]
    if path is not None:
        files.check_file("report", path, module.warn if module.check_mode else None)
    if module.params["prove_session_id"] is not None:
        read_names("prove_session_id", [module.params["prove_session_id"]])
    wire = Wire(api.retrier.transport)
    api.retrier.transport = wire  # type: ignore[assignment]
    settings = options.settings(module.params)
    probe = Probe(api, settings, module.check_mode, module.params["prove_session_id"], wire)
    checks = []
    for group, members in GROUPS.items():
        if group == "proof" and not probe.prove_session_id:
            continue
        for check in members:
            finding, seconds = run_check(probe, check)
            checks.append(_entry(check.id, group, finding, seconds))
    result = _result(module, checks, probe.suggested, wire.requests, api.retrier.writes_sent > 0)
    return {**result, **({"failure": probe.failure} if probe.failure else {})}


def stopped(module: Any, error: CitrixError) -> dict:
    """Return the result for invalid options, for which no client can be created."""
    first = connection.CHECKS[0].id
    checks = [_entry(first, "connection", of_error(error), 0.0)]
    for group, members in GROUPS.items():
        if group != "proof" or module.params["prove_session_id"]:
            others = [check for check in members if check.id != first]
            checks += [_entry(check.id, group, skipped(f"see the check {first}"), 0.0) for check in others]
    return {**_result(module, checks, {}, 0, False), "msg": str(error)}


def _entry(check_id: str, group: str, finding: Finding, seconds: float) -> dict:
    return {"id": check_id, "group": group, **finding._asdict(), "seconds": round(seconds, 3)}


def _result(module: Any, checks: list[dict], suggested: dict[str, int], requests: int, changed: bool) -> dict:
    counts = Counter(check["status"] for check in checks)
    summary = {**{status: counts[status] for status in ORDER}, "requests": requests}
    shown = sorted(checks, key=lambda check: ORDER.index(check["status"]))
    steps = [f"{check['id']}: {check['remedy']}" for check in reversed(shown) if check["remedy"]]
    result = {
        "changed": changed,
        "failed": bool(counts[FAILED]),
        "msg": f"Site check: {', '.join(f'{counts[status]} {status}' for status in ORDER)}; "
        f"{in_words(requests, 'request')} sent.",
        "checks": [{name: value for name, value in check.items() if name != "facts"} for check in shown],
        "next_steps": steps or [NO_STEPS],
        "suggested": suggested,
        "summary": summary,
    }
    path = module.params["report"]
    if path and path.strip() and not module.check_mode:
        try:
            files.write_json("report", path, _report(module.params, checks, summary))
            result.update(report=path, changed=True)
        except OptionError as error:
            result.update(failed=True, msg=f"{result['msg']} {error}.")
    return result


def _report(params: dict, checks: list[dict], summary: dict[str, int]) -> dict:
    """Return the report; data of the site pass redacted()."""
    words = frozenset({*QUOTA_HEADERS, *RESULTS, *NOT_RECORDABLE, *ERRORS, *TLS_VERSIONS})
    kept = ("id", "group", "status", "seconds")
    return {
        "format": FORMAT,
        "collection": VERSION,
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "written_at": rfc3339(time.time()),
        "deployment": params["deployment"],
        "options_set": sorted(name for name in OPTIONS if params[name] is not None),
        "summary": summary,
        "checks": [
            {**{name: check[name] for name in kept}, "facts": redacted(check["facts"], words)} for check in checks
        ],
    }


def _subclasses(kind: type[CitrixError]) -> set[str]:
    names = {kind.__name__}
    for each in kind.__subclasses__():
        names |= _subclasses(each)
    return names


ERRORS = _subclasses(CitrixError)
TLS_VERSIONS = ("TLSv1.2", "TLSv1.3")
