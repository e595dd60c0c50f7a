# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declare and check the options that everything in this collection shares."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import AnsibleFallbackNotFound
from ansible.module_utils.parsing.convert_bool import boolean

from .deployments import DEPLOYMENTS, ON_PREMISES, ON_PREMISES_CUSTOMER
from .errors import OptionError
from .text import clean
from .urls import Endpoints, endpoints

OPTIONS: dict[str, dict] = {
    "deployment": {"type": "str", "default": "cloud", "choices": list(DEPLOYMENTS)},
    "api_url": {"type": "str"},
    "token_url": {"type": "str", "no_log": False},
    "customer_id": {"type": "str"},
    "site_id": {"type": "str"},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "access_token": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 5},
    "max_concurrency": {"type": "int", "default": 10},
    "requests_per_second": {"type": "float", "default": 0.0},
    "batch_size": {"type": "int", "default": 0},
}

RANGES = {
    "timeout": (1, 300),
    "retries": (0, 20),
    "max_concurrency": (1, 100),
    "requests_per_second": (0, 1000),
    "batch_size": (0, 1000),
}

OTHER_FILES = 40
"""Files that a task may have open beside its connections: locks, a trail, and files of Python."""

PLACES = ("api_url", "site_id")
"""Options that decide about the site: empty text is a template without a value, and not the default."""
NULLABLE = {*OPTIONS, "reason", "audit_log"}
"""Shared options that select nothing and limit nothing."""

LARGEST = 10**18
"""Largest absolute value of a number. Infinity would end a module, and larger powers of ten take minutes to convert."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that no credential contains: the line end of a file, or an escape sequence in double quotes."""


def reject_null(given: Mapping, spec: Iterable[str]) -> None:
    """Raise OptionError for an option that is null.

    Without the option, a task may select more, exclude none, or set no end.

    given: options as a task has them, before defaults are set. spec: names of the options.
    """
    for option in spec:
        if option not in NULLABLE and given.get(option, option) is None:
            raise OptionError(option, "is null, as is an option without a value in YAML; set a value, or remove it")


def check_types(given: Mapping, spec: Mapping[str, Mapping]) -> None:
    """Raise OptionError for a value that Ansible would convert to a wrong one, or not at all.

    given: options as a task has them; the environment is read for options that are not set.
    """
    for option, declared in spec.items():
        value = given.get(option)
        if option not in given and "fallback" in declared:
            value = os.environ.get(environment_name(option)) or None
        if "elements" in declared and isinstance(value, list):
            values, kind = value, declared["elements"]
        else:
            values, kind = [value], declared["type"]
        for each in values:
            _check_type(option, each, kind)


def _check_type(option: str, value: object, kind: str) -> None:
    if kind in ("int", "float"):
        if isinstance(value, bool):
            raise OptionError(option, "is a boolean, not a number; set a number")
        if _is_huge(value):
            raise OptionError(option, "is too large; set a smaller number")
    elif kind == "bool" and value is not None:
        try:
            boolean(value)
        except TypeError:
            # The options of plugins would be false.
            raise OptionError(option, f"{clean(value)} is not a boolean; set true or false") from None
    elif kind in ("str", "path"):
        if isinstance(value, (list, dict)):
            raise OptionError(option, f"contains a {'list' if isinstance(value, list) else 'dictionary'}; set text")
        if kind == "path" and "\0" in str(value):
            raise OptionError(option, "contains a NUL character, which no path has; correct the path")


def _is_huge(value: Any) -> bool:
    try:
        return abs(float(value)) > LARGEST
    except OverflowError:
        return True
    except (TypeError, ValueError):
        return False


def values_of(params: dict, option: str) -> tuple:
    """Return the values of a list, none if it is not set; raises OptionError if it is empty."""
    if params[option] == []:
        raise OptionError(option, "is empty; set at least one value")
    return tuple(params[option] or ())


def environment_name(option: str) -> str:
    """Return the environment variable of an option, which is used if the option is not set."""
    return f"CITRIX_{option.upper()}"


def argument_spec() -> dict[str, dict]:
    """Return the shared options as a module's argument spec."""
    return with_fallback(OPTIONS)


def with_fallback(spec: dict[str, dict]) -> dict[str, dict]:
    """Return an argument spec whose options default to their environment variables."""
    return {name: {**each, "fallback": (_from_environment, [environment_name(name)])} for name, each in spec.items()}


def _from_environment(name: str) -> str:
    # An empty variable counts as not set: job templates and CI often leave it empty.
    if os.environ.get(name):
        return os.environ[name]
    raise AnsibleFallbackNotFound


@dataclass(frozen=True)
class Settings:
    """The shared options after validation, for the client."""

    deployment: str
    endpoints: Endpoints
    customer_id: str
    site_id: str | None
    credentials: dict[str, str] = field(repr=False)
    """Those to use, by the names of their options: an access token alone, or the pair of the deployment."""
    verify: bool | str = True
    timeout: int = 30
    retries: int = 5
    max_concurrency: int = 10
    requests_per_second: float = 0.0
    batch_size: int = 0

    @property
    def on_premises(self) -> bool:
        """Return whether the site is on premises."""
        return self.deployment == ON_PREMISES


def settings(params: dict) -> Settings:
    """Check the shared options and return them.

    Raises OptionError, which names the option and the remedy, before any request.
    """
    check_encoding(params)
    check_ranges(params, RANGES)
    _check_open_files(params["max_concurrency"])
    # Elsewhere, customer_id has no default.
    for name in (*PLACES, "customer_id") if params["deployment"] == ON_PREMISES else PLACES:
        if params[name] == "":
            raise OptionError(name, "is empty; set it, or remove it to use its default")
    customer = identifier("customer_id", params["customer_id"] or _default_customer(params["deployment"]))
    return Settings(
        deployment=params["deployment"],
        endpoints=endpoints(params, customer),
        customer_id=customer,
        site_id=identifier("site_id", params["site_id"]) if params["site_id"] else None,
        credentials=_credentials(params),
        verify=_verify(params),
        timeout=params["timeout"],
        retries=params["retries"],
        max_concurrency=params["max_concurrency"],
        requests_per_second=params["requests_per_second"],
        batch_size=params["batch_size"],
    )


def check_encoding(params: Mapping) -> None:
    """Raise OptionError for text that is not UTF-8, as environment variables may be."""
    for name, value in params.items():
        if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
            raise OptionError(name, "is not text in UTF-8; save its file, or set its variable, in UTF-8")


def check_ranges(params: dict, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Raise OptionError for a number that is outside its range, from the lowest to the highest."""
    for name, (low, high) in ranges.items():
        if not low <= params[name] <= high:
            raise OptionError(name, f"must be from {low} to {high}, not {params[name]}")


def _check_open_files(connections: int) -> None:
    """Raise OptionError if the host permits fewer files than a task opens.

    At the limit, its result could be lost.
    """
    limit, needed = resource.getrlimit(resource.RLIMIT_NOFILE)[0], connections + OTHER_FILES
    if resource.RLIM_INFINITY != limit < needed:
        raise OptionError(
            "max_concurrency",
            f"{connections} connections need {needed} open files, and the host permits {limit}; lower "
            "max_concurrency, or raise the limit (ulimit -n)",
        )


def identifier(option: str, value: str) -> str:
    """Return a valid customer or site id unchanged; raises OptionError otherwise.

    Both ids are sent in headers, in paths and, for the government cloud, in the host name.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise OptionError(option, "may contain only letters, digits, - and _; copy it from the Citrix console")
    return value


def _default_customer(deployment: str) -> str:
    if deployment == ON_PREMISES:
        return ON_PREMISES_CUSTOMER
    raise OptionError("customer_id", "is required; copy it from API access in the Citrix Cloud console")


def _credentials(params: dict) -> dict[str, str]:
    if params["access_token"]:
        if not re.fullmatch(r"[!-~]+", params["access_token"]):
            raise OptionError("access_token", "contains white space or control characters; pass only the token")
        return {"access_token": params["access_token"]}
    pair = account, secret = DEPLOYMENTS[params["deployment"]].credentials
    for name in pair:
        if not params[name]:
            raise OptionError(
                name,
                f"is missing for deployment {params['deployment']}; set {account} and {secret} "
                f"({environment_name(account)}, {environment_name(secret)}), or pass an access_token",
            )
        if CONTROL.search(params[name]):
            raise OptionError(
                name,
                "contains a line break or another control character; remove line breaks with the filter trim, and "
                "double each backslash in double quotes and in key=value arguments",
            )
    return {name: params[name] for name in pair}


def _verify(params: dict) -> bool | str:
    if not params["validate_certs"]:
        if params["deployment"] != ON_PREMISES:
            raise OptionError(
                "validate_certs", "can be false on premises only; set ca_path to the CA certificate instead"
            )
        return False
    # requests would read these by itself, but together with .netrc and other parts of the environment.
    bundle = params["ca_path"] or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if bundle and not os.path.exists(bundle):
        said = "" if params["ca_path"] else "from REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, "
        missing = f"{said}{clean(bundle)} does not exist on the host of the module; set another path"
        raise OptionError("ca_path", missing)
    return bundle or True
