# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults: the effect of each on a run, and the permitted outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from faults import twists
from faults.relay import Twist
from faults.scenes import (
    API,
    BATCH,
    CHECK,
    DIRECT,
    JOB,
    LISTING,
    ME,
    PATHS,
    PLAYBOOKS,
    RECORDING,
    RESULTS,
    SIGN_IN,
    STATUS,
    WRITE,
)
from faults.station import EXPIRED, MISNAMED, PLAIN, TRUSTED

SURVIVES, FAILS, EITHER = "survives", "fails", "either"
MAIN = (SIGN_IN, ME, LISTING)
"""Required steps: if one fails, the task fails."""
BUDGET = 40.0
"""Maximum seconds of a run, on a busy machine."""
NETRC_PASSWORD = "password-of-the-netrc-file"


@dataclass
class Draw:
    """Data of the run that a fault may use."""

    rng: Random
    scene: str
    steps: tuple[str, ...]
    """The steps of a run without faults."""
    batched: bool
    due: list[str]
    """The sessions that it requests to change."""
    selectors: frozenset[str]
    """The options of its task, including those of rules."""
    foreign: str
    """The address of a host that must receive no request."""
    authority: str
    """A file with the certificate of the authority for the simulators."""

    def step(self, *choice: str) -> str:
        """Return a random step out of the choice, or of all."""
        return self.rng.choice([step for step in self.steps if not choice or step in choice])


@dataclass
class Trouble:
    """A fault in one run."""

    may: str = EITHER
    rules: list[dict] = field(default_factory=list)
    """Fault rules of the simulator."""
    settings: dict = field(default_factory=dict)
    """Settings of the simulator."""
    options: dict = field(default_factory=dict)
    """Options of the module, in addition to those of the task."""
    twist: Twist | None = None
    """Effect of a relay before the simulator."""
    env: dict[str, str] = field(default_factory=dict)
    server: str = PLAIN
    closed: bool = False
    """Whether no server listens at the address of the module."""
    scheme: str = ""
    """The scheme of the address of the module; "" for that of the simulator."""
    given_token: bool = False
    """Whether the module has a token instead of credentials."""
    netrc: bool = False
    """Whether HOME has a .netrc with a default entry."""
    secrets_in_env: bool = False
    sign_ins: int | None = 1
    """Maximum number of sign-ins; None for any number."""
    whole: bool = True
    """Whether each selected session must be found if the list succeeds."""
    unnamed: bool = False
    """Whether sessions may lack their user; the result must report this if it misses one."""
    short: bool = False
    """Whether the result must report incomplete lists."""
    unreadable: bool = False
    """Whether lists have values that are not objects, which count as missing ones."""
    hidden: bool = False
    """Whether names contain characters that must be escaped."""
    guard: dict = field(default_factory=dict)
    """Content of the guard file; empty for one that the run meets, or none."""
    writes: bool = True
    """Whether the run may send writes."""
    runs: int = 1
    """Runs of the same task at the same time."""
    status: int = 0
    """A status that at least one call must receive for the fault to take effect."""
    budget: float = BUDGET


@dataclass(frozen=True)
class Fault:
    """A row of the table."""

    make: Callable[[Draw], Trouble]
    scenes: tuple[str, ...] = DIRECT
    batched: bool | None = None
    """Whether it requires batches; None for both ways."""
    rare: bool = False
    """Whether it takes minutes, so that only a long campaign has it, twice."""


def _rule(step: str, **effect: object) -> dict:
    return {"path": PATHS[step], **effect}


def _sign_ins(step: str) -> int | None:
    return None if step == SIGN_IN else 1


def _if_permanent(draw: Draw, step: str) -> str:
    """Return the outcome for a step that always fails."""
    if step in MAIN or (step in (STATUS, WRITE) and draw.scene in (*RECORDING, *PLAYBOOKS[:3], "message")):
        return FAILS
    return EITHER


def _nothing(draw: Draw) -> Trouble:
    return Trouble(SURVIVES)


def _latency(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, [{"latency": draw.rng.uniform(0.02, 0.3)}])


def _quota(draw: Draw) -> Trouble:
    settings = {
        "quota": draw.rng.choice(["token_bucket", "window"]),
        # Batches are few; a quota that no batch exceeds has no effect.
        "quota_rate": draw.rng.choice([1, 3] if draw.batched else [5, 10]),
        "quota_hint": draw.rng.choice(["seconds", "retry_delay_list", "retry_delay_dict", "none"]),
        "quota_batch": draw.rng.choice(["request", "items"]),
    }
    return Trouble(SURVIVES, settings=settings, options={"retries": 8}, status=429)


def _throttled(hint: str, value: float = 0.3) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        step, times = draw.step(), draw.rng.randint(1, 2)
        return Trouble(
            SURVIVES, [_rule(step, times=times, throttle={"hint": hint, "value": value})], sign_ins=_sign_ins(step)
        )

    return make


def _odd_hint(*hints: str) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        step, hint = draw.step(), draw.rng.choice(hints)
        if draw.rng.random() < 0.5:
            answer = {"status": 429, "headers": {"Retry-After": hint}, "body": {"message": "Too many requests."}}
        else:
            parameters = draw.rng.choice([{"retryDelay": hint}, [{"name": "retryDelay", "value": hint}]])
            answer = {"status": 429, "body": {"type": "rateLimitExceeded", "parameters": parameters}}
        return Trouble(SURVIVES, [_rule(step, times=1, answer=answer)], sign_ins=_sign_ins(step))

    return make


def _huge_hint(draw: Draw) -> Trouble:
    # The longest single wait is two minutes, for any hint.
    trouble = _odd_hint("86400", "9999999999")(draw)
    trouble.budget = 200
    return trouble


def _huge_hint_permanent(draw: Draw) -> Trouble:
    answer = {"status": 429, "headers": {"Retry-After": "86400"}}
    return Trouble(FAILS, [_rule(LISTING, answer=answer)], options={"retries": 20}, budget=330)


def _no_hint_permanent(draw: Draw) -> Trouble:
    answer = {"status": draw.rng.choice([429, 503])}
    return Trouble(FAILS, [_rule(LISTING, answer=answer)], options={"retries": 20}, budget=330)


def _always_throttled(draw: Draw) -> Trouble:
    step = draw.step()
    # Without a hint, the waits grow, and many sessions in sequence need all of the time.
    hint = draw.rng.choice(["seconds", "none"]) if step in MAIN else "seconds"
    return Trouble(
        _if_permanent(draw, step),
        [_rule(step, throttle={"hint": hint, "value": 0})],
        sign_ins=_sign_ins(step),
        budget=330,
    )


def _unavailable_with_hint(draw: Draw) -> Trouble:
    step, hint = draw.step(), draw.rng.choice(["seconds", "http_date", "rfc3339", "retry_delay_list", "none"])
    may = SURVIVES if step not in (WRITE, BATCH) else EITHER
    rule = _rule(step, times=1, throttle={"hint": hint, "value": 1, "status": 503})
    return Trouble(may, [rule], sign_ins=_sign_ins(step))


PAGE = "<html><head><title>502 Bad Gateway</title></head><body>\u00fc nginx\r\n</body></html>"
BODIES = (
    {"body": {"type": "internalServerError", "detail": "Something\nwent wrong.", "parameters": None}},
    {"body": {"ErrorMessage": "x" * 5000}},
    {"body": PAGE, "content_type": "text/html"},
    {"body": ""},
    {"body": '{"type": "internalServerError", "detail": "cut sh'},
    {"body": {"detail": "in the wrong type"}, "content_type": "image/png"},
    {"body": "\ufeff[1, null, {}]"},
    {"body": "\x00\x1b[31m\u2028 noise \udcff".encode("utf-8", "replace").decode()},
)


def _broken_once(status: int) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        step = draw.step()
        answer = {"status": status, **draw.rng.choice(BODIES), "acts": draw.rng.random() < 0.5}
        may = EITHER if step in (WRITE, BATCH) else SURVIVES
        return Trouble(may, [_rule(step, times=1, answer=answer)], sign_ins=_sign_ins(step))

    return make


def _always_broken(status: int) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        step, acts = draw.step(), draw.rng.random() < 0.5
        answer = {"status": status, **draw.rng.choice(BODIES), "acts": acts}
        if status == 503:
            answer["headers"] = {"Retry-After": "0"}
        may = EITHER if step == WRITE and acts else _if_permanent(draw, step)
        return Trouble(may, [_rule(step, answer=answer)], options={"retries": 1}, sign_ins=_sign_ins(step))

    return make


def _refused(status: int) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        step = draw.step()
        answer = {"status": status, **draw.rng.choice([{"body": PAGE, "content_type": "text/html"}, {"body": ""}])}
        sign_ins = 2 if status == 401 else 1
        return Trouble(_if_permanent(draw, step), [_rule(step, answer=answer)], sign_ins=sign_ins)

    return make


def _bad_success(**answer: object) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        step = draw.step()
        may = EITHER if step == WRITE else _if_permanent(draw, step)
        # An empty response has no data; some calls accept that.
        if not answer["body"] and step in (ME, LISTING):
            may = EITHER
        return Trouble(may, [_rule(step, answer={"status": 200, **answer})])

    return make


def _relayed(twist: Callable[[Random], Twist], may: str = SURVIVES, whole: bool = True) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        return Trouble(may, twist=twist(draw.rng), whole=whole)

    return make


def _holes(draw: Draw) -> Trouble:
    judged = {"exclude_user": "User", "application": "ApplicationsInUse"}
    kept = [field for option, field in judged.items() if option in draw.selectors]
    hosts = ["Name", "DnsName"] if draw.scene == "inventory" else []
    # A user who has some names, but not those of the task, is another user.
    unnamed = "user" in draw.selectors and "User" not in kept
    twist = twists.Holes(draw.rng, [*kept, *hosts], ["User"] if unnamed else [])
    return Trouble(EITHER, twist=twist, unnamed=unnamed)


def _short_lists(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, twist=twists.ShortLists(), short=True)


def _strangers(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, twist=twists.Strangers(), unreadable=True)


def _hidden_names(draw: Draw) -> Trouble:
    return Trouble(EITHER, twist=twists.HiddenNames(), hidden=True)


def _two_runs(draw: Draw) -> Trouble:
    latency = {"path": API, "latency": draw.rng.uniform(0.02, 0.06)}
    return Trouble(SURVIVES, [latency], runs=2, sign_ins=2, options={"max_concurrency": 5})


def _job_hidden(draw: Draw) -> Trouble:
    """Items of batches become jobs, whose status is refused."""
    effects = [{"answer": {"status": status}} for status in (400, 403, 404, 500)]
    rules = [_rule(BATCH, batch="item_accepted"), _rule(JOB, **draw.rng.choice([*effects, {"drop": {"acts": False}}]))]
    return Trouble(EITHER, rules, options={"retries": 1})


def _results_hidden(draw: Draw) -> Trouble:
    """Batches become jobs, whose results are refused."""
    effects = [{"answer": {"status": status}} for status in (400, 403, 404, 500)]
    slow = _rule(BATCH, times=1, answer={"status": 504, "acts": False})
    rules = [slow, _rule(RESULTS, **draw.rng.choice([*effects, {"drop": {"acts": False}}]))]
    return Trouble(EITHER, rules, options={"retries": 1})


def _echo(draw: Draw) -> Trouble:
    last = {SIGN_IN: "okens", ME: "/me", LISTING: "Sessions", STATUS: "Status", WRITE: "Recording", BATCH: "$batch"}
    path, status = last[draw.step()], draw.rng.choice([400, 403, 500, 200])
    if path == "okens" and draw.rng.random() < 0.7:
        path = "clients"
    twist = twists.Echo(draw.rng, path, status)
    return Trouble(EITHER, twist=twist, options={"retries": 0}, sign_ins=None)


def _trail_refused(draw: Draw) -> Trouble:
    path = draw.rng.choice(["/dev/null", "/nonexistent/audit.jsonl", "/"])
    # Check mode writes no trail.
    return Trouble(FAILS if draw.due else EITHER, options={"audit_log": path}, writes=False)


def _guarded(draw: Draw) -> Trouble:
    required = {"reason": "required", "reason_pattern": "CHG[0-9]{7}"}
    guard = draw.rng.choice([required, {**required, "audit_log": "required"}, {"max_session": 1}, {"max_sessions": 0}])
    return Trouble(FAILS, guard=guard, writes=False)


def _no_server_listens(draw: Draw) -> Trouble:
    return Trouble(FAILS, closed=True, options={"retries": 1}, sign_ins=0)


def _dropped_once(acts: bool) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        step = draw.step()
        may = EITHER if step in (WRITE, BATCH) else SURVIVES
        return Trouble(may, [_rule(step, times=1, drop={"acts": acts})], sign_ins=_sign_ins(step))

    return make


def _always_dropped(draw: Draw) -> Trouble:
    step, acts = draw.step(), draw.rng.random() < 0.5
    may = EITHER if step == WRITE and acts else _if_permanent(draw, step)
    return Trouble(may, [_rule(step, drop={"acts": acts})], options={"retries": 1}, sign_ins=_sign_ins(step))


def _hanging(times: int | None) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        step, acts = draw.step(), draw.rng.random() < 0.5
        may = EITHER if step in (WRITE, BATCH) else SURVIVES if times else _if_permanent(draw, step)
        rule = _rule(step, hang={"seconds": 4, "acts": acts})
        return Trouble(
            may,
            [{**rule, "times": times} if times else rule],
            options={"timeout": 2, "max_concurrency": 20, "retries": 1},
            sign_ins=_sign_ins(step),
        )

    return make


def _redirected(draw: Draw) -> Trouble:
    step, status = draw.step(), draw.rng.choice([301, 302, 303, 307, 307, 307, 308])
    rule = _rule(step, redirect={"status": status, "location": f"{draw.foreign}/cvad/manage/me?x=1"})
    return Trouble(_if_permanent(draw, step) if step in MAIN or not draw.batched else EITHER, [rule])


def _expired(shape: str) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        rule = {"path": API, "after": draw.rng.choice([0, 0, 1, 3, 6, 12]), "times": 1, "expire_tokens": shape}
        return Trouble(SURVIVES, [rule], options={"max_concurrency": 20}, sign_ins=2)

    return make


def _revoked(draw: Draw) -> Trouble:
    step = draw.step(ME, LISTING, STATUS, WRITE)
    answer = {"status": draw.rng.choice([400, 401]), "body": {"error": "invalid_client"}}
    shape = draw.rng.choice(["error_response", "dict_parameters", "cws_exception"])
    rules = [_rule(step, times=1, expire_tokens=shape), _rule(SIGN_IN, after=1, answer=answer)]
    return Trouble(_if_permanent(draw, step), rules, options={"max_concurrency": 20}, sign_ins=2)


def _wrong_secret(draw: Draw) -> Trouble:
    wrong = {"client_secret": "not-the-secret/+%", "password": "not-the-password:\u00fc%"}
    return Trouble(FAILS, options=wrong)


def _given_token(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, given_token=True, sign_ins=0)


def _given_token_expires(draw: Draw) -> Trouble:
    step = draw.step(ME, LISTING)
    shape = draw.rng.choice(["error_response", "dict_parameters", "cws_exception"])
    return Trouble(FAILS, [_rule(step, times=1, expire_tokens=shape)], given_token=True, sign_ins=0)


def _sign_in_refused_with_200(draw: Draw) -> Trouble:
    body = draw.rng.choice([{"error": "invalid_client"}, {"access_token": None}, {"access_token": "two words"}, {}])
    return Trouble(FAILS, [_rule(SIGN_IN, answer={"status": 200, "body": body})])


def _short_lived(draw: Draw) -> Trouble:
    latency = {"path": API, "latency": 0.1}
    return Trouble(SURVIVES, [latency], settings={"token_lifetime": 2}, options={"max_concurrency": 1}, sign_ins=None)


def _netrc(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, netrc=True)


def _proxy(draw: Draw) -> Trouble:
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    return Trouble(
        SURVIVES,
        env=dict.fromkeys(names, draw.foreign),
        server=draw.rng.choice([PLAIN, TRUSTED]),
        options={"ca_path": draw.authority},
    )


def _secrets_in_env(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, secrets_in_env=True)


def _trusted_by_option(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, server=TRUSTED, options={"ca_path": draw.authority})


def _trusted_by_env(draw: Draw) -> Trouble:
    name = draw.rng.choice(["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    return Trouble(SURVIVES, server=TRUSTED, env={name: draw.authority})


def _bundle_missing(draw: Draw) -> Trouble:
    return Trouble(FAILS, server=TRUSTED, env={"REQUESTS_CA_BUNDLE": "/nonexistent/bundle.pem"}, sign_ins=0)


def _not_trusted(server: str, known: bool) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        options = {"ca_path": draw.authority} if known else {}
        return Trouble(FAILS, server=server, options={"retries": 1, **options}, sign_ins=0)

    return make


def _https_to_http_server(draw: Draw) -> Trouble:
    return Trouble(FAILS, scheme="https", options={"retries": 1}, sign_ins=0)


def _http_to_https_server(draw: Draw) -> Trouble:
    return Trouble(FAILS, server=TRUSTED, scheme="http", options={"retries": 1}, sign_ins=0)


def _late(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, [_rule(WRITE, lag=draw.rng.uniform(0.2, 1.0))], options={"wait_timeout": 3})


def _never(draw: Draw) -> Trouble:
    return Trouble(FAILS if WRITE in draw.steps else SURVIVES, [_rule(WRITE, lag="never")])


def _status(*bodies: object) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        answer = {"status": 200, "body": draw.rng.choice(bodies)}
        return Trouble(FAILS if draw.scene in RECORDING else SURVIVES, [_rule(STATUS, answer=answer)])

    return make


def _vanishing(step: str) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        settings = {"unknown_session_status": draw.rng.choice([400, 404, 500])}
        some = draw.rng.sample(draw.due, min(len(draw.due), draw.rng.randint(1, 3)))
        rules = [_rule(step, session=each, vanish=True) for each in some]
        # A status that is read after the request; some sessions have no read before it.
        if step == STATUS and draw.rng.random() < 0.5:
            rules = [{**rule, "after": 1} for rule in rules]
        return Trouble(EITHER, rules, settings=settings)

    return make


def _batch(kind: str, may: str = EITHER) -> Callable[[Draw], Trouble]:
    def make(draw: Draw) -> Trouble:
        return Trouble(may, [{**_rule(BATCH, batch=kind), "times": draw.rng.randint(1, 4)}])

    return make


def _job(kind: str) -> Callable[[Draw], Trouble]:
    """After a batch that was too slow, batches are jobs."""

    def make(draw: Draw) -> Trouble:
        slow = _rule(BATCH, times=1, answer={"status": 504, "acts": draw.rng.random() < 0.5})
        settings = {"job_seconds": draw.rng.choice([0, 0.3])}
        return Trouble(EITHER, [slow, _rule(BATCH, batch=kind)], settings=settings)

    return make


def _batch_lost(draw: Draw) -> Trouble:
    effect = draw.rng.choice(["drop", "answer"])
    acts = draw.rng.random() < 0.5
    value = {"acts": acts} if effect == "drop" else {"acts": acts, "status": draw.rng.choice([500, 502, 504])}
    return Trouble(EITHER, [{**_rule(BATCH, **{effect: value}), "after": draw.rng.randint(0, 2)}])


def _batch_lost_and_late(draw: Draw) -> Trouble:
    rules = [_rule(WRITE, lag=draw.rng.uniform(0.5, 4)), _rule(BATCH, drop={"acts": True})]
    return Trouble(EITHER, rules)


def _no_batches(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, settings={"batch_support": False}, status=404)


def _small_batches(draw: Draw) -> Trouble:
    return Trouble(SURVIVES, settings={"batch_limit": 2}, status=400)


STATUSES = ("start", "stop", "policy", "coverage", "sessions", "machine", "events")
WRITING = ("start", "stop", "policy", "message")
LISTED = ("start", "stop", "policy", "message", "coverage", "sessions", "machine", "machines", "inventory", "events")
MANY = (*RECORDING, "message", "coverage", "sessions", "machine", "events")
GIVEN = tuple(name for name in DIRECT if name != "token")
PRINTED = ("start", "stop", "policy", "message", "coverage", "events")
COUNTED = tuple(name for name in LISTED if name != "machine")

FAULTS = {
    "none": Fault(_nothing),
    "latency": Fault(_latency),
    "quota": Fault(_quota, scenes=MANY),
    "429, seconds": Fault(_throttled("seconds")),
    "429, HTTP date": Fault(_throttled("http_date", 1)),
    "429, RFC 3339 date": Fault(_throttled("rfc3339", 1)),
    "429, retryDelay in a list": Fault(_throttled("retry_delay_list")),
    "429, retryDelay in an object": Fault(_throttled("retry_delay_dict")),
    "429, no hint": Fault(_throttled("none")),
    "429, zero": Fault(_throttled("seconds", 0)),
    "429, negative": Fault(_odd_hint("-5", "-1e300", "Wed, 21 Oct 2015 07:28:00 GMT")),
    "429, nonsense": Fault(_odd_hint("soon", "nan", "1e999", "", "0x10", "1,5")),
    "429, huge": Fault(_huge_hint, rare=True),
    "429 always, huge": Fault(_huge_hint_permanent, rare=True, scenes=LISTED),
    "429 or 503 always, no hint": Fault(_no_hint_permanent, rare=True, scenes=LISTED),
    "429 always": Fault(_always_throttled, rare=True),
    "503 with a hint": Fault(_unavailable_with_hint),
    **{f"{status} once": Fault(_broken_once(status)) for status in (500, 502, 503, 504, 530)},
    **{f"{status} always": Fault(_always_broken(status)) for status in (500, 502, 503, 504, 530)},
    **{f"{status}": Fault(_refused(status)) for status in (400, 401, 403, 404, 405, 409, 418)},
    "200, HTML": Fault(_bad_success(body=PAGE, content_type="text/html")),
    "200, empty": Fault(_bad_success(body="")),
    "200, half a JSON text": Fault(_bad_success(body='{"Items": [{"Id": ')),
    "200, a JSON list": Fault(_bad_success(body=[{"Id": None}])),
    "wrong content type and BOM": Fault(_relayed(lambda rng: twists.ByteOrderMark())),
    "gzip": Fault(_relayed(lambda rng: twists.Compressed())),
    "response cut short": Fault(_relayed(lambda rng: twists.CutShort(rng.randint(0, 8)))),
    "response shows the request": Fault(_echo),
    "connection refused": Fault(_no_server_listens),
    "dropped before the work": Fault(_dropped_once(False)),
    "dropped after the work": Fault(_dropped_once(True)),
    "dropped always": Fault(_always_dropped),
    "response timeout": Fault(_hanging(1)),
    "response timeout always": Fault(_hanging(None)),
    "redirect to a foreign host": Fault(_redirected),
    "token expires, error_response": Fault(_expired("error_response")),
    "token expires, dict_parameters": Fault(_expired("dict_parameters")),
    "token expires, cws_exception": Fault(_expired("cws_exception")),
    "token lives 2 seconds": Fault(_short_lived),
    "secret revoked": Fault(_revoked),
    "secret wrong": Fault(_wrong_secret),
    "sign-in refused with 200": Fault(_sign_in_refused_with_200),
    "token given": Fault(_given_token, scenes=GIVEN),
    "token given, expires": Fault(_given_token_expires, scenes=GIVEN),
    "secrets in the environment": Fault(_secrets_in_env),
    "netrc with a default entry": Fault(_netrc),
    "proxy variables": Fault(_proxy),
    "TLS, trusted by ca_path": Fault(_trusted_by_option),
    "TLS, trusted by the environment": Fault(_trusted_by_env),
    "TLS, bundle does not exist": Fault(_bundle_missing),
    "TLS, unknown CA": Fault(_not_trusted(TRUSTED, known=False)),
    "TLS, certificate expired": Fault(_not_trusted(EXPIRED, known=True)),
    "TLS, name of another host": Fault(_not_trusted(MISNAMED, known=True)),
    "https to an http port": Fault(_https_to_http_server),
    "http to an https port": Fault(_http_to_https_server),
    "status late": Fault(_late, scenes=RECORDING),
    "status never": Fault(_never, scenes=RECORDING),
    "status absent": Fault(_status({}, {"Recorded": True}), scenes=STATUSES),
    "status null": Fault(_status({"IsSessionBeingRecorded": None}), scenes=STATUSES),
    "status of another type": Fault(
        _status(*({"IsSessionBeingRecorded": value} for value in ("true", "false", 1, 0, [True], {}))), scenes=STATUSES
    ),
    "session vanishes at the listing": Fault(_vanishing(LISTING), scenes=WRITING),
    "session vanishes at the status": Fault(_vanishing(STATUS), scenes=RECORDING),
    "session vanishes at the request": Fault(_vanishing(WRITE), scenes=WRITING),
    "page token with + = : % &": Fault(_relayed(lambda rng: twists.OddTokens()), scenes=LISTED),
    "page token empty": Fault(_relayed(lambda rng: twists.EmptyToken()), scenes=LISTED),
    "page token repeats": Fault(_relayed(lambda rng: twists.RepeatedToken(), EITHER), scenes=LISTED),
    "same object on two pages": Fault(_relayed(lambda rng: twists.Overlap()), scenes=LISTED),
    "Items null": Fault(_relayed(lambda rng: twists.NoItems(), EITHER, whole=False), scenes=LISTED),
    "Items not objects": Fault(_strangers, scenes=LISTED),
    "fields missing or null": Fault(_holes, scenes=LISTED),
    "lists shorter than TotalItems": Fault(_short_lists, scenes=COUNTED),
    "lists without an end": Fault(_relayed(lambda rng: twists.EndlessLists(), FAILS), scenes=COUNTED),
    "NaN and lone surrogates": Fault(_relayed(lambda rng: twists.Unwritable())),
    "names with hidden characters": Fault(_hidden_names, scenes=PRINTED),
    "ids missing": Fault(_relayed(lambda rng: twists.NoIds(), EITHER, whole=False), scenes=LISTED),
    "unknown values": Fault(_relayed(lambda rng: twists.UnknownWords(), EITHER), scenes=LISTED),
    "batch, item missing": Fault(_batch("item_missing"), scenes=MANY, batched=True),
    "batch, item twice": Fault(_batch("item_twice", SURVIVES), scenes=MANY, batched=True),
    "batch, unknown Reference": Fault(_batch("unknown_reference", SURVIVES), scenes=MANY, batched=True),
    "batch, item 202": Fault(_batch("item_accepted", SURVIVES), scenes=MANY, batched=True),
    "batch, any order": Fault(_relayed(twists.Disorder), scenes=MANY, batched=True),
    "batch, response lost": Fault(_batch_lost, scenes=MANY, batched=True),
    "batch, response lost and status late": Fault(_batch_lost_and_late, scenes=RECORDING, batched=True),
    "batch, server has none": Fault(_no_batches, scenes=MANY, batched=True),
    "batch, server takes fewer": Fault(_small_batches, scenes=MANY, batched=True),
    "job cannot be read": Fault(_job_hidden, scenes=(*RECORDING, "message"), batched=True),
    "job results cannot be read": Fault(_results_hidden, scenes=MANY, batched=True),
    "audit trail cannot be written": Fault(_trail_refused, scenes=WRITING),
    "guard refuses the task": Fault(_guarded, scenes=WRITING),
    "two runs at once": Fault(_two_runs, scenes=RECORDING),
    **{f"none, {name}": Fault(_nothing, scenes=(name,)) for name in PLAYBOOKS},
    "500 once, by playbook": Fault(_broken_once(500), scenes=PLAYBOOKS),
    "403, by playbook": Fault(_refused(403), scenes=PLAYBOOKS),
    "dropped after the work, by playbook": Fault(_dropped_once(True), scenes=PLAYBOOKS),
    "none, site check": Fault(_nothing, scenes=CHECK),
    "500 once, by site check": Fault(_broken_once(500), scenes=CHECK),
    "403, by site check": Fault(_refused(403), scenes=CHECK),
    "200, HTML, by site check": Fault(_bad_success(body=PAGE, content_type="text/html"), scenes=CHECK),
    "response shows the request, by site check": Fault(_echo, scenes=CHECK),
    "job Failed": Fault(_job("job_failed"), scenes=MANY, batched=True),
    "job Canceled": Fault(_job("job_canceled"), scenes=MANY, batched=True),
    "job CompleteWithWarning": Fault(_job("job_warning"), scenes=MANY, batched=True),
    "job results lost": Fault(_job("results_lost"), scenes=MANY, batched=True),
}
