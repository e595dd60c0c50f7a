# Copyright: (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines: how they are named, found and listed, and the sessions that run on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.sessionops.citrix.plugins.module_utils._api import Api, Call, segment
from ansible_collections.sessionops.citrix.plugins.module_utils._calls import send_all
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._options import check_names
from ansible_collections.sessionops.citrix.plugins.module_utils._search import (
    Filter,
    compare,
    distinct,
    listing,
    searches,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._sessions import is_gone
from ansible_collections.sessionops.citrix.plugins.module_utils._text import clean, nested

SESSION_SUPPORT = ("MultiSession", "SingleSession")
"""A machine search must filter on one of these (API reference)."""

NAME_FIELDS = ("Id", "Name", "DnsName")


def list_machines(
    api: Api,
    fields: Iterable[str] = (),
    filters: Sequence[Filter] = (),
    groups: Sequence[Sequence[Filter]] = (),
    session_support: Sequence[str] = SESSION_SUPPORT,
) -> Iterator[dict]:
    """Yield the machines that meet all filters, and of each group at least one; without any, all that there are."""
    if not filters and not groups and tuple(session_support) == SESSION_SUPPORT:
        yield from api.items(listing("Machines", "list the machines", fields))
        return
    for support in session_support:
        kind = compare("SessionSupport", support)
        calls = searches("Machines", "search the machines", fields, [kind, *filters], groups)
        yield from distinct(machine for call in calls for machine in api.items(call))


def find(api: Api, option: str, names: list[str], fields: Sequence[str] = NAME_FIELDS) -> dict[str, dict]:
    """Return the machines by the names they were asked for: DOMAIN\\NAME, DNS name or id.

    fields: NAME_FIELDS and more, or none for all. Raises OptionError that names every machine which does not exist.
    """
    found = _by_id(api, [name for name in names if _is_id(name)], fields)
    for support in SESSION_SUPPORT:
        missing = [name for name in names if name not in found and not _is_id(name)]
        if missing:
            groups = [_conditions(missing)]
            for machine in list_machines(api, fields, groups=groups, session_support=[support]):
                own = names_of(machine)
                found.update({name: machine for name in missing if _written(name).casefold() in own})
    unknown = [name for name in names if name not in found]
    if unknown:
        raise _unknown(api, option, unknown)
    return {name: found[name] for name in names}


def names_of(machine: object) -> set[str]:
    """Return every name that means a machine, folded; none where it tells none. A session's own machine will do."""
    return {name.casefold() for name in (nested(machine, field) for field in NAME_FIELDS) if name}


def list_sessions(api: Api, machines: list[str], fields: tuple[str, ...] = ()) -> dict[str, list[dict]]:
    """Return the sessions of each machine, under the name it was asked for, in the order asked for.

    Several machines are asked for together; the sessions then hold Machine, whatever the fields. Raises OptionError
    that names every machine which does not exist.
    """
    check_names("machine", machines)
    names = list(dict.fromkeys(machines))
    if len(names) == 1 and not _is_dns_name(names[0]):
        return {names[0]: _sessions_of(api, names[0], fields)}
    ids = find(api, "machine", [name for name in names if _is_id(name)])
    aliases = {name: _written(nested(ids.get(name), "Name") or name) for name in names}
    slim = dict.fromkeys([*fields, "Machine"]) if fields else ()
    calls = searches("Sessions", "list the sessions of machines", slim, groups=[_conditions(aliases.values())])
    by_alias: dict[str, list[dict]] = {alias.casefold(): [] for alias in aliases.values()}
    for session in distinct(session for call in calls for session in api.items(call)):
        for name in names_of(session.get("Machine")) & by_alias.keys():
            by_alias[name].append(session)
    listed = {name: by_alias[alias.casefold()] for name, alias in aliases.items()}
    find(api, "machine", [name for name in names if not listed[name] and name not in ids])
    return listed


def asked_fields(names: list[str] | None) -> tuple[str, ...]:
    """Return the fields that a task asks for after those that name the machine; none for all. Raises OptionError."""
    for name in names or ():
        if not re.fullmatch(r"[A-Za-z0-9]+", name):
            raise OptionError("fields", f"'{clean(name)}' is no field; write it as in the API, such as SessionCount")
    return tuple(dict.fromkeys([*NAME_FIELDS, *names])) if names else ()


def to_result(machine: dict) -> dict:
    """Return a machine as facts with snake_case keys."""
    return camel_dict_to_snake_dict(machine)


def _sessions_of(api: Api, machine: str, fields: tuple[str, ...]) -> list[dict]:
    query = {"fields": ",".join(fields)} if fields else {}
    what = f"list the sessions of machine {machine}"
    try:
        return list(api.items(Call("GET", f"Machines/{segment(machine)}/Sessions", what, query)))
    except CitrixError as error:
        raise _unknown(api, "machine", [machine]) if is_gone(error) else error from None


def _by_id(api: Api, ids: list[str], fields: Sequence[str]) -> dict[str, dict]:
    query = {"fields": ",".join(fields)} if fields else {}
    calls = {name: Call("GET", f"Machines/{segment(name)}", f"look up the machine {name}", query) for name in ids}
    found = {}
    for name, outcome in send_all(api, calls):
        if not isinstance(outcome, CitrixError):
            found[name] = outcome.body
        elif not is_gone(outcome):
            raise outcome
    return found


def _conditions(names: Iterable[str]) -> list[Filter]:
    return [compare("DnsName" if _is_dns_name(name) else "MachineName", _written(name)) for name in names]


def _written(name: str) -> str:
    """Return a name as the API shows it, not as it stands in paths."""
    return name.replace("|", "\\")


def _is_dns_name(name: str) -> bool:
    return "." in name and "\\" not in name and "|" not in name


def _is_id(name: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", name) is not None


def _unknown(api: Api, option: str, names: list[str]) -> OptionError:
    return OptionError(
        option,
        f"site {api.site_id} has no {', '.join(names)}; write DOMAIN\\NAME, the machine's DNS name or its id, "
        "and check site_id",
    )
