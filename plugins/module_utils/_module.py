# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module: read options, create the client, return the result, or fail."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from operator import methodcaller
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._actions.trail import Trail, foresee
from ._client.api import Api, connect
from ._client.interrupt import InterruptHandler
from ._client.transport import REQUESTS_IMPORT_ERROR
from ._common import options
from ._common.errors import CitrixError
from ._site.guard import NO_GUARD, Guard


class Module(AnsibleModule):
    """An AnsibleModule that keeps the options as the task has them.

    In params, options that are not set are null too.
    """

    def _load_params(self) -> None:
        super()._load_params()
        self.given = dict(self.params)

    def _set_internal_properties(self, *arguments: Any) -> None:
        super()._set_internal_properties(*arguments)
        # Before Ansible converts the values.
        self._check(options.check_types, self.params, self.argument_spec)

    def _log_invocation(self) -> None:
        # Masked in a message, white space would make it unreadable.
        self.no_log_values.difference_update([secret for secret in self.no_log_values if not secret.strip()])
        # Ansible can neither log nor return such text, and its error would not name the option.
        self._check(options.check_encoding, self.params)
        super()._log_invocation()

    def _check(self, check: Callable[..., None], *arguments: Any) -> None:
        try:
            check(*arguments)
        except CitrixError as error:
            # The result would include them, with secrets.
            self.params.clear()
            self.fail_json(**error.to_result())


def create_module(argument_spec: dict[str, dict]) -> Module:
    """Return the AnsibleModule of a module with these options in addition to the shared ones."""
    return create_local_module({**options.argument_spec(), **argument_spec})


def create_local_module(argument_spec: dict[str, dict]) -> Module:
    """Return the AnsibleModule of a module that only reads local files and has no other options."""
    return Module(argument_spec=argument_spec, supports_check_mode=True)


def execute_local(module: Module, run: Callable[[Module], dict]) -> None:
    """Run a module that only reads local files, and report: run(module) returns the result."""
    try:
        options.reject_null(module.given, module.argument_spec)
        result = run(module)
    except CitrixError as error:
        module.fail_json(**error.to_result())
    module.exit_json(**result)


def execute(
    module: Module,
    run: Callable[[Module, Api], dict],
    writes: bool = False,
    explain: Callable[[CitrixError], dict] = methodcaller("to_result"),
) -> None:
    """Run a module and report; run(module, api) returns the result, with "failed" if it failed.

    writes: whether the module can change something. Then the result has the number of requests that did or may have.
    explain: returns the result for an error that ends the task.
    """
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    api = None
    try:
        options.reject_null(module.given, module.argument_spec)
        # A module that does not declare that it writes cannot write.
        api = connect(options.settings(module.params), module.check_mode or not writes, module.warn, module.log)
        api.guard = Guard.of_host(module.params) if writes else NO_GUARD
        with _trail(module, api) if writes else nullcontext(), InterruptHandler(api.throttle, module.log):
            result = run(module, api)
    except CitrixError as error:
        result = {**explain(error), "failed": True}
    if writes:
        result["writes_sent"] = api.retrier.writes_sent if api else 0
        result["run_id"] = api.observer.run_id if api else None
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def _trail(module: AnsibleModule, api: Api) -> AbstractContextManager:
    """Return the audit trail of a module that writes; none in check mode."""
    if module.check_mode:
        foresee(api, module.params)
        return nullcontext()
    return Trail(api, module.params, None if module.no_log else module.log)
