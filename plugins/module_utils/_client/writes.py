# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observe writes before they are sent and after their results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .calls import Call


class WriteObserver:
    """Observe nothing; the base class of observers."""

    run_id: str | None = None
    """Id of the run in the audit trail; None if it has none."""

    def before(self, calls: Sequence[Call], transaction_id: str) -> None:
        """Handle calls that are about to be sent as one request; a CitrixError stops the request."""

    def note(self, subjects: Sequence[Any]) -> None:
        """Handle results for which nothing was sent, by their subjects."""

    def after(self, subjects: Iterable[Any]) -> None:
        """Handle the results of calls, by their subjects."""
