# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the simulator's control paths. In the place of ansible.builtin.uri, which takes half a second for each call."""

from __future__ import annotations

import http.client
import json
import re
from collections import Counter
from urllib.parse import urlsplit

from ansible.plugins.lookup import LookupBase

# Without the gateway, customer and site stand in the path.
BASES = re.compile(r"^/cvad/manage/|^/citrix/orchestration/api/([^/]+/((?=Sites/)|[^/]+/))?")
NAMED = re.compile(r"^([A-Z]\w*)/(?!RecordingStatus$|\$)[^/]+")
SIGN_INS = ("/tokens/clients", "/Tokens", "/tokens")


class LookupModule(LookupBase):
    """lookup('simulator', simulator_control, reset=settings, faults=rules, since=number): look, after a reset or new
    fault rules if given. Returns the log after that number, the state, and "counts": the number of calls of each kind.
    """

    def run(self, terms, variables=None, reset=None, faults=None, since=0):
        if reset is not None:
            control(terms[0], "reset", reset)
        if faults is not None:
            control(terms[0], "faults", faults)
        seen = {**control(terms[0], f"calls?since={since}"), **control(terms[0], "state")}
        return [{**seen, "counts": dict(Counter(kind(call["path"]) for call in seen["calls"]))}]


def kind(path):
    """Return "sign-in", or the path below the base with a * for each id or name: "Sessions/*/$startRecording"."""
    return "sign-in" if path.endswith(SIGN_INS) else NAMED.sub(r"\1/*", BASES.sub("", path))


def control(access, path, body=None):
    """POST with a body, GET without; return what comes back."""
    connection = http.client.HTTPConnection(urlsplit(access["url"]).netloc, timeout=10)
    method, content = ("GET", None) if body is None else ("POST", json.dumps(body))
    connection.request(method, f"/_control/{path}", content, access["headers"])
    answer = connection.getresponse()
    told = answer.read().decode()
    connection.close()
    if answer.status != 200:
        raise ValueError(f"The simulator refuses {path}: {told}")
    return json.loads(told)
