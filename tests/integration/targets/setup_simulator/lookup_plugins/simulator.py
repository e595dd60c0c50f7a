# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call the control paths of the simulator; ansible.builtin.uri takes half a second per call."""

from __future__ import annotations

import http.client
import json
import re
from collections import Counter
from urllib.parse import urlsplit

from ansible.plugins.lookup import LookupBase

# Without the gateway, customer and site are in the path.
BASES = re.compile(r"^/cvad/manage/|^/citrix/orchestration/api/([^/]+/((?=Sites/)|[^/]+/))?")
NAMED = re.compile(r"^([A-Z]\w*)/(?!RecordingStatus$|\$)[^/]+")
SIGN_INS = ("/tokens/clients", "/Tokens", "/tokens")


class LookupModule(LookupBase):
    """Read the simulator after an optional reset or new fault rules.

    lookup('simulator', simulator_control, reset=settings, faults=rules, since=number) returns the log after a number,
    the state, and "counts": the number of calls of each kind.
    """

    def run(self, terms, variables=None, reset=None, faults=None, since=0):
        if reset is not None:
            control(terms[0], "reset", reset)
        if faults is not None:
            control(terms[0], "faults", faults)
        seen = {**control(terms[0], f"calls?since={since}"), **control(terms[0], "state")}
        return [{**seen, "counts": dict(Counter(kind(call["path"]) for call in seen["calls"]))}]


def kind(path):
    """Return "sign-in", or the path with * for ids and names: "Sessions/*/$startRecording"."""
    return "sign-in" if path.endswith(SIGN_INS) else NAMED.sub(r"\1/*", BASES.sub("", path))


def control(access, path, body=None):
    """Send a POST if there is a body, else a GET; return the response."""
    connection = http.client.HTTPConnection(urlsplit(access["url"]).netloc, timeout=10)
    method, content = ("GET", None) if body is None else ("POST", json.dumps(body))
    connection.request(method, f"/_control/{path}", content, access["headers"])
    answer = connection.getresponse()
    shown = answer.read().decode()
    connection.close()
    if answer.status != 200:
        raise ValueError(f"The simulator refuses {path}: {shown}")
    return json.loads(shown)
