# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fault rule does to a request. Each effect is checked when the rule is set, and applied when it matches."""

from __future__ import annotations

import math
import time
from email.utils import formatdate
from typing import Any, Callable, NamedTuple

from .access import REFUSAL_SHAPES
from .checks import Check, anything, flag, headers, lag, number, one_of, record, status, text
from .message import JSON_TYPE, Reply, Request, error_body, json_reply, to_json
from .server import Outcome
from .world import World

HINTS = ("seconds", "http_date", "rfc3339", "retry_delay_list", "retry_delay_dict", "none")

Act = Callable[[float], Reply]


class Target(NamedTuple):
    """What an effect works on. ``act`` does what was asked for; its argument is the lag of RecordingStatus."""

    request: Request
    world: World
    act: Act


def _answer(value: dict[str, Any], target: Target) -> Outcome:
    if value["acts"]:
        target.act(0.0)
    body = value["body"]
    raw = body.encode() if isinstance(body, str) else to_json(body)
    kind = value["content_type"] or ("text/plain; charset=utf-8" if isinstance(body, str) else JSON_TYPE)
    return Outcome(Reply(value["status"], raw, kind, tuple(value["headers"].items())))


def _throttle(value: dict[str, Any], target: Target) -> Outcome:
    """A refusal before any work, with one of the published hints when to come back."""
    hint, code, wait = value["hint"], value["status"], f"{value['value']:g}"
    if hint in ("retry_delay_list", "retry_delay_dict"):
        parameters: Any = [{"name": "retryDelay", "value": wait}]
        if hint == "retry_delay_dict":
            parameters = {"retryDelay": wait}
        detail = f"Too many requests; come back in {wait} seconds."
        return Outcome(json_reply(error_body("rateLimitExceeded", detail, parameters), code))
    message = f"Too many requests. Come back in {wait} seconds." if hint == "seconds" else "Too many requests."
    reply = json_reply({"statusCode": code, "message": message}, code)
    then = math.ceil(time.time() + value["value"])
    if hint == "seconds":
        reply.headers = (("Retry-After", wait),)
    elif hint == "http_date":
        reply.headers = (("Retry-After", formatdate(then, usegmt=True)),)
    elif hint == "rfc3339":
        reply.headers = (("Retry-After", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(then))),)
    return Outcome(reply)


def _expire_tokens(value: str, target: Target) -> Outcome:
    target.world.tokens.revoke_all(value)
    return Outcome(target.act(0.0))


def _vanish(value: bool, target: Target) -> Outcome:
    for name in (*target.request.segments, *target.request.query.values()):
        session = target.world.fleet.session(name)
        if session is not None:
            target.world.fleet.end(session)
    return Outcome(target.act(0.0))


def _lag(value: float, target: Target) -> Outcome:
    return Outcome(target.act(value))


def _drop(value: dict[str, Any], target: Target) -> Outcome:
    if value["acts"]:
        target.act(0.0)
    return Outcome(None)


def _hang(value: dict[str, Any], target: Target) -> Outcome:
    if value["acts"]:
        target.act(0.0)
    return Outcome(None, value["seconds"])


def _redirect(value: dict[str, Any], target: Target) -> Outcome:
    return Outcome(Reply(value["status"], headers=(("Location", value["location"]),)))


class Effect(NamedTuple):
    """How an effect's value is checked, and what it does."""

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
        record({"hint": one_of(*HINTS), "value": number, "status": one_of(429, 503)}, value=1, status=429), _throttle
    ),
    "expire_tokens": Effect(one_of(*REFUSAL_SHAPES), _expire_tokens),
    "vanish": Effect(one_of(True), _vanish),
    "lag": Effect(lag, _lag),
    "drop": Effect(record({"acts": flag}, acts=False), _drop),
    "hang": Effect(record({"seconds": number, "acts": flag}, acts=False), _hang),
    "redirect": Effect(record({"status": one_of(301, 302, 303, 307, 308), "location": text}, status=307), _redirect),
}
