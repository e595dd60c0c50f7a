# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines: how they are named, found and listed, and the sessions that run on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .._client.api import Api
from .._client.calls import Call, segment
from .._client.dispatch import send_all
from .._client.search import Filter, compare, distinct, listing, searches
from .._common.errors import CitrixError, OptionError
from .._common.facts import snake_facts
from .._common.options import check_names
from .._common.text import clean, folded, nested
from .sessions import is_gone

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
    """Yield each machine that meets all filters, and of each group at least one; without any, all that there are."""
    if not filters and not groups and tuple(session_support) == SESSION_SUPPORT:
        yield from distinct(api.items(listing("Machines", "list the machines", fields)))
        return
    kinds = [compare("SessionSupport", support) for support in session_support]
    calls = (
        call for kind in kinds for call in searches("Machines", "search the machines", fields, [kind, *filters], groups)
    )
    yield from distinct(machine for call in calls for machine in api.items(call))


def any_visible(api: Api) -> bool:
    """Tell whether the account sees a machine at all; without a role or scope it sees none, and no session either."""
    one = Call("GET", "Machines", "check whether the account sees a machine", {"limit": "1", "fields": "Id"})
    return next(api.items(one), None) is not None


def find(api: Api, option: str, names: list[str], fields: Sequence[str] = NAME_FIELDS) -> dict[str, dict]:
    """Return the machines by the names they were asked for: DOMAIN\\NAME, DNS name or id.

    fields: NAME_FIELDS and more, or none for all. Raises OptionError that names every machine which does not exist.
    """
    found = _by_id(api, [name for name in names if _is_id(name)], fields)
    for support in SESSION_SUPPORT:
        missing = [name for name in names if name not in found and not _is_id(name)]
        if missing:
            conditions = [_condition(name) for name in missing]
            for machine in list_machines(api, fields, groups=[conditions], session_support=[support]):
                own = names_of(machine)
                found.update({name: machine for name in missing if _key(name) in own})
    unknown = [name for name in names if name not in found]
    if unknown:
        raise _unknown(api, option, unknown)
    return {name: found[name] for name in names}


def names_of(machine: object) -> set[str]:
    """Return every name that means a machine, folded; none where it tells none. A session's own machine will do."""
    return {folded(name) for name in (nested(machine, field) for field in NAME_FIELDS) if name}


def condition(machine: dict) -> Filter:
    """Return the search condition that a machine, as from find(), meets, and its sessions with it."""
    return _condition(nested(machine, "Name") or nested(machine, "DnsName") or "")


class Listed(NamedTuple):
    """The sessions of machines, each once, and their number under each name that was asked for."""

    sessions: list[dict]
    counts: dict[str, int]


def list_sessions(api: Api, machines: list[str], fields: tuple[str, ...] = ()) -> Listed:
    """Return the sessions that run on machines; they may hold more than the fields.

    One machine has a list of its own, several are asked for in one search. Raises OptionError that names every machine
    which does not exist.
    """
    check_names("machine", machines)
    names = list(dict.fromkeys(machines))
    if len(names) == 1:
        found = find(api, "machine", names) if _is_dns_name(names[0]) else {}
        sessions = _on_one(api, names[0], nested(found.get(names[0]), "Id") or names[0], fields)
        return Listed(sessions, {names[0]: len(sessions)})
    # DOMAIN\NAME can be searched for as it stands: that such a machine exists is clear once it has a session.
    as_they_stand = not any(_is_id(name) or _is_dns_name(name) for name in names)
    found = {} if as_they_stand else find(api, "machine", names)
    conditions = [_condition(name) for name in names] if as_they_stand else [condition(each) for each in found.values()]
    slim = dict.fromkeys([*fields, "Machine"]) if fields else ()
    calls = searches("Sessions", "list the sessions of machines", slim, groups=[conditions])
    sessions = list(distinct(session for call in calls for session in api.items(call)))
    listed = _tally(sessions, names, found)
    strange = len(listed.sessions) < len(sessions)
    unseen = [name for name in names if name not in found and (strange or not listed.counts[name])]
    return _tally(sessions, names, find(api, "machine", unseen)) if unseen else listed


def _tally(sessions: list[dict], names: list[str], found: dict[str, dict]) -> Listed:
    """Return the sessions on these machines, and their number under each name that means theirs.

    found: the machines as far as they were looked up, by the same names: a session may tell any name of its machine.
    """
    asked: dict[str, set[str]] = {}
    for name in names:
        for own in {_key(name), *names_of(found.get(name))}:
            asked.setdefault(own, set()).add(name)
    kept, counts = [], Counter(dict.fromkeys(names, 0))
    for session in sessions:
        own_names = names_of(session.get("Machine"))
        meant = set().union(*(asked.get(own, ()) for own in own_names))
        # Where a session does not tell its machine, the server's word counts.
        if meant or not own_names:
            kept.append(session)
            counts.update(meant)
    return Listed(kept, dict(counts))


def asked_fields(names: list[str] | None) -> tuple[str, ...]:
    """Return the fields that a task asks for after those that name the machine; none for all. Raises OptionError."""
    for name in names or ():
        if not re.fullmatch(r"[A-Za-z0-9]+", name):
            raise OptionError("fields", f"'{clean(name)}' is not a field; spell it as in the API, such as SessionCount")
    return tuple(dict.fromkeys([*NAME_FIELDS, *names])) if names else ()


def to_result(machine: dict, fields: tuple[str, ...] = ()) -> dict:
    """Return a machine as facts with snake_case keys; only these fields, or all that there are."""
    return snake_facts({name: machine[name] for name in fields or machine if name in machine})


def _on_one(api: Api, name: str, address: str, fields: tuple[str, ...]) -> list[dict]:
    query = {"fields": ",".join(fields)} if fields else {}
    what = f"list the sessions of machine {name}"
    try:
        return list(distinct(api.items(Call("GET", f"Machines/{segment(address)}/Sessions", what, query))))
    except CitrixError as error:
        raise _unknown(api, "machine", [name]) if is_gone(error) else error from None


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


def _condition(name: str) -> Filter:
    return compare("DnsName" if _is_dns_name(name) else "MachineName", name.replace("|", "\\"))


def _key(name: str) -> str:
    """Return a name as names_of() has it; in paths, and so perhaps in a task, | stands for the backslash."""
    return folded(name.replace("|", "\\"))


def _is_dns_name(name: str) -> bool:
    return "." in name and "\\" not in name and "|" not in name


def _is_id(name: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", name) is not None


def _unknown(api: Api, option: str, names: list[str]) -> OptionError:
    return OptionError(
        option,
        f"site {api.site_id()} has no {', '.join(names)}; write DOMAIN\\NAME, the machine's DNS name or its id, "
        "and check site_id",
    )
