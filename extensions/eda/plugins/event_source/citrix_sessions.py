# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source of ansible-rulebook: what happens to the sessions of a Citrix site."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: citrix_sessions
short_description: Tell what happens to the sessions of a Citrix site
version_added: 1.0.0
author:
  - The sessionops.citrix contributors (!UNKNOWN)
description:
  - Looks at the sessions of a site of Citrix DaaS or Citrix Virtual Apps and Desktops at intervals, and makes an event
    of each thing that has happened since the last look. It only reads.
  - An event holds C(type), and in C(session) the keys C(id), C(user), C(machine), C(delivery_group), C(session_state)
    and C(recorded), any of which may be null. C(changed) has in C(before) what was different, C(unrecorded) has
    C(unrecorded_seconds).
  - Each thing is told once. A look that fails is logged and made again after a pause that grows up to ten minutes, or
    the interval if that is longer; what happened meanwhile is told then. What came and went between two looks is not.
  - A session that is missing in a list is asked for by its id. It has ended only where the API knows no such session.
  - The options of the connection are those of the modules, with the same environment variables.
options:
  events:
    description:
      - What is to be told. V(new) is a session that was not there before, V(ended) one that is no more.
      - V(changed) is one of which something that an event holds is different now. An unknown recording state is no
        change.
      - V(unrecorded) is a session that could be recorded and is not. It costs one request for each session in each
        look, or fewer with O(batch_size). Without it C(recorded) is always null.
    type: list
    elements: str
    choices: [new, ended, changed, unrecorded]
    default: [new, ended, changed]
  interval:
    description: Seconds from the end of one look to the next, from 1 to 86400.
    type: int
    default: 60
  initial:
    description:
      - Whether the sessions that are there at the start are told as V(new).
      - Set it where an action may safely be done again, such as the start of a recording, so that nobody is missed who
        logged on while nobody was looking.
    type: bool
    default: false
  unrecorded_after:
    description:
      - Seconds for which a session must have been found unrecorded before that is told, from 0 to 86400.
      - The seconds add up from the first look that finds it so, also at the start. They do not go on while the session
        cannot be recorded, such as while its user is disconnected, and begin anew when it is recorded. An unknown state
        neither begins nor ends them.
    type: int
    default: 0
  unrecorded_repeat:
    description:
      - Seconds from the first C(unrecorded) of a session to the second, from 0 to 86400; V(0) reports it once. Each
        further time is twice as long, up to an hour, until the session is found recorded.
    type: int
    default: 0
  unrecorded_stopped:
    description:
      - Whether C(unrecorded) also reports sessions whose recording was stopped between two looks while they could be
        recorded. Set it to V(false) to respect a deliberate stop.
    type: bool
    default: true
  user:
    description:
      - People whose sessions are meant, written C(DOMAIN\\name), as user principal name (C(name@domain)) or as C(name).
      - Of O(user), O(machine), O(delivery_group) and O(application) all that are given must fit, of the values of each
        one. Without any, all sessions of the site are meant.
    type: list
    elements: str
  machine:
    description: Machines whose sessions are meant, written C(DOMAIN\\NAME), or by DNS name or id.
    type: list
    elements: str
  delivery_group:
    description: Delivery groups whose sessions are meant, by name or id.
    type: list
    elements: str
  application:
    description: Published applications, by name or id; meant are the sessions in which one of them is running.
    type: list
    elements: str
  deployment:
    description: Which world the site lives in. E(CITRIX_DEPLOYMENT)
    type: str
    default: cloud
    choices: [cloud, japan, gov, on_premises]
  api_url:
    description: Scheme, host and port of the API. Needed for V(on_premises). E(CITRIX_API_URL)
    type: str
  token_url:
    description: Whole URL of the sign-in, for a private gateway. E(CITRIX_TOKEN_URL)
    type: str
  customer_id:
    description: Customer id of Citrix Cloud. E(CITRIX_CUSTOMER_ID)
    type: str
  site_id:
    description: Id of the site; without it the only site that the account sees. E(CITRIX_SITE_ID)
    type: str
  client_id:
    description: Id of an API client of Citrix Cloud. E(CITRIX_CLIENT_ID)
    type: str
  client_secret:
    description: Secret of the API client. E(CITRIX_CLIENT_SECRET)
    type: str
  username:
    description: Name of a Citrix administrator on premises, written C(DOMAIN\\user). E(CITRIX_USERNAME)
    type: str
  password:
    description: Password of the administrator. E(CITRIX_PASSWORD)
    type: str
  access_token:
    description:
      - A token in the place of any other credential. It is never renewed, and a source may outlive it.
      - E(CITRIX_ACCESS_TOKEN)
    type: str
  validate_certs:
    description: Whether the certificate of the API is checked. E(CITRIX_VALIDATE_CERTS)
    type: bool
    default: true
  ca_path:
    description: File with the CA certificates to trust, in PEM form. E(CITRIX_CA_PATH)
    type: path
  timeout:
    description: Seconds to wait for a sign of the server, from 1 to 300. E(CITRIX_TIMEOUT)
    type: int
    default: 30
  retries:
    description: How often a request is sent again within one look, from 0 to 20. E(CITRIX_RETRIES)
    type: int
    default: 5
  max_concurrency:
    description: Requests under way at the same time, from 1 to 100. E(CITRIX_MAX_CONCURRENCY)
    type: int
    default: 10
  requests_per_second:
    description: Most requests to send in a second, up to 1000; V(0) sets no limit. E(CITRIX_REQUESTS_PER_SECOND)
    type: float
    default: 0.0
  batch_size:
    description: How many calls travel in one request, up to 1000; V(0) sends each alone. E(CITRIX_BATCH_SIZE)
    type: int
    default: 0
requirements:
  - ansible-core >= 2.19, in the Python that runs ansible-rulebook
  - requests >= 2.25.1, in the same
notes:
  - Text in events is data from outside. What would begin a template in it, a brace before a brace, C(%) or C(#), has a
    blank put in between, since Ansible takes extra variables for templates.
"""

EXAMPLES = r"""
- name: Tell who comes and goes in a delivery group
  hosts: localhost
  sources:
    - sessionops.citrix.citrix_sessions:
        delivery_group: [Contractors]
        events: [new, ended]
        interval: 30
  rules:
    - name: Somebody came or went
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
    """Make this collection importable: ansible-rulebook runs a source by its path, without Ansible's own loader."""
    root = next((folder for folder in Path(__file__).absolute().parents if folder.name == "ansible_collections"), None)
    if root:
        sys.path.append(str(root.parent))
        # Where it is no namespace but a package of its own, as the package "ansible" has it, sys.path does not count.
        importlib.import_module(root.name).__path__.append(str(root))


_make_importable()
try:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
    from ansible_collections.sessionops.citrix.plugins.module_utils._client import transport
    from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import connect
    from ansible_collections.sessionops.citrix.plugins.module_utils._client.interrupt import Background
    from ansible_collections.sessionops.citrix.plugins.module_utils._common import options
    from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, OptionError
    from ansible_collections.sessionops.citrix.plugins.module_utils._views import events
except ImportError as missing:
    raise ImportError(f"citrix_sessions needs ansible-core; install it for {sys.executable}. {missing}") from missing

LONGEST_PAUSE = 600
"""Seconds between two tries after failures, unless the interval is longer."""
TICK = 0.05
"""Seconds from one glance at a look that is under way to the next."""

LOGGER = logging.getLogger("sessionops.citrix.citrix_sessions")


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put an event into the queue for each thing that happens, for ever.

    Raises CitrixError for options that make no sense, also where only the site can tell, such as an unknown machine.
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
            LOGGER.warning("%s Next try in %d seconds; what happens until then is told then.", outcome, wait)
        else:
            if failures:
                LOGGER.warning("The sessions are read again.")
            wait, failures = watch.interval, 0
            for event in outcome:
                await queue.put(event)
        await asyncio.sleep(wait)


def prepare(args: dict[str, Any]) -> events.SessionWatcher:
    """Check the options, and return what looks at the sessions; raises CitrixError, and nothing is sent."""
    if transport.REQUESTS_IMPORT_ERROR:
        raise CitrixError(f"citrix_sessions needs the Python library requests; install it for {sys.executable}.")
    checked = ArgumentSpecValidator({**options.argument_spec(), **events.ARGUMENT_SPEC}).validate(args)
    if checked.error_messages:
        raise CitrixError("; ".join(checked.error_messages))
    params = checked.validated_parameters
    settings = options.settings(params)

    # A client of each look would repeat what is wrong with the options.
    warn_once = lru_cache(LOGGER.warning)

    def new_client():
        # As in check mode, where the client refuses to write.
        return connect(settings, True, warn_once, LOGGER.info)

    return events.SessionWatcher(params, new_client, LOGGER.warning)


async def aside(watch: events.SessionWatcher) -> list[dict[str, Any]] | CitrixError:
    """Look in a thread, so that the other sources go on, and return what has happened, or why that is not known.

    The thread is not one of asyncio's own: for that the process would wait at its end, and a server may ask for minutes
    of patience.
    """
    look = Background(watch.look, watch)
    while not look.is_over():
        await asyncio.sleep(TICK)
    try:
        return look.value()
    except CitrixError as error:
        return error


def pause(interval: int, failures: int) -> int:
    """Return the seconds to wait after a failure that so many went before."""
    return min(interval * 2 ** min(failures, 10), max(interval, LONGEST_PAUSE))
