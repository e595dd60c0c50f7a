# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons why no test detects a change of a line: most of these changes have no effect."""

from __future__ import annotations

from mutants.changes import Mutant

SAME = "the caller only checks whether the value is true"
UNUSED = "the value is replaced before it is read"
TUNING = "a choice within a range; `make limiters` compares the effect with other policies"
URLLIB3 = "urllib3 retries only connections that were not made, so that the value is not used"

REASONS = {
    ("_actions/converge.py", "since: float = 0.0"): UNUSED,
    ("_actions/converge.py", "reads: int = 0"): UNUSED,
    ("_actions/converge.py", "repeat: bool = False"): UNUSED,
    ("_client/auth.py", "@dataclass(frozen=True)"): "nothing changes these objects",
    ("_client/auth.py", "lifetime = (timestamp(str(value)) or 0.0) - now"): "both are in the past",
    ("_client/exchange.py", "LOST = 0"): "a mark, which equals no HTTP status",
    ("_client/interrupt.py", 'return ""'): SAME,
    ("_client/pages.py", 'return bool(named) and int(call.query.get("limit", 0)) > SAFE_LIMIT'): (
        "both are below the limit that every server accepts"
    ),
    ("_client/rate.py", "MEMORY = 50_000"): "one request more or less of 50,000",
    ("_client/rate.py", "RISE = 1.3"): TUNING,
    ("_client/rate.py", "ENOUGH = 10"): TUNING,
    ("_client/rate.py", "self._low = 0.0"): UNUSED,
    ("_client/rate.py", "above = max(0.0, part - 0.5)"): TUNING,
    ("_client/rate.py", "return near * math.exp(min(0.1 * above + above**3, 5.0))"): TUNING,
    (
        "_client/rate.py",
        "confirmed = 2 * self._age > self._rest and abs(refused / self._high - 1) < CONFIRMED",
    ): "two measured times are never equal",
    ("_client/rate.py", "self._opened = self._opened_before = (0, 0.0)"): UNUSED,
    ("_client/rate.py", "self._failed = self._raise_at = 0.0"): UNUSED,
    ("_client/rate.py", "self._quiet = 0"): UNUSED,
    ("_client/rate.py", "elif pause <= LONG:"): "two measured times are never equal",
    (
        "_client/rate.py",
        "if self._cycles <= 2 or refused <= (1 + CONFIRMED) * self._low or measured > self._low:",
    ): "two measured rates are never equal",
    ("_client/rate.py", "if waited > LONG:"): "two measured times are never equal",
    ("_client/rate.py", "if waited > 0 and now > self._raise_at:"): "two measured times are never equal",
    ("_client/rate.py", "if least < self.period < most:"): "equal times give the same period",
    ("_client/rate.py", "self._quiet += 1"): TUNING,
    ("_client/rate.py", "self.count = min(self.count + max(1, self.count * self._quiet // 100), MEMORY)"): TUNING,
    ("_client/rate.py", "if self._failed < 0.95 * self.period:"): "the halves of equal times are the same time",
    ("_client/rate.py", "measured = max(measured, self._window.count / self._window.period)"): TUNING,
    ("_client/retries.py", "return False"): SAME,
    ("_client/throttle.py", "self._next_slot = 0.0"): "the clock of the system is later",
    ("_client/throttle.py", "self._given_at = 0.0"): "the room at the beginning is the one after silence",
    ("_client/transport.py", "redirect=False,"): URLLIB3,
    ("_client/transport.py", "status=0,"): URLLIB3,
    ("_client/transport.py", "other=0,"): URLLIB3,
    ("_client/transport.py", "respect_retry_after_header=False,"): URLLIB3,
    (
        "_client/transport.py",
        "self._adapter = PoolAdapter(pool_connections=2, pool_maxsize=settings.max_concurrency, max_retries=connect)",
    ): "a run has at most two hosts",
    ("_client/transport.py", "PIECE = 64 * 1024"): "the size of the pieces in which a body is read",
}
"""By file and line."""


def reason(mutant: Mutant) -> str:
    """Return the reason why tests do not detect a mutant."""
    file, _colon, rest = mutant.name.partition(":")
    line = mutant.source.splitlines()[int(rest.partition(" ")[0]) - 1].strip()
    return REASONS.get((file, line), "a test is missing")
