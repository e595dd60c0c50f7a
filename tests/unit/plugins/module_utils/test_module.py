# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code around every module: read the options, and end the task in one place."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.sessionops.citrix.plugins.module_utils import _module
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, api_error
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import OPTIONS

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "site_id": "site1", "access_token": TOKEN}


@pytest.fixture
def executed(capsys):
    """Return a function that runs a run() and returns (exit code, result)."""

    def execute(run, **args):
        with patch_module_args({**GIVEN, **args}), pytest.raises(SystemExit) as end:
            _module.execute(_module.create_module({"own": {"type": "str", "default": "x"}}), run)
        printed = capsys.readouterr().out
        assert TOKEN not in printed
        return end.value.code, json.loads(printed)

    return execute


def test_module_has_shared_and_own_options():
    with patch_module_args(GIVEN):
        module = _module.create_module({"own": {"type": "str", "default": "x"}})
    assert set(OPTIONS) | {"own"} <= set(module.params)
    assert module.supports_check_mode is True
    assert TOKEN in module.no_log_values


def test_options_default_to_environment(monkeypatch):
    monkeypatch.setenv("CITRIX_CUSTOMER_ID", "other")
    monkeypatch.setenv("CITRIX_TIMEOUT", "77")
    with patch_module_args({"customer_id": "customer1"}):
        params = _module.create_module({}).params
    assert (params["customer_id"], params["timeout"]) == ("customer1", 77)


def test_module_exits_with_result(executed):
    code, result = executed(lambda module, api: {"changed": True, "own": module.params["own"], "site": api.site_id()})
    assert code == 0
    assert (result["changed"], result["own"], result["site"]) == (True, "x", "site1")


def test_module_failed_result_fails_with_all_keys(executed):
    code, result = executed(lambda _module, _api: {"failed": True, "changed": True, "msg": "no", "sessions": [1]})
    assert code == 1
    assert (result["failed"], result["changed"], result["msg"], result["sessions"]) == (True, True, "no", [1])


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (CitrixError("It cannot be done."), None),
        (api_error("do it", 403, "", "t1"), {"status": 403, "detail": "", "transaction_id": "t1"}),
    ],
)
def test_module_citrix_error_fails_with_message(executed, error, failure):
    def run(_module, _api):
        raise error

    code, result = executed(run)
    assert code == 1
    assert (result["msg"], result.get("failure")) == (str(error), failure)
    assert "exception" not in result


def test_module_invalid_option_fails_before_run(executed):
    code, result = executed(lambda _module, _api: pytest.fail("it ran"), timeout=0)
    assert (code, result["msg"]) == (1, "timeout: must be from 1 to 300, not 0")


def test_module_missing_library_named(executed, monkeypatch):
    monkeypatch.setattr(_module, "REQUESTS_IMPORT_ERROR", "Traceback: no module named requests")
    code, result = executed(lambda _module, _api: pytest.fail("it ran"))
    assert code == 1
    assert "requests" in result["msg"]


def test_module_bug_raised():
    def run(_module, _api):
        raise KeyError("a bug")

    with patch_module_args(GIVEN), pytest.raises(KeyError):
        _module.execute(_module.create_module({}), run)
