# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API as such: URLs, headers, the site, pages and errors; nothing of what a session or a machine is."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from typing import Callable
from urllib.parse import unquote, urlencode, urlsplit

from .._common.errors import AnswerLost, ApiError, CitrixError, NotReady, api_error
from .._common.options import Settings
from .._common.text import clean, nested, read_json
from .auth import Authenticator, Token
from .calls import ACCOUNT, SITE, Answer, Call
from .pages import read_pages
from .retries import Retrier
from .transport import Reply, Request, Transport

VERSION = "1.0.0"


class Api:
    """The Citrix API of one customer, and of one site from the first call on that needs it."""

    def __init__(
        self,
        retrier: Retrier,
        authenticator: Authenticator,
        settings: Settings,
        find_site: Callable[[Api], str],
        warn: Callable[[str], None],
        log: Callable[[str], None],
    ) -> None:
        self.retrier = retrier
        self.log = log
        self.customer_id = settings.customer_id
        self.max_concurrency = settings.max_concurrency
        self.batch_size = settings.batch_size
        """Calls in one batch; 0 sends each call alone, also from the moment on that the server has no batches."""
        self.batch_jobs = False
        """Whether every batch is sent as a job, since one took too long to answer."""
        self.list_complete = True
        """Whether each list so far had as many objects as the API reports."""
        self.warn = warn
        self._authenticator = authenticator
        self.base_url = settings.base_url
        self._ids_in_path = settings.ids_in_path
        self._site_id = settings.site_id
        self._site_failure: CitrixError | None = None
        self._find_site = find_site
        self._lock = threading.Lock()

    @property
    def site_id(self) -> str:
        """The site: as given, or else the only one that the account sees; asked for once."""
        with self._lock:
            if self._site_failure:
                raise self._site_failure
            if self._site_id is None:
                try:
                    self._site_id = self._find_site(self)
                except CitrixError as error:
                    # All threads wait for this one answer; they need not each ask again.
                    self._site_failure = NotReady(error)
                    raise self._site_failure from None
            return self._site_id

    def token(self) -> Token:
        """Return the token that the calls go with, after a sign-in where it takes one."""
        return self._authenticator.token()

    def give_up_batches(self, error: CitrixError) -> None:
        """Send each call alone from now on, since the server refused a batch, and warn of it once."""
        with self._lock:
            size, self.batch_size = self.batch_size, 0
        if size:
            self.warn(f"batch_size: every call was sent alone, since the API took no batch of {size}. {error}")

    def send(self, call: Call) -> Answer:
        """Make one call and return its answer; raises a CitrixError for anything but a success."""
        transaction_id = str(uuid.uuid4())
        try:
            reply = self._authenticator.send(self._request(call, transaction_id))
        except AnswerLost as error:
            error.transaction_id = transaction_id
            raise
        return self.read(call, reply, transaction_id)

    def read(self, call: Call, reply: Reply, transaction_id: str) -> Answer:
        """Return what a reply says to a call; raises ApiError for anything but a success.

        transaction_id: that of the request, for a reply that names none of its own.
        """
        transaction_id = reply.headers.get("Citrix-TransactionId") or transaction_id
        body = read_json(reply.text) if reply.text.strip() else {}
        proved = reply.status != 200 or not call.proof or nested(body, call.proof)
        if reply.status >= 300 or not isinstance(body, dict) or not proved:
            raise self._error(call, reply, transaction_id)
        # The last part of the job's address is its id (API reference).
        job_id = urlsplit(reply.headers.get("Location") or "").path.rpartition("/")[2] if reply.status == 202 else ""
        answer = Answer(body, clean(transaction_id), unquote(job_id))
        if call.write:
            # At once, and not only in the result: a run that is cut off has none.
            self.log(f"accepted: {clean(call.what)} [transaction {answer.transaction_id}]")
        return answer

    def relative_url(self, call: Call) -> str:
        """Return the address of a call of the site as an item of a batch has it.

        Under the gateway's base that is the path; on the direct base customer and site go before it (API reference).
        """
        ids = f"{self.customer_id}/{self.site_id}/" if self._ids_in_path else "/"
        query = f"?{urlencode(call.query)}" if call.query else ""
        return f"{ids}{call.path}{query}"

    def items(self, call: Call) -> Iterator[dict]:
        """Yield the objects of a list, each id once; see read_pages()."""
        return read_pages(
            lambda page: self.send(page).body, call, lambda total, found: self._report_short(call, total, found)
        )

    def _report_short(self, call: Call, total: int, found: int) -> None:
        self.list_complete = False
        self.warn(
            f"Could not {call.what} in full: the API reports {total} and returned {found}, also when read again; "
            "check the role and scope of the account, and run again."
        )

    def _error(self, call: Call, reply: Reply, transaction_id: str) -> ApiError:
        remedy = None
        if reply.status < 300:
            remedy = "that is no answer of the Citrix API; check api_url and proxies"
        # Followed, a redirect would carry the token to whatever host it names.
        target = re.match(r"https?://[^/?#\s]+", reply.headers.get("Location") or "")
        if 300 <= reply.status < 400 and target:
            remedy = f"the API points to {clean(target.group())}; if that is the customer's region, set api_url to it"
        return api_error(call.what, reply.status, self._authenticator.mask(reply.text), transaction_id, remedy)

    def _request(self, call: Call, transaction_id: str) -> Request:
        headers = {
            "Accept": "application/json",
            "User-Agent": f"sessionops.citrix/{VERSION}",
            "Citrix-CustomerId": self.customer_id,
            # Our own id, so that a call whose answer is lost can still be traced.
            "Citrix-TransactionId": transaction_id,
        }
        ids = [] if call.scope == ACCOUNT else [self.customer_id]
        if call.scope == SITE:
            headers["Citrix-InstanceId"] = self.site_id
            ids.append(self.site_id)
        path = [*(ids if self._ids_in_path else ()), call.path]
        return Request(
            method=call.method,
            url="/".join([self.base_url, *path]),
            what=call.what,
            headers=headers,
            query=call.query,
            json=call.body,
            write=call.write,
            final=call.final,
        )


def connect(
    settings: Settings,
    check_mode: bool,
    find_site: Callable[[Api], str],
    warn: Callable[[str], None],
    log: Callable[[str], None],
) -> Api:
    """Put the layers below together. Nothing is sent until the first call.

    warn, log: where a line for the user goes, and one for the log of the host.
    """
    if not settings.verify:
        warn("validate_certs: is false, so that any host on the way can read the password; set ca_path instead.")
    retrier = Retrier(Transport(settings, check_mode), settings)
    return Api(retrier, Authenticator(retrier, settings), settings, find_site, warn, log)
