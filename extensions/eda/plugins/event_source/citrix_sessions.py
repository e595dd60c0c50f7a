# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event source for ansible-rulebook: changes of the sessions of a Citrix site."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: citrix_sessions
short_description: Send events when the sessions of a Citrix site change
version_added: 1.0.0
author:
  - The sessionops.citrix contributors (!UNKNOWN)
description:
  - Polls the sessions of a site of Citrix DaaS or Citrix Virtual Apps and Desktops and sends an event for each change
    since the last poll. It only reads.
  - An event has C(type) and C(session). C(session) has the keys C(id), C(user), C(machine), C(delivery_group),
    C(session_state) and C(recorded), any of which may be null. C(changed) events have the previous values in C(before),
    C(unrecorded) events have C(unrecorded_seconds).
  - Each change is sent once. A failed poll is logged and retried after a pause that grows up to ten minutes, or to
    the interval if that is longer; changes in the meantime are sent then. Sessions that start and end between two polls
    are not seen.
  - A session that is missing in a list is read by its id. It counts as ended only if the API reports that there is no
    such session.
  - The connection options and their environment variables are the same as for the modules.
options:
  events:
    description:
      - Types of events to send. V(new) is a session that did not exist at the last poll, V(ended) a session that has
        ended.
      - V(changed) is a session for which a value in the event has changed. An unknown recording state is not a change.
      - V(unrecorded) is a session that could be recorded and is not. It takes one request for each session in each
        poll, or fewer with O(batch_size). Without it, C(recorded) is always null.
    type: list
    elements: str
    choices: [new, ended, changed, unrecorded]
    default: [new, ended, changed]
  interval:
    description: Seconds from the end of one poll to the next, from 1 to 86400.
    type: int
    default: 60
  initial:
    description:
      - Whether to send the sessions that exist at the start as V(new).
      - Set it if the action is idempotent, such as the start of a recording, so that sessions that started while the
        event source was not running are not missed.
    type: bool
    default: false
  unrecorded_after:
    description:
      - Seconds for which a session must be unrecorded before the event is sent, from 0 to 86400.
      - The time starts with the first poll that finds the session unrecorded, including the first poll after the start.
        It pauses while the session cannot be recorded, for example while its user is disconnected, and restarts when
        the session is recorded. An unknown state neither starts nor ends the time.
    type: int
    default: 0
  unrecorded_repeat:
    description:
      - Seconds between the first and the second C(unrecorded) event of a session, from 0 to 86400; V(0) sends only one.
        Each further interval is twice as long, up to an hour, until the session is recorded.
    type: int
    default: 0
  unrecorded_stopped:
    description:
      - Whether to send C(unrecorded) also for sessions whose recording was stopped between two polls while they could
        be recorded. Set it to V(false) to respect a deliberate stop.
    type: bool
    default: true
  user:
    description:
      - Select the sessions of these users, given as C(DOMAIN\name), user principal name (C(name@domain)) or C(name).
      - A session must match every selector of O(user), O(machine), O(delivery_group) and O(application); within a
        selector, one matching value is enough. Without a selector, all sessions of the site are selected.
    type: raw
  machine:
    description: Select the sessions on these machines, given as C(DOMAIN\NAME), DNS name or id.
    type: raw
  delivery_group:
    description:
      - Select the sessions on the machines of these delivery groups, given by name or id.
      - Null selects all, because a template in a rulebook cannot omit an option. It is invalid for all other selectors.
    type: raw
  application:
    description: Select the sessions in which one of these published applications is running, given by name or id.
    type: raw
  deployment:
    description: Deployment type of the site. E(CITRIX_DEPLOYMENT)
    type: str
    default: cloud
    choices: [cloud, japan, gov, on_premises]
  api_url:
    description: Scheme, host and port of the API. Required for V(on_premises). E(CITRIX_API_URL)
    type: str
  token_url:
    description: Whole URL of the sign-in, for a private gateway. E(CITRIX_TOKEN_URL)
    type: str
  customer_id:
    description: Customer id of Citrix Cloud. E(CITRIX_CUSTOMER_ID)
    type: str
  site_id:
    description: Id of the site. The default is the only site of the account. E(CITRIX_SITE_ID)
    type: str
  client_id:
    description: Id of an API client of Citrix Cloud. E(CITRIX_CLIENT_ID)
    type: str
  client_secret:
    description: Secret of the API client. E(CITRIX_CLIENT_SECRET)
    type: str
  username:
    description: Name of a Citrix administrator on premises, given as C(DOMAIN\user). E(CITRIX_USERNAME)
    type: str
  password:
    description: Password of the administrator. E(CITRIX_PASSWORD)
    type: str
  access_token:
    description:
      - An access token that replaces all other credentials. It is never refreshed and may expire while the event source
        runs.
      - E(CITRIX_ACCESS_TOKEN)
    type: str
  validate_certs:
    description: Whether to verify the certificate of the API. E(CITRIX_VALIDATE_CERTS)
    type: bool
    default: true
  ca_path:
    description: File with the trusted CA certificates in PEM format. E(CITRIX_CA_PATH)
    type: path
  timeout:
    description: Read timeout in seconds, from 1 to 300. E(CITRIX_TIMEOUT)
    type: int
    default: 30
  retries:
    description: Number of retries of a request within one poll, from 0 to 20. E(CITRIX_RETRIES)
    type: int
    default: 5
  max_concurrency:
    description: Number of concurrent requests, from 1 to 100. E(CITRIX_MAX_CONCURRENCY)
    type: int
    default: 10
  requests_per_second:
    description: Rate limit in requests per second, up to 1000; V(0) sets no limit. E(CITRIX_REQUESTS_PER_SECOND)
    type: float
    default: 0.0
  batch_size:
    description: Number of calls in one request, up to 1000; V(0) sends each call alone. E(CITRIX_BATCH_SIZE)
    type: int
    default: 0
requirements:
  - ansible-core >= 2.19, in the Python that runs ansible-rulebook
  - requests >= 2.25.1 and urllib3 >= 1.26.5, in the same Python
notes:
  - Text in events is untrusted. Ansible evaluates extra variables as templates, so the event source inserts a space
    where text would start a template, that is between a brace and a brace, C(%) or C(#).
"""

EXAMPLES = r"""
- name: Report logons and logoffs in a delivery group
  hosts: localhost
  sources:
    - sessionops.citrix.citrix_sessions:
        delivery_group: [Contractors]
        events: [new, ended]
        interval: 30
  rules:
    - name: A session started or ended
      condition: event.session is defined
      action:
        debug:
          msg: "{{ event.type }}: {{ event.session.user }} on {{ event.session.machine }}"
"""

import asyncio
import importlib
import logging
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any


def _make_importable() -> None:
    """Make this collection importable, because ansible-rulebook runs a source by its path."""
    root = next((folder for folder in Path(__file__).absolute().parents if folder.name == "ansible_collections"), None)
    if root:
        sys.path.append(str(root.parent))
        # If it is a regular package, as in the package "ansible", sys.path has no effect.
        importlib.import_module(root.name).__path__.append(str(root))


_make_importable()
try:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
    from ansible_collections.sessionops.citrix.plugins.module_utils._client import transport
    from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import connect
    from ansible_collections.sessionops.citrix.plugins.module_utils._client.interrupt import Background
    from ansible_collections.sessionops.citrix.plugins.module_utils._common import options
    from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, OptionError
    from ansible_collections.sessionops.citrix.plugins.module_utils._site.guard import Guard
    from ansible_collections.sessionops.citrix.plugins.module_utils._views import events
except ImportError as missing:
    raise ImportError(f"citrix_sessions requires ansible-core; install it for {sys.executable}. {missing}") from missing

LONGEST_PAUSE = 600
"""Maximum seconds between two attempts after failures, unless the interval is longer."""
TICK = 0.05
"""Seconds between two checks of a running poll."""

LOGGER = logging.getLogger("sessionops.citrix.citrix_sessions")


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put an event into the queue for each change, until canceled.

    Raises CitrixError for invalid options, including those that only the site can reject, such as an unknown machine.
    """
    watch = prepare(args)
    failures = 0
    while True:
        outcome = await aside(watch)
        if isinstance(outcome, CitrixError):
            if isinstance(outcome, OptionError) and not watch.begun:
                raise outcome
            wait = pause(watch.interval, failures)
            failures += 1
            LOGGER.warning("%s Next poll in %d seconds, with all changes until then.", outcome, wait)
        else:
            if failures:
                LOGGER.warning("The sessions can be read again.")
            wait, failures = watch.interval, 0
            for event in outcome:
                await queue.put(event)
        await asyncio.sleep(wait)


def prepare(args: dict[str, Any]) -> events.SessionWatcher:
    """Check the options and return the watch of the sessions; CitrixError before any request."""
    if transport.REQUESTS_IMPORT_ERROR:
        raise CitrixError(f"citrix_sessions requires the Python library requests; install it for {sys.executable}.")
    spec = {**options.argument_spec(), **events.ARGUMENT_SPEC}
    options.check_types(args, spec)
    checked = ArgumentSpecValidator(spec).validate(args)
    if checked.unsupported_parameters:
        raise CitrixError(f"{', '.join(sorted(checked.unsupported_parameters))}: there is no such option")
    if checked.error_messages:
        raise CitrixError("; ".join(checked.error_messages))
    # A template in a rulebook cannot omit an option.
    options.reject_null(args, events.ARGUMENT_SPEC.keys() - {"delivery_group"})
    params = checked.validated_parameters
    settings = options.settings(params)

    # Each poll has a new client; warn about the options only once.
    warn_once = lru_cache(LOGGER.warning)

    def new_client():
        # Check mode, in which the client rejects writes.
        api = connect(settings, True, warn_once, LOGGER.info)
        api.guard = Guard.of_host({})
        return api

    return events.SessionWatcher(params, new_client, LOGGER.warning)


async def aside(watch: events.SessionWatcher) -> list[dict[str, Any]] | CitrixError:
    """Poll in a thread, so that other sources continue, and return the events or the error.

    The thread does not belong to asyncio, because the process would wait for it at its end, and a server may request
    minutes of patience.
    """
    poll = Background(watch.poll, watch)
    while not poll.is_over():
        await asyncio.sleep(TICK)
    try:
        return poll.value()
    except CitrixError as error:
        return error


def pause(interval: int, failures: int) -> int:
    """Return the seconds to wait after that number of consecutive failures."""
    return min(interval * 2 ** min(failures, 10), max(interval, LONGEST_PAUSE))
