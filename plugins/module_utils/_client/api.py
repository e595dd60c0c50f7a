# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send calls of the API: URLs, headers, site, pages and errors; independent of resources."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from typing import Any, Callable
from urllib.parse import unquote, urlencode

from .._common.errors import ApiError, CitrixError, NotReady, api_error, is_error
from .._common.options import Settings
from .._common.text import clean, nested, read_json
from .auth import Authenticator, Token, credentials_of
from .batch_mode import BatchMode
from .calls import ACCOUNT, SITE, Call, Response
from .discovery import ME, customer_sites, only_site
from .pages import read_pages
from .redirects import redirect_remedy
from .retries import Retrier
from .transport import Reply, Request, Transport
from .writes import WriteObserver

BODILESS = (202, 204)
"""Statuses of a success that may have no body."""
SUCCESSES = (200, 201, 203, *BODILESS)
"""A 206 or 207 is a part of a response, or several."""


class Api:
    """The Citrix API of one customer and one site, which is discovered by the first call to it."""

    def __init__(
        self,
        retrier: Retrier,
        authenticator: Authenticator,
        settings: Settings,
        warn: Callable[[str], None],
        log: Callable[[str], None],
    ) -> None:
        self.retrier = retrier
        self.throttle = retrier.throttle
        self.log = log
        self.customer_id = settings.customer_id
        self.max_concurrency = settings.max_concurrency
        self.list_complete = True
        """Whether each list so far had as many objects as the API reports."""
        self.warn = warn
        self.base_url = settings.endpoints.base_url
        self.batches = BatchMode(settings.batch_size, warn)
        self.guard: Any = None
        """The limits that each write must meet; set it before the first write."""
        self.observer = WriteObserver()
        self._settings = settings
        self._authenticator = authenticator
        self._site_id = settings.site_id
        self._site_failure: CitrixError | None = None
        self._lock = threading.Lock()
        self._routes: set[str] = set()
        """Routes on which the API has responded with success."""

    def site_id(self) -> str:
        """Return the site: as given, or the only visible one, which is read once."""
        with self._lock:
            if self._site_failure:
                raise self._site_failure
            if self._site_id is None:
                try:
                    self._site_id = only_site(self.customer_sites(self.send(ME).body), self.shown)
                except CitrixError as error:
                    # All threads wait for this response; each gets the same error.
                    self._site_failure = NotReady(error)
                    raise self._site_failure from None
            return self._site_id

    def customer_sites(self, me: dict) -> list[dict]:
        """Return the customer's sites in a response to ME; raises OptionError."""
        return customer_sites(me, self._settings, self.shown)

    def token(self) -> Token:
        """Return the token of the calls, after a sign-in if required."""
        return self._authenticator.token()

    def shown(self, text: object) -> str:
        """Return untrusted text that is safe to show: secrets masked, one short line."""
        return clean(self._authenticator.mask(str(text)))

    def send(self, call: Call) -> Response:
        """Make one call and return its response; raises a CitrixError unless it succeeded."""
        transaction_id = str(uuid.uuid4())
        request = self._request(call, transaction_id)
        if call.write:
            self.observer.before(call.parts or (call,), transaction_id)
        try:
            reply = self._authenticator.send(request)
        except CitrixError as error:
            if error.may_have_acted:
                error.transaction_id = transaction_id
            raise
        return self.read(call, reply, transaction_id)

    def read(self, call: Call, reply: Reply, transaction_id: str) -> Response:
        """Return the response in a reply to a call; raises ApiError unless it succeeded.

        transaction_id: that of the request, safe to show, for a reply without one.
        """
        named = reply.transaction_id
        if named and named != transaction_id:
            transaction_id = self.shown(named)
        body = read_json(reply.text) if reply.text.strip() else {}
        proved = reply.status in BODILESS or not call.proof or nested(body, call.proof)
        if reply.status not in SUCCESSES or not isinstance(body, dict) or not proved or is_error(body):
            raise self._error(call, reply, transaction_id)
        self._routes.add(call.route)
        # A published response to a POST is its job, with status 200.
        accepted = reply.status == 202 or (call.write and "Type" in body and "Status" in body)
        response = Response(body, transaction_id, _job_id(reply, body) if accepted else None)
        if call.write:
            # Immediately, and not only in the result: an interrupted run has none.
            self.log(f"accepted: {clean(call.what)} [transaction {response.transaction_id}]")
        return response

    def relative_url(self, call: Call) -> str:
        """Return the address of a call of the site for an item of a batch.

        Behind the gateway it is the path; on the direct base, the path begins with the ids of customer and site.
        """
        ids = f"{self.customer_id}/{self.site_id()}/" if self._settings.endpoints.ids_in_path else "/"
        query = f"?{urlencode(call.query)}" if call.query else ""
        return f"{ids}{call.path}{query}"

    def items(self, call: Call) -> Iterator[dict]:
        """Yield the objects of a list, each id once; see read_pages()."""
        return read_pages(lambda page: self.send(page).body, call, lambda why: self._warn_incomplete(call, why))

    def _warn_incomplete(self, call: Call, why: str) -> None:
        self.list_complete = False
        self.warn(f"Could not {call.what} in full: {why}, and run again.")

    def _error(self, call: Call, reply: Reply, transaction_id: str) -> ApiError:
        mask = self._authenticator.mask
        remedy = redirect_remedy(self._url(call), reply, mask)
        if reply.status < 300 and not is_error(read_json(reply.text or "{}")):
            remedy = "this is not a response of the Citrix API; check api_url and proxies"
        error = api_error(call.what, reply.status, reply.text, transaction_id, remedy, mask)
        if reply.status == 404 and call.route in self._routes:
            # The path exists, so an empty body, or one that only says "not found", refers to the object.
            error.by_api = error.by_api or isinstance(read_json(reply.text or "{}"), dict)
        return error

    def _request(self, call: Call, transaction_id: str) -> Request:
        headers = {
            "Citrix-CustomerId": self.customer_id,
            # An own id, so that a call with a lost response can be traced.
            "Citrix-TransactionId": transaction_id,
        }
        if call.scope == SITE:
            headers["Citrix-InstanceId"] = self.site_id()
        return Request(
            method=call.method,
            url=self._url(call),
            what=call.what,
            headers=headers,
            query=call.query,
            json=call.body,
            write=call.write,
            final=call.final,
        )

    def _url(self, call: Call) -> str:
        ids = []
        if self._settings.endpoints.ids_in_path and call.scope != ACCOUNT:
            ids = [self.customer_id, *([self.site_id()] if call.scope == SITE else ())]
        return "/".join([self.base_url, *ids, call.path])


def _job_id(reply: Reply, body: dict) -> str:
    """Return the job id of an accepted call: the last part of Location, or that in the body."""
    # As text: a published Location has a placeholder for the host, which is not a valid URL.
    path = re.split(r"[?#]", reply.headers.get("Location") or "")[0]
    return unquote(path.rstrip("/").rpartition("/")[2]) or (nested(body, "Id") or "" if "Status" in body else "")


def connect(
    settings: Settings,
    check_mode: bool,
    warn: Callable[[str], None],
    log: Callable[[str], None],
) -> Api:
    """Connect the layers below. Nothing is sent until the first call.

    warn, log: functions for lines to the user and to the log of the host.
    """
    if not settings.verify:
        warn("validate_certs: is false, so the password can be intercepted; set ca_path instead.")
    retrier = Retrier(Transport(settings, check_mode), settings)
    return Api(retrier, Authenticator(retrier, credentials_of(settings)), settings, warn, log)
