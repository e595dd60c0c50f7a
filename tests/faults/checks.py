# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of every run with any fault: one function each, which yields the violations."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

from support.guide_pages import TROUBLESHOOTING

from faults.catalogue import FAILS, NETRC_PASSWORD, SURVIVES
from faults.readings import readings, requests
from faults.runs import Outcome, fired
from faults.scenes import MODULE, PATHS, SIGN_IN, WRITE

LONGEST_MESSAGE = 2000
HIDDEN = re.compile("[\u200b\u202e\u2028\n]")
"""Values of twists.HiddenNames in names."""


def _documented() -> list[re.Pattern]:
    """Return the messages of the troubleshooting guide as patterns; ... replaces values."""
    text = TROUBLESHOOTING.read_text(encoding="utf-8")
    terms = [term for line in re.findall(r"^(``.*``)$", text, re.MULTILINE) for term in re.findall(r"``(.+?)``", line)]
    return [re.compile(".*".join(map(re.escape, re.split(r"\s*\u2026\s*", term)))) for term in terms]


DOCUMENTED = _documented()


def answers(outcome: Outcome) -> Iterator[str]:
    """Require one JSON object and its exit code, without a traceback or other output."""
    if outcome.code is None:
        yield "it had to be killed"
    if outcome.result is None:
        yield f"no JSON object on stdout: {outcome.stdout[-300:]!r}"
        return
    if outcome.code != int(outcome.failed):
        yield f"exit code {outcome.code} and failed={outcome.failed}"
    if outcome.stderr.strip():
        yield f"words on stderr: {outcome.stderr[-500:]!r}"
    if "Traceback" in outcome.stdout or outcome.result.get("exception"):
        yield "a traceback"


def explained(outcome: Outcome) -> Iterator[str]:
    """Require a line as the message of a failure, with an entry in the guide or remedies."""
    if not outcome.failed or outcome.result is None:
        return
    message = outcome.result.get("msg")
    if not isinstance(message, str) or not message.strip():
        yield "it failed without a message"
    elif "\n" in message or not message.isprintable() or len(message) >= LONGEST_MESSAGE:
        yield f"the message is no plain line of less than {LONGEST_MESSAGE} characters: {message!r}"
    elif "checks" in outcome.result:
        for check in outcome.result["checks"]:
            if check["status"] == "failed" and not check["remedy"]:
                yield f"the check {check['id']} failed without a remedy"
    elif not any(pattern.search(message) for pattern in DOCUMENTED):
        yield f"no entry of the guide on troubleshooting explains the message: {message!r}"


def accounted(outcome: Outcome) -> Iterator[str]:
    """Require each selected session exactly once in the result, and no others."""
    ids = [entry["id"] for entry in _listed(outcome)]
    twice = [session_id for session_id, count in Counter(filter(None, ids)).items() if count > 1]
    if twice:
        yield f"twice in the result: {twice}"
    # Without its user in the response, an excluded session is unidentified.
    named = [entry["id"] for entry in _listed(outcome) if entry.get("result") != "unidentified"]
    strange = set(filter(None, named)) - outcome.task.selected
    if strange:
        yield f"not selected and in the result: {sorted(strange)}"
    hosts = (outcome.result or {}).get("hosts")
    if hosts is not None and outcome.trouble.whole and set(hosts) != outcome.task.hosts:
        yield f"hosts are {hosts} and should be {sorted(outcome.task.hosts)}"
    if _has_list(outcome) and outcome.trouble.whole:
        alive = {each for each in outcome.task.selected if outcome.after[each]["state"] != "Ended"}
        missing = alive - set(ids)
        if missing and not _explains_absence(outcome):
            yield f"selected and not in the result: {sorted(missing)}"


def changed_is_real(outcome: Outcome) -> Iterator[str]:
    """Require that each change in the result is a change at the server."""
    result = outcome.result or {}
    entries = _entries(outcome)
    for entry in entries:
        if not entry["changed"] or outcome.check_mode:
            continue
        before, after = outcome.before[entry["id"]], outcome.after[entry["id"]]
        if outcome.plan.scene == "message":
            real = len(after["messages"]) > len(before["messages"])
        else:
            real = after["recorded"] != before["recorded"] or after["state"] == "Ended"
        if not real:
            yield f"{entry['id']} is {entry['result']} and changed, and nothing changed"
    if entries and bool(result.get("changed")) != any(entry["changed"] for entry in entries):
        yield f"changed is {result.get('changed')} but the sessions differ"
    if not entries and outcome.scene.writes and result.get("changed"):
        yield "changed without a session"


def change_is_reported(outcome: Outcome) -> Iterator[str]:
    """Require that each change at the server is in the result as changed or unconfirmed."""
    entries = {entry["id"]: entry for entry in _entries(outcome)}
    for other in outcome.other_results:
        entries.update({entry["id"]: entry for entry in other.get("sessions", []) if entry["changed"]})
    for session_id in _touched(outcome):
        entry = entries.get(session_id)
        if entry is None:
            yield f"{session_id} was changed and is not in the result"
        elif not entry["changed"] and entry["result"] != "unconfirmed":
            if not (entry["result"] == "ended" and outcome.after[session_id]["state"] == "Ended"):
                yield f"{session_id} was changed and is {entry['result']}, not changed"


def once(outcome: Outcome) -> Iterator[str]:
    """Require that no message or notification is sent twice, and no request without a reason.

    A silent start or a stop may be processed twice if the response to the first was lost and every read after it
    returned the old state.
    """
    for session_id, after in outcome.after.items():
        before = outcome.before[session_id]
        for what, text in (
            ("messages", len(after["messages"]) - len(before["messages"])),
            ("notices", after["notices"] - before["notices"]),
        ):
            if text > 1:
                yield f"the user of {session_id} got {text} {what}"
        for operation, old in (("start", False), ("stop", True)):
            acted = after[f"{operation}s"] - before[f"{operation}s"]
            if acted > 1 and not _justified(outcome, session_id, operation, old, acted):
                yield f"{session_id}: {operation} was repeated although no read showed that it had failed"


def confirmed(outcome: Outcome) -> Iterator[str]:
    """Require that each session reported as started, stopped or recorded has that status."""
    wanted = {"started": True, "stopped": False}
    for entry in _listed(outcome):
        session_id, result = entry["id"], entry.get("result")
        if not session_id or outcome.check_mode:
            continue
        after = outcome.after[session_id]
        said = wanted.get(result, None if outcome.scene.recording else entry.get("recorded"))
        if result in wanted and after["state"] != "Ended" and after["reported"] is not wanted[result]:
            yield f"{session_id} is called {result}, and the API says {after['reported']}"
        elif isinstance(said, bool) and said not in (after["reported"], outcome.before[session_id]["reported"]):
            yield f"{session_id} is called recorded={said}, and the API never said so"


def keeps_secrets(outcome: Outcome) -> Iterator[str]:
    """Require output without secret, token or header; citrix_token returns its token once."""
    text = outcome.stdout + outcome.stderr + outcome.files + outcome.log + outcome.shown + outcome.trail
    if outcome.plan.scene == "token" and outcome.result and outcome.result.get("access_token"):
        text = text.replace(json.dumps(outcome.result["access_token"]), "", 1)
    for secret in outcome.secrets:
        for spelling in _spellings(secret):
            at = text.find(spelling)
            if at >= 0:
                yield f"a secret in the output, after {text[max(0, at - 60) : at]!r}"
                break


def within_budget(outcome: Outcome) -> Iterator[str]:
    """Require that it ends in time."""
    if outcome.seconds > outcome.trouble.budget:
        yield f"{outcome.seconds:.0f} s, and {outcome.trouble.budget:.0f} are allowed"


def as_expected(outcome: Outcome) -> Iterator[str]:
    """Require success if the fault can be survived, else failure."""
    message = (outcome.result or {}).get("msg")
    if outcome.trouble.may == SURVIVES and outcome.failed:
        yield f"it failed: {message!r}"
    if outcome.trouble.may == FAILS and not outcome.failed:
        yield f"it did not fail: {message!r}"


def signs_in_once(outcome: Outcome) -> Iterator[str]:
    """Require one sign-in for all threads, and exactly one more when the token expires."""
    count = sum(bool(re.search(PATHS[SIGN_IN], call["path"])) for call in outcome.calls)
    if outcome.trouble.sign_ins is not None and count > outcome.trouble.sign_ins:
        yield f"{count} sign-ins, and {outcome.trouble.sign_ins} are enough"


def check_mode_writes_nothing(outcome: Outcome) -> Iterator[str]:
    """Require that check mode and reading modules write nothing."""
    if outcome.check_mode or not outcome.scene.writes or not outcome.trouble.writes:
        written = _written(outcome)
        if written or _touched(outcome):
            yield f"{len(written)} sessions with requests to write"
        if outcome.trail:
            yield "the trail has writes"
        if outcome.check_mode and outcome.files:
            yield "files were written in check mode"


def trail_is_complete(outcome: Outcome) -> Iterator[str]:
    """Require an unbroken trail with each write and each result, if the run keeps one."""
    if "audit_log" not in outcome.arguments or outcome.plan.scene == "due" or not outcome.trouble.writes:
        return
    lines = outcome.trail.encode().split(b"\n")
    if lines.pop():
        yield "the last line of the trail has no end"
    entries = [json.loads(line) for line in lines]
    before = None
    for number, (line, entry) in enumerate(zip(lines, entries), 1):
        digest = hashlib.sha256(line.partition(b',"hash":')[0]).hexdigest()
        if (entry["line"], entry["previous_hash"], entry["hash"]) != (number, before, digest):
            yield f"line {number} of the trail breaks its chain"
        before = entry["hash"]
    requested = {entry["session_id"] for entry in entries if entry["event"] == "requested"}
    results = {(entry["session_id"], entry["result"]) for entry in entries if entry["event"] == "result"}
    if requested != {session_id for session_id, _result in results}:
        yield "a write in the trail has no result, or a result has no write"
    missing = _written(outcome) - requested
    if missing:
        yield f"the server got writes that the trail lacks: {sorted(missing)}"
    for entry in _entries(outcome):
        if entry["changed"] and not outcome.check_mode and (entry["id"], entry["result"]) not in results:
            yield f"{entry['id']} is {entry['result']} in the result, and not in the trail"


def stays_home(outcome: Outcome) -> Iterator[str]:
    """Require that other hosts get no request, and no credentials of .netrc are sent."""
    if outcome.foreign:
        yield f"a foreign host got {outcome.foreign[0][:80]!r}"
    stranger = base64.b64encode(f"someone:{NETRC_PASSWORD}".encode()).decode()
    for call in outcome.calls:
        authorization = call["headers"].get("authorization", "")
        if stranger in authorization:
            yield f"the .netrc entry was sent to {call['path']}"
        api = not re.search(PATHS[SIGN_IN], call["path"])
        if api and authorization and not authorization.startswith("CWSAuth "):
            yield f"{call['path']} was sent with {authorization.partition(' ')[0]}"


def shows_itself(outcome: Outcome) -> Iterator[str]:
    """Require that the fault took effect; otherwise the run proves nothing."""
    if not fired(outcome):
        yield "the fault had no effect: correct the campaign, not the collection"


def short_lists_are_reported(outcome: Outcome) -> Iterator[str]:
    """Require that a result shows whether its lists were complete, and a warning both numbers."""
    result = outcome.result or {}
    complete = (result.get("coverage") or result).get("list_complete")
    if outcome.scene.runner != MODULE or outcome.failed:
        return
    if outcome.trouble.short:
        warnings = " ".join(map(str, result.get("warnings", ())))
        if complete is not False or "in full: the API reports 500 and returned" not in warnings:
            yield f"lists came short, list_complete is {complete}, and the warnings are {warnings!r}"
    elif outcome.trouble.unreadable:
        if complete:
            yield "lists had values that are not objects, and list_complete is true"
    elif complete is False and outcome.trouble.whole:
        yield "no list came short, and list_complete is false"


def hides_nothing(outcome: Outcome) -> Iterator[str]:
    """Require that names in output have no invisible, direction or line break characters."""
    if outcome.trouble.hidden:
        bad = [text for text in _texts(outcome.result) if HIDDEN.search(text)]
        bad += [cell for row in outcome.table for cell in row.values() if HIDDEN.search(cell)]
        if bad:
            yield f"hidden characters in {bad[0]!r}"


CHECKS: dict[str, Callable[[Outcome], Iterator[str]]] = {
    check.__name__: check
    for check in (
        answers,
        explained,
        accounted,
        changed_is_real,
        change_is_reported,
        once,
        confirmed,
        keeps_secrets,
        within_budget,
        as_expected,
        signs_in_once,
        check_mode_writes_nothing,
        trail_is_complete,
        stays_home,
        shows_itself,
        short_lists_are_reported,
        hides_nothing,
    )
}


def violations(outcome: Outcome) -> list[tuple[str, str]]:
    """Return the violations: (name of the check, problem)."""
    return [(name, problem) for name, check in CHECKS.items() for problem in check(outcome)]


def _texts(value: object) -> Iterator[str]:
    """Yield all texts in a result."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _texts(each)


def _explains_absence(outcome: Outcome) -> bool:
    """Return whether a result reports missing sessions, and the reason."""
    reasons = ["These rules were not applied"]
    if outcome.trouble.unnamed:
        reasons.append("does not return the user")
    shown = " ".join(_texts(outcome.result))
    return any(reason in shown for reason in reasons)


def _entries(outcome: Outcome) -> list[dict]:
    """Return the entry of each session in the result of a module that writes."""
    return (outcome.result or {}).get("sessions", []) if outcome.scene.writes else []


def _has_list(outcome: Outcome) -> bool:
    return outcome.scene.sessions and ("sessions" in (outcome.result or {}) or bool(outcome.table))


def _listed(outcome: Outcome) -> list[dict]:
    """Return the entry of each session in any result; coverage rows with their own words."""
    if not outcome.scene.sessions:
        return []
    recorded = {"recorded": True, "not_recorded": False}
    rows = [{"id": row["id"], "recorded": recorded.get(row["result"])} for row in outcome.table]
    return rows or (outcome.result or {}).get("sessions", [])


def _written(outcome: Outcome) -> set[str]:
    """Return the sessions for which the server received requests to write."""
    paths = (call["path"] for call in outcome.calls if re.search(PATHS[WRITE], call["path"]))
    return {path.split("/")[-2] for path in paths}


def _touched(outcome: Outcome) -> list[str]:
    """Return the sessions that the server changed."""
    return [
        session_id
        for session_id, after in outcome.after.items()
        if any(after[count] != outcome.before[session_id][count] for count in ("starts", "stops", "messages"))
    ]


def _justified(outcome: Outcome, session_id: str, operation: str, old: bool, acted: int) -> bool:
    """Return whether there are reads between two requests, and all of them have the old state."""
    asked = requests(outcome.calls, f"{operation}Recording").get(session_id, [])
    if len(asked) < acted:
        return False
    read = readings(outcome.calls).get(session_id, [])
    for first, second in zip(asked, asked[1:]):
        states = [state for number, state in read if first < number < second]
        if not states or any(state is not old for state in states):
            return False
    return True


def _spellings(secret: str) -> set[str]:
    raw = secret.encode()
    plain = {secret, quote(secret, safe=""), quote_plus(secret), quote(secret), repr(secret)[1:-1]}
    plain |= {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    plain |= {raw.decode("latin-1"), raw.hex(), html.escape(secret)}
    plain.add("".join(c if c.isalnum() and c.isascii() else f"&#{ord(c)};" for c in secret))
    plain.add("".join(c if c.isalnum() and c.isascii() else f"\\u{ord(c):04X}" for c in secret))
    plain.add(json.dumps(secret)[1:-1].replace("/", "\\/"))
    return plain | {json.dumps(each)[1:-1] for each in plain} | {json.dumps(json.dumps(each))[3:-3] for each in plain}
