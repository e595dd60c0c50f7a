# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a refusal one of the shapes in published responses and schemas."""

from __future__ import annotations

from typing import Any, Callable

from .message import Refusal, Reply, json_reply

# The name of an error in ErrorData, by the kind in ErrorResponse.
_SDK_ERRORS = {"notFound": "Citrix.XDPowerShell.Broker.UnknownObject"}


def _error_data(refusal: Refusal) -> dict[str, Any]:
    """Return ErrorData with all its members; the schema requires only SdkErrorId."""
    return {
        "ErrorMessage": refusal.detail,
        **_error_data_minimal(refusal),
        "ErrorType": None,
        "ErrorDetails": None,
        "SupportLink": None,
        "ErrorReportXml": None,
        "ErrorReport": None,
    }


def _error_data_minimal(refusal: Refusal) -> dict[str, Any]:
    return {"SdkErrorId": _SDK_ERRORS.get(refusal.kind, f"Citrix.XDPowerShell.Broker.{refusal.kind}")}


_BODIES: dict[str, Callable[[Refusal], dict[str, Any]]] = {
    "error_data": _error_data,
    "error_data_minimal": _error_data_minimal,
    "message": lambda refusal: {"Message": refusal.detail},
    "gateway": lambda refusal: {"statusCode": refusal.status, "message": refusal.detail},
}
ERROR_FORMS = ("error_response", *_BODIES, "empty")


def shaped(reply: Reply, form: str) -> Reply:
    """Return the reply, a refusal in the given one of ``ERROR_FORMS``."""
    if not isinstance(reply, Refusal) or form == "error_response":
        return reply
    if form == "empty":
        return Reply(reply.status, headers=reply.headers)
    return json_reply(_BODIES[form](reply), reply.status, reply.headers)
