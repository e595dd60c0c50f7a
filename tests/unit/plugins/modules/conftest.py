# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module: its run() alone, or all of it with a fake network below requests."""

from __future__ import annotations

import json
from unittest.mock import Mock

import pytest
import responses
from ansible.module_utils.testing import patch_module_args


@pytest.fixture
def module(params, request):
    """Return a factory of fake modules for run(), which can only return a result."""
    spec = getattr(request.module.under_test, "ARGUMENT_SPEC", {})

    def make(check_mode=False, **given):
        mock = Mock(spec_set=["params", "check_mode", "warn"])
        mock.params = params(**{**{name: option.get("default") for name, option in spec.items()}, **given})
        mock.check_mode = check_mode
        return mock

    return make


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def executed(wire, capsys, request):
    """Return a function that runs the module under test with GIVEN; returns (exit code, result)."""
    tests = request.module

    def execute(**args):
        with patch_module_args({**tests.GIVEN, **args}), pytest.raises(SystemExit) as end:
            tests.under_test.main()
        result = json.loads(capsys.readouterr().out)
        # ansible-core 2.22 returns its list of values to mask to the controller.
        result.pop("_ansible_new_secrets", None)
        assert tests.TOKEN not in json.dumps(result)
        return end.value.code, result

    return execute
