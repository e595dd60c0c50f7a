# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the sessions on machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .._client.api import Api
from .._client.calls import Call, segment
from .._client.search import distinct, searches
from .._common.errors import CitrixError
from .._common.names import guid_of
from .._common.text import nested
from .machine_names import MachineIndex, as_named, condition, is_dns_name, names_of
from .machines import find, unknown_machines
from .sessions import is_missing


class Listed(NamedTuple):
    """The sessions of machines, each once, and their number under each name in the option."""

    sessions: list[dict]
    counts: dict[str, int]


def list_sessions(api: Api, names: Sequence[str], fields: tuple[str, ...] = ()) -> Listed:
    """Return the sessions on machines, possibly with more than the fields.

    One machine has a list of its own, several are searched at once. Raises OptionError that names all missing machines.
    """
    # DOMAIN\NAME can be searched without a look-up: a session on it proves that the machine exists.
    as_given = not any(guid_of(name) or is_dns_name(name) for name in names)
    found = {name: [as_named(name)] for name in names} if as_given else find(api, "machine", names)
    slim = tuple(dict.fromkeys([*fields, "Machine"])) if fields else ()
    machines = list(distinct(machine for each in found.values() for machine in each))
    if len(machines) == 1:
        address = nested(machines[0], "Id") or names[0]
        sessions = _on_one(api, names[0], address, slim)
    else:
        conditions = [condition(machine) for machine in machines]
        calls = searches("Sessions", "list the sessions of machines", slim, groups=[conditions])
        sessions = list(distinct(session for call in calls for session in api.items(call)))
    listed = _tally(sessions, found)
    if as_given:
        # Its other names may distinguish a machine from one with a similar name.
        unclear = not _are_named(sessions, MachineIndex(found))
        missing = [name for name in names if unclear or not listed.counts[name]]
        if missing:
            listed = _tally(sessions, {**found, **find(api, "machine", missing)})
    return listed


def _are_named(sessions: list[dict], index: MachineIndex) -> bool:
    """Return whether each machine in the sessions has no name, or one of the task."""
    machines = (session.get("Machine") for session in sessions)
    return all(index.names(machine) or not names_of(machine) for machine in machines)


def _tally(sessions: list[dict], machines: Mapping[str, list[dict]]) -> Listed:
    """Return the sessions on these machines, and their number under each name in the task."""
    index = MachineIndex(machines)
    # A session without a machine, or with its name in another form, is on one of these: the server listed it.
    only = list(machines) if len(machines) == 1 else []
    kept, counts = [], Counter(dict.fromkeys(machines, 0))
    for session in sessions:
        machine = session.get("Machine")
        if index.may_have(machine):
            kept.append(session)
            counts.update(index.names(machine) or only)
    return Listed(kept, dict(counts))


def _on_one(api: Api, name: str, address: str, fields: tuple[str, ...]) -> list[dict]:
    query = {"fields": ",".join(fields)} if fields else {}
    what = f"list the sessions of machine {name}"
    try:
        return list(distinct(api.items(Call("GET", f"Machines/{segment(address)}/Sessions", what, query))))
    except CitrixError as error:
        raise unknown_machines(api, "machine", [name]) if is_missing(error) else error from None
