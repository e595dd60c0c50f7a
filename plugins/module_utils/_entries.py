# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each selected session: the part of it that all modules share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

from ansible_collections.sessionops.citrix.plugins.module_utils._api import segment
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import CitrixError
from ansible_collections.sessionops.citrix.plugins.module_utils._selection import Target

AnyEntry = TypeVar("AnyEntry", bound="Entry")


@dataclass
class Entry:
    """What became of one selected session; the fields are those of the module's result."""

    ended_is_fine: ClassVar[bool] = False
    """Whether a session that has ended is as the task wants it."""

    id: str
    user: str | None = None
    machine: str | None = None
    delivery_group: str | None = None
    session_state: str | None = None
    changed: bool = False
    result: str = ""
    reason: str | None = None
    transaction_id: str | None = None

    @classmethod
    def of(cls: type[AnyEntry], target: Target) -> AnyEntry:
        """Start the entry of a selected session with what is known of it; it ends at once where nothing can be sent."""
        entry = cls(target.id, target.user, target.machine, target.delivery_group, target.session_state)
        if target.gone:
            entry.end("ended", "there is no session with this id")
        else:
            try:
                segment(target.id)
            except CitrixError:
                entry.end("failed", "the API gives no id for this session by which it could be addressed; run again")
        return entry

    def end(self, result: str, reason: str | None = None, changed: bool = False) -> None:
        """Set the result; an entry gets one."""
        self.result, self.reason, self.changed = result, reason, changed

    def to_result(self) -> dict:
        """Return the entry as the result has it."""
        # All fields are plain: asdict() would copy each of them at ten times the cost.
        return dict(vars(self))

    def difference(self) -> tuple[str, str]:
        """Return in words what changed, as before and after."""
        return f"not {self.result}", self.result
