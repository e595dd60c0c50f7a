# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that can end a run, each with one sentence that names the remedy."""

from __future__ import annotations

from typing import Callable

from .text import clean, nested, one_line, read_detail, read_json

ERROR_FIELDS = ("detail", "errormessage", "sdkerrorid", "errortype")
"""Members of the documented error bodies, ErrorResponse and ErrorData, in lower case; each is optional."""

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
    407: "a proxy requires credentials; set them in HTTPS_PROXY, or add the host to NO_PROXY",
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
    """Base of all errors. The text is one printable line for users without secrets."""

    may_have_acted = False
    """Whether a write with this error may have taken effect: then only a later read of the state shows it."""
    transaction_id: str | None = None
    """The id under which Citrix support finds the call, if it was sent."""
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
    """The request was not sent: name not resolved, connection refused, untrusted certificate."""


class ResponseLost(CitrixError):
    """The request was sent without a complete response: the server may have acted."""

    may_have_acted = True


class BatchLost(ResponseLost):
    """A batch was sent, and the outcome of this call in it is unknown."""


class JobError(CitrixError):
    """A call was accepted, and the progress of its job is unknown: only a later read shows it."""

    may_have_acted = True


class JobFailed(JobError):
    """The job of an accepted call ended without success, as reported by the API."""


class Stalled(CitrixError):
    """Nothing succeeded for so long that the run ends; the request was not sent."""


class Interrupted(Stalled):
    """The run must end immediately."""

    def __init__(self, message: str, in_progress: bool = False) -> None:
        """in_progress: whether the request was sent, and is abandoned before its response."""
        super().__init__(message)
        self.may_have_acted = in_progress


class ResponseTooLarge(CitrixError):
    """The request was sent, and its response is larger than any of the API."""

    may_have_acted = True


class NotReady(CitrixError):
    """A prerequisite of a call failed, sign-in or site discovery: the call was not sent."""

    def __init__(self, cause: CitrixError) -> None:
        super().__init__(str(cause))
        self._cause = cause
        self.remedy = cause.remedy

    def to_result(self) -> dict:
        return self._cause.to_result()


class ApiError(CitrixError):
    """The API, or another server in its place, responded with an error."""

    def __init__(self, message: str, status: int, detail: str, transaction_id: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail
        self.transaction_id = transaction_id
        self.by_api = False
        """Whether it comes from the API: another web server has its own 404."""
        self.text = ""
        """The body as received, which is never shown."""

    @property
    def may_have_acted(self) -> bool:  # type: ignore[override]
        """Return whether a server error, a time-out or an unreadable success may hide a change."""
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
    """Return the error for a response without success.

    what: the purpose, as in "start the recording of session X". text: the untrusted body. remedy: replaces that of the
    status. mask: applied to the text and the id.
    """
    detail = clean(mask(read_detail(text)))
    transaction_id = clean(mask(transaction_id)) if transaction_id else None
    remedy = remedy or REMEDIES.get(status) or "check api_url and the Citrix service, and run again"
    shown = f" ({detail})" if detail else ""
    traced = f" [transaction {transaction_id}]" if transaction_id else ""
    error = ApiError(f"Could not {what}: HTTP {status}{shown}; {remedy}.{traced}", status, detail, transaction_id)
    error.text = text
    error.remedy = remedy
    error.by_api = _is_by_api(read_json(text))
    return error


def is_error(body: object) -> bool:
    """Return whether a body is a documented error; a gateway may send it with status 200."""
    return bool(nested(body, "SdkErrorId") or nested(body, "ErrorMessage") or "errors-api." in _type_of(body))


def _type_of(body: object) -> str:
    return nested(body, "type") or ""


def _is_by_api(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    return "errors-api." in _type_of(body) or any(name.lower() in ERROR_FIELDS for name in body)
