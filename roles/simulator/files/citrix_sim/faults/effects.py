# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Effects of fault rules: each is checked when the rule is set, and applied when it matches."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from ..http.connection import Outcome
from ..http.hints import HINTS, throttled
from ..http.message import JSON_TYPE, Refusal, Reply, Request, encode, to_bytes
from ..state.access import REFUSAL_SHAPES
from ..state.state import State
from .checks import Check, anything, flag, headers, lag, number, one_of, record, status, text
from .twist import BATCH_FAULTS, UNCHANGED, Twist

Act = Callable[[Twist], Reply]


class Target(NamedTuple):
    """The request that an effect changes; ``act`` processes it."""

    request: Request
    state: State
    act: Act


def _answer(value: dict[str, Any], target: Target) -> Outcome:
    if value["acts"]:
        target.act(UNCHANGED)
    body = value["body"]
    raw = body.encode() if isinstance(body, str) else to_bytes(encode(body))
    kind = value["content_type"] or ("text/plain; charset=utf-8" if isinstance(body, str) else JSON_TYPE)
    return Outcome(Reply(value["status"], raw, kind, tuple(value["headers"].items())))


def _throttle(value: dict[str, Any], target: Target) -> Outcome:
    return Outcome(throttled(value["hint"], value["value"], value["status"]))


def _expire_tokens(value: str, target: Target) -> Outcome:
    target.state.tokens.revoke_all(value)
    return Outcome(target.act(UNCHANGED))


def _vanish(value: bool, target: Target) -> Outcome:
    for name in (*target.request.segments, *target.request.query.values()):
        session = target.state.fleet.session(name)
        if session is not None:
            target.state.fleet.end(session)
    return Outcome(target.act(UNCHANGED))


def _lag(value: float, target: Target) -> Outcome:
    return Outcome(target.act(Twist(lag=value)))


def _batch(value: str, target: Target) -> Outcome:
    return Outcome(target.act(Twist(batch=value)))


def _drop(value: dict[str, Any], target: Target) -> Outcome:
    if value["acts"]:
        target.act(UNCHANGED)
    return Outcome(None)


def _hang(value: dict[str, Any], target: Target) -> Outcome:
    if value["acts"]:
        target.act(UNCHANGED)
    return Outcome(None, value["seconds"])


def _redirect(value: dict[str, Any], target: Target) -> Outcome:
    reply = Reply(value["status"])
    if value["region"]:
        parameters = [{"name": "customerDataRegion", "value": value["region"]}]
        reply = Refusal(value["status"], "Redirect", "The customer belongs to another region.", parameters)
    if value["location"]:
        reply.headers = (("Location", value["location"]),)
    return Outcome(reply)


class Effect(NamedTuple):
    """The check of an effect's value, and the function that applies it."""

    check: Check
    apply: Callable[[Any, Target], Outcome]


EFFECTS: dict[str, Effect] = {
    "answer": Effect(
        record(
            {"status": status, "headers": headers, "body": anything, "content_type": text, "acts": flag},
            headers={},
            body="",
            content_type="",
            acts=False,
        ),
        _answer,
    ),
    "throttle": Effect(
        record(
            {"hint": one_of(*HINTS), "value": number, "status": one_of(429, 503)},
            hint="retry_delay_list",
            value=1,
            status=429,
        ),
        _throttle,
    ),
    "expire_tokens": Effect(one_of(*REFUSAL_SHAPES), _expire_tokens),
    "vanish": Effect(one_of(True), _vanish),
    "lag": Effect(lag, _lag),
    "batch": Effect(one_of(*BATCH_FAULTS), _batch),
    "drop": Effect(record({"acts": flag}, acts=False), _drop),
    "hang": Effect(record({"seconds": number, "acts": flag}, acts=False), _hang),
    "redirect": Effect(
        record(
            {"status": one_of(301, 302, 303, 307, 308), "location": text, "region": text},
            status=307,
            location="",
            region="",
        ),
        _redirect,
    ),
}
