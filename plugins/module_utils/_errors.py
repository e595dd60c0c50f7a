# Copyright: (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can stop a run, each with one sentence that names the remedy."""

from __future__ import annotations

import json
import re

MAX_DETAIL = 300

REMEDIES = {
    400: "check the values named in the message",
    401: "the token is not valid or has expired; sign in again or pass a fresh access_token, and check customer_id",
    403: (
        "give the account a Citrix administrator role and scope that cover these sessions, check customer_id and "
        "site_id, or set api_url to the customer's own region"
    ),
    404: "check the name or id, and site_id",
    405: "check that api_url leads to the Citrix API and not to another service",
    406: "something on the way changed the Accept header; check proxies between here and the API",
    415: "something on the way changed the Content-Type header; check proxies between here and the API",
    429: "the request quota is used up; run again later, or lower requests_per_second and max_concurrency",
    500: "check customer_id and site_id; if they are right, give Citrix support the transaction id",
    502: "a gateway or proxy before the API failed; check api_url and proxies, and run again",
    503: "the service is not available now; run again later",
    504: "a gateway or proxy before the API gave up waiting; run again, with less at once",
    530: "the site is frozen after a long idle time; sign in to the Citrix Cloud console to wake it, then run again",
}


class CitrixError(Exception):
    """Base of all errors. The text is one printable line for people and holds no secret."""

    may_have_acted = False
    """Whether a write that ended so may have taken effect: then only a later reading of the state can tell."""
    transaction_id: str | None = None
    """The id under which Citrix support finds the call, where it was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))

    def to_result(self) -> dict:
        """Return the fields that this error adds to a failed module result."""
        return {"msg": str(self)}


class OptionError(CitrixError):
    """An option is missing, contradictory or out of range; nothing was sent."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option}: {problem}")


class ConnectionNotMade(CitrixError):
    """The request never left: name not resolved, connection refused, certificate not trusted."""


class AnswerLost(CitrixError):
    """The request was sent and no complete answer came back: the server may have acted."""

    may_have_acted = True


class Stalled(CitrixError):
    """Nothing has moved for so long that the run ends with what was done; the request was not sent."""


class ApiError(CitrixError):
    """The API, or something in its place, answered with an error."""

    def __init__(self, message: str, status: int, detail: str, transaction_id: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail
        self.transaction_id = transaction_id

    @property
    def may_have_acted(self) -> bool:  # type: ignore[override]
        """A fault of the server, or a success that cannot be read, leaves open whether it acted."""
        return self.status >= 500 or self.status < 300

    def to_result(self) -> dict:
        failure = {"status": self.status, "detail": self.detail, "transaction_id": self.transaction_id}
        return {"msg": str(self), "failure": failure}


def api_error(
    what: str, status: int, text: str, transaction_id: str | None = None, remedy: str | None = None
) -> ApiError:
    """Build the error for an answer that is not a success.

    what: what was tried, as in "start the recording of session X". text: the body as received, not trusted.
    remedy: replaces the one that belongs to the status.
    """
    detail = read_detail(text)
    remedy = remedy or REMEDIES.get(status) or "check api_url and the Citrix service, and run again"
    told = f" ({detail})" if detail else ""
    traced = f" [transaction {clean(transaction_id)}]" if transaction_id else ""
    return ApiError(f"Could not {what}: HTTP {status}{told}; {remedy}.{traced}", status, detail, transaction_id)


def read_detail(text: str) -> str:
    """Return what an error body says, cleaned and cut to one short line; "" where it says nothing.

    Known bodies: ErrorResponse {type, detail, parameters}, ErrorData {ErrorMessage, ...}, {"Error": {"Message"}},
    the gateway's {statusCode, message}, OAuth's {error, error_description}, plain text, HTML (API error pages).
    """
    try:
        body = json.loads(text)
    except ValueError:
        return _plain_or_html(text)
    if not isinstance(body, dict):
        return clean(text)
    if isinstance(body.get("Error"), dict):
        body = body["Error"]
    for name in ("detail", "ErrorMessage", "Message", "message", "error_description", "error"):
        if isinstance(body.get(name), str) and body[name].strip():
            return clean(body[name])
    return clean(text)


def _plain_or_html(text: str) -> str:
    if not text.lstrip().startswith("<"):
        return clean(text)
    title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
    return f"an HTML page, {clean(title.group(1))}" if title and title.group(1).strip() else "an HTML page"


def clean(text: object) -> str:
    """Make text from outside safe to show: printable, on one line, at most MAX_DETAIL characters."""
    line = _one_line(str(text))
    return line if len(line) <= MAX_DETAIL else line[: MAX_DETAIL - 3] + "..."


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
