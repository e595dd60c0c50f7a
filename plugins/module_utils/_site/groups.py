# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find delivery groups, machine catalogs and applications by name, and recognize them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Callable, NamedTuple

from .._client import search
from .._client.api import Api
from .._client.calls import Call, segment
from .._client.dispatch import send_all
from .._client.workers import side_by_side
from .._common.errors import CitrixError, OptionError
from .._common.names import guid_of, id_key, visible
from .._common.text import folded, nested, objects
from .sessions import is_missing


class Named(NamedTuple):
    """A delivery group, application or catalog: its id, and its names in sessions and machines."""

    id: str | None
    names: tuple[str, ...]


def is_any(wanted: Iterable[Named], references: object, default: bool) -> bool:
    """Return whether a list of references {Id, Name} has one of these; default: if it is empty.

    The name counts only without an id; a published sample has applications whose id is all zeros.
    """
    known = [found for found in map(_known, objects(references)) if any(found)]
    if not known:
        return default
    return any(
        one_id == each.id if one_id and each.id else name in map(folded, each.names)
        for one_id, name in known
        for each in wanted
    )


def are_known(references: object) -> bool:
    """Return whether this is a list of references, each with an id or a name; also an empty one."""
    return isinstance(references, list) and all(isinstance(each, dict) and any(_known(each)) for each in references)


def _known(reference: dict) -> tuple[str | None, str]:
    return _real_id(reference), folded(nested(reference, "Name") or "").strip()


def _real_id(reference: dict) -> str | None:
    real_id = id_key(nested(reference, "Id") or "")
    return real_id if real_id.strip("0-") else None


def find_delivery_groups(api: Api, names: Sequence[str]) -> list[Named]:
    """Return the delivery groups; raises OptionError that names all missing ones."""
    return _find(api, "delivery_group", names)


def known_delivery_groups(api: Api, names: Sequence[str]) -> list[Named]:
    """Return the delivery groups that exist on this site."""
    return [named for named in _look_up(api, "delivery_group", names).values() if named]


def find_machine_catalogs(api: Api, names: Sequence[str]) -> list[Named]:
    """Return the machine catalogs; raises OptionError that names all missing ones."""
    return _find(api, "machine_catalog", names)


def find_applications(api: Api, names: Sequence[str]) -> list[Named]:
    """Return the applications; raises OptionError that names all missing ones."""
    return _find(api, "application", names)


def sessions_of_applications(api: Api, names: Sequence[str]) -> list[list[dict]]:
    """Return the sessions that run each application now; raises like find_applications()."""
    applications = dict(zip(names, find_applications(api, names)))
    calls = {name: _sessions_of_application(name, found) for name, found in applications.items()}
    outcomes = dict(side_by_side(lambda call: list(api.items(call)), calls, api.max_concurrency))
    for outcome in outcomes.values():
        if isinstance(outcome, CitrixError):
            raise outcome
    return [
        [session for session in outcomes[name] if is_any([found], session.get("ApplicationsInUse"), default=True)]  # type: ignore[union-attr]
        for name, found in applications.items()
    ]


def _sessions_of_application(name: str, application: Named) -> Call:
    # This list does not support fields: it returns complete sessions.
    what = f"list the sessions of application {name}"
    return Call("GET", f"Applications/{segment(application.id or name)}/Sessions", what, search.page_query())


def _find(api: Api, option: str, names: Sequence[str]) -> list[Named]:
    found = _look_up(api, option, names)
    unknown = sorted(visible(name) for name, named in found.items() if named is None)
    if unknown:
        raise OptionError(
            option,
            f"site {api.site_id()} has no {', '.join(unknown)}; use the name shown in the console, "
            "with its folders as FOLDER\\NAME, or the id, and check site_id",
        )
    return [named for named in found.values() if named]


def _look_up(api: Api, option: str, names: Sequence[str]) -> dict[str, Named | None]:
    """Return the object of each name, in their order; None for a name of no object."""
    path, fields, read = KINDS[option]
    what = f"look up the {option.replace('_', ' ')}"
    calls = {
        name: Call("GET", f"{path}/{segment(guid_of(name) or name)}", f"{what} {name}", {"fields": fields})
        for name in names
    }
    found: dict[str, Named | None] = dict.fromkeys(calls)
    for name, outcome in send_all(api, calls):
        if isinstance(outcome, CitrixError) and not is_missing(outcome):
            raise outcome
        # A server may resolve more than names, such as wildcards: then it returns another object than the named one.
        found[name] = None if isinstance(outcome, CitrixError) else read(outcome.body, name)
    return found


def _with_full_name(body: dict, requested: str) -> Named | None:
    name = nested(body, "Name")
    full_name = nested(body, "FullName") or _in_folder(name, requested)
    return _checked(body, requested, full_name, {name, full_name})


def _application(body: dict, requested: str) -> Named | None:
    """Return an application with its folder; the name alone is another application."""
    name = nested(body, "Name")
    if name and "ApplicationFolder" in body:
        folder = (nested(body, "ApplicationFolder", "Name") or "").strip("\\")
        full_name: str | None = f"{folder}\\{name}" if folder else name
    else:
        full_name = _in_folder(name, requested)
    return _checked(body, requested, full_name, {full_name})


def _in_folder(name: str | None, requested: str) -> str | None:
    """Return the full name of an object without a folder: the requested one if it matches."""
    return requested if name and folded(requested).endswith(folded(f"\\{name}")) else name


def _checked(body: dict, requested: str, full_name: str | None, names: set[str | None]) -> Named | None:
    """Return the object if it is the requested one, by full name or id."""
    real_id = _real_id(body)
    by_name = full_name is not None and folded(full_name) == folded(requested.replace("|", "\\"))
    by_id = real_id is not None and real_id in (requested.lower(), guid_of(requested))
    if by_name or by_id:
        return Named(real_id, tuple(sorted(name for name in names if name)))
    return None


KINDS: dict[str, tuple[str, str, Callable[[dict, str], Named | None]]] = {
    "delivery_group": ("DeliveryGroups", "Id,Name,FullName", _with_full_name),
    "machine_catalog": ("MachineCatalogs", "Id,Name,FullName", _with_full_name),
    "application": ("Applications", "Id,Name,ApplicationFolder", _application),
}
"""By option, the path of its objects, the fields to read, and the function that reads them."""
