# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can stop a run, each with one sentence that names the remedy."""

from __future__ import annotations

from typing import Callable

from .text import clean, nested, one_line, read_detail, read_json

ERROR_FIELDS = ("detail", "errormessage", "sdkerrorid", "errortype")
"""Members of the documented error bodies, ErrorResponse and ErrorData, in lower case; each may be left out."""

REMEDIES = {
    400: "check the values named in the message",
    401: "the token is invalid or has expired; sign in again or pass a new access_token, and check customer_id",
    403: (
        "check site_id and customer_id, give the account a Citrix administrator role and scope that cover these "
        "sessions, or set api_url to the customer's own region"
    ),
    404: "check the name or id, site_id and api_url",
    405: "check that api_url is the address of the Citrix API and not of another service",
    406: "a proxy changed the Accept header; check the proxies between this host and the API",
    409: "the state of the session does not allow the operation now; check the session and run again",
    415: "a proxy changed the Content-Type header; check the proxies between this host and the API",
    429: "the request quota is exhausted; run again later, or lower requests_per_second and max_concurrency",
    500: "check customer_id and site_id; if they are correct, contact Citrix support with the transaction id",
    502: "a gateway or proxy failed; check api_url and proxies, and run again",
    503: "the service is unavailable; run again later",
    504: "a gateway or proxy timed out; run again with fewer sessions or a lower max_concurrency",
    530: "the site is frozen after a long idle time; sign in to the Citrix Cloud console to wake it, then run again",
}


class CitrixError(Exception):
    """Base of all errors. The text is one printable line for people and holds no secret."""

    may_have_acted = False
    """Whether a write that ended so may have taken effect: then only a later reading of the state can tell."""
    transaction_id: str | None = None
    """The id under which Citrix support finds the call, where it was sent."""
    remedy = ""
    """The remedy in the text, if the text may hold other text of the same form."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))

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


class BatchLost(AnswerLost):
    """A batch was sent, and what became of this call in it is not known."""


class JobError(CitrixError):
    """A call was accepted, and how far its job got is unknown: only a later reading of the state can tell."""

    may_have_acted = True


class JobFailed(JobError):
    """The job of an accepted call ended without success, as the API itself reports."""


class Stalled(CitrixError):
    """Nothing has moved for so long that the run ends with what was done; the request was not sent."""


class Interrupted(Stalled):
    """The run is to end at once."""

    def __init__(self, message: str, under_way: bool = False) -> None:
        """under_way: whether the request was sent, and is given up before its answer."""
        super().__init__(message)
        self.may_have_acted = under_way


class AnswerTooLarge(CitrixError):
    """The request was sent, and its answer is larger than any that the API gives."""

    may_have_acted = True


class NotReady(CitrixError):
    """What has to come before a call failed, the sign-in or the search for the site: the call itself was not sent."""

    def __init__(self, cause: CitrixError) -> None:
        super().__init__(str(cause))
        self._cause = cause
        self.remedy = cause.remedy

    def to_result(self) -> dict:
        return self._cause.to_result()


class ApiError(CitrixError):
    """The API, or something in its place, answered with an error."""

    def __init__(self, message: str, status: int, detail: str, transaction_id: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail
        self.transaction_id = transaction_id
        self.by_api = False
        """Whether it comes from the API: a web server that is not the API has its own 404."""
        self.text = ""
        """The body as received, which is never shown."""

    @property
    def may_have_acted(self) -> bool:  # type: ignore[override]
        """An error or time-out of the server, or a success that cannot be read, leaves open whether it acted."""
        return self.status >= 500 or self.status < 300 or self.status == 408

    def to_result(self) -> dict:
        failure = {"status": self.status, "detail": self.detail, "transaction_id": self.transaction_id}
        return {"msg": str(self), "failure": failure}


def api_error(
    what: str,
    status: int,
    text: str,
    transaction_id: str | None = None,
    remedy: str | None = None,
    mask: Callable[[str], str] = str,
) -> ApiError:
    """Build the error for a response that is not a success.

    what: what was tried, as in "start the recording of session X". text: the body as received, not trusted.
    remedy: replaces the one that belongs to the status. mask: applied to the text and the id.
    """
    detail = clean(mask(read_detail(text)))
    transaction_id = clean(mask(transaction_id)) if transaction_id else None
    remedy = remedy or REMEDIES.get(status) or "check api_url and the Citrix service, and run again"
    told = f" ({detail})" if detail else ""
    traced = f" [transaction {transaction_id}]" if transaction_id else ""
    error = ApiError(f"Could not {what}: HTTP {status}{told}; {remedy}.{traced}", status, detail, transaction_id)
    error.text = text
    error.remedy = remedy
    error.by_api = _is_by_api(read_json(text))
    return error


def _is_by_api(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    kind = nested(body, "type") or ""
    return "errors-api." in kind or any(name.lower() in ERROR_FIELDS for name in body)
