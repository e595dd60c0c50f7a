# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delivery groups and applications: by their names, which must exist, and the sessions of an application."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .._client import search
from .._client.api import Api
from .._client.calls import Call, segment
from .._client.dispatch import send_all, side_by_side
from .._common.errors import CitrixError, OptionError
from .._common.text import folded, nested, objects
from .sessions import is_gone


class Named(NamedTuple):
    """A delivery group or an application: its id, and its names, with and without folders, as far as they are known."""

    id: str | None
    names: tuple[str, ...]


def is_any(wanted: Iterable[Named], references: object, default: bool) -> bool:
    """Tell whether a list of short pointers {Id, Name} holds one of these; default: where it holds no pointer.

    The name counts where there is no id; a published sample has applications whose id is all zeros.
    """
    known = [(_real_id(reference), nested(reference, "Name")) for reference in objects(references)]
    known = [(one_id, name) for one_id, name in known if one_id or name]
    if not known:
        return default
    return any(
        one_id == each.id if one_id and each.id else folded(name or "") in map(folded, each.names)
        for one_id, name in known
        for each in wanted
    )


def _real_id(reference: dict) -> str | None:
    own_id = (nested(reference, "Id") or "").lower()
    return own_id if own_id.strip("0-") else None


def find_delivery_groups(api: Api, names: list[str]) -> list[Named]:
    """Return the delivery groups; raises OptionError that names every one which does not exist."""
    return _find(api, "delivery_group", "DeliveryGroups", names, "Id,Name,FullName")


def find_applications(api: Api, names: list[str]) -> list[Named]:
    """Return the applications; raises OptionError that names every one which does not exist."""
    return _find(api, "application", "Applications", names, "Id,Name")


def sessions_of_applications(api: Api, names: list[str]) -> list[list[dict]]:
    """Return the sessions in which each of the applications runs now; raises like find_applications()."""
    calls = {name: _sessions_of_application(name) for name in names}
    outcomes = dict(side_by_side(lambda call: list(api.items(call)), calls, api.max_concurrency))
    _raise_errors(api, "application", outcomes)
    return [outcomes[name] for name in calls]  # type: ignore[misc]


def _sessions_of_application(name: str) -> Call:
    # This list knows no fields: whole sessions come.
    what = f"list the sessions of application {name}"
    return Call("GET", f"Applications/{segment(name)}/Sessions", what, search.page_query())


def _find(api: Api, option: str, path: str, names: list[str], fields: str) -> list[Named]:
    what = f"look up the {option.replace('_', ' ')}"
    calls = {name: Call("GET", f"{path}/{segment(name)}", f"{what} {name}", {"fields": fields}) for name in names}
    outcomes = dict(send_all(api, calls))
    _raise_errors(api, option, outcomes)
    found = {name: outcomes[name].body for name in calls}  # type: ignore[union-attr]
    return [_named(body, name) for name, body in found.items()]


def _named(body: dict, asked: str) -> Named:
    names = {folded(told): told for told in (asked, nested(body, "Name"), nested(body, "FullName")) if told}
    own_id = _real_id(body)
    return Named(own_id, tuple(name for key, name in names.items() if key != own_id))


def _raise_errors(api: Api, option: str, outcomes: Mapping[str, object]) -> None:
    unknown = [name for name, outcome in outcomes.items() if is_gone(outcome)]
    if unknown:
        raise OptionError(
            option,
            f"site {api.site_id()} has no {', '.join(sorted(unknown))}; use the name shown in the console, "
            "with its folders as FOLDER\\NAME, or the id, and check site_id",
        )
    for outcome in outcomes.values():
        if isinstance(outcome, CitrixError):
            raise outcome
