# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of one worker: simulators, a relay before one of them, and another host."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import requests
import trustme
import urllib3
from requests.adapters import HTTPAdapter
from support.simulator_process import CONTROL_TIMEOUT, Simulator
from urllib3.util import Retry

from faults.relay import ForeignHost, Relay
from faults.runners import Forks

LIFETIME = 4 * 3600
"""Seconds; longer than any campaign."""
PLAIN, TRUSTED, EXPIRED, MISNAMED = "plain", "trusted", "expired", "misnamed"
"""The simulators: without TLS, and with a valid certificate, an expired one, and one of another host."""


class Station:
    """The servers of one worker; those for few runs are started for the first of them."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        # Control paths are called with any certificate.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.folder = folder
        self.forks = forks
        self.authority = folder / "authority.pem"
        self.foreign = ForeignHost()
        self._ca = trustme.CA()
        self._ca.cert_pem.write_to_path(self.authority)
        self._simulators = {PLAIN: Simulator("--lifetime", str(LIFETIME))}
        self.relay = Relay(self._simulators[PLAIN].url)

    def simulator(self, kind: str) -> Simulator:
        if kind not in self._simulators:
            self._simulators[kind] = self._secure(kind)
        return self._simulators[kind]

    def close(self) -> None:
        for server in (self.relay, self.foreign):
            server.shutdown()
            server.server_close()
        for simulator in self._simulators.values():
            simulator.close()

    def _secure(self, kind: str) -> Simulator:
        name = "other.test" if kind == MISNAMED else "127.0.0.1"
        ends = datetime.now(timezone.utc) - timedelta(days=1) if kind == EXPIRED else None
        issued = self._ca.issue_cert(name, not_after=ends)
        key, certificate = self.folder / f"{kind}.key", self.folder / f"{kind}.pem"
        issued.private_key_pem.write_to_path(key)
        for pem in issued.cert_chain_pems:
            pem.write_to_path(certificate, append=True)
        return Simulator("--lifetime", str(LIFETIME), "--cert", str(certificate), "--key", str(key))


def start_recordings(simulator: Simulator, session_ids: list[str]) -> None:
    """Record sessions before a run."""
    headers = simulator.call_headers()
    # A quota may already be active.
    patient = HTTPAdapter(max_retries=Retry(status_forcelist=[429], allowed_methods=None, backoff_factor=0.1))
    with requests.Session() as http:
        http.trust_env, http.verify = False, False
        http.mount(simulator.url, patient)
        for session_id in session_ids:
            url = f"{simulator.url}/cvad/manage/Sessions/{session_id}/$startRecording"
            http.post(url, headers=headers, timeout=CONTROL_TIMEOUT).raise_for_status()
