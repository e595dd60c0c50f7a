# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make only the essential calls, in parallel on one pool: a status and a start per id."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

TIMEOUT = 30

with open(sys.argv[1], encoding="utf-8") as file:
    plan = json.load(file)

session = requests.Session()
session.mount("http://", HTTPAdapter(pool_maxsize=plan["concurrency"]))
session.headers.update(
    {
        "Accept": "application/json",
        "Authorization": f"CWSAuth bearer={plan['token']}",
        "Citrix-CustomerId": plan["customer_id"],
        "Citrix-InstanceId": plan["site_id"],
    }
)


def record(session_id: str) -> None:
    answer = session.get(f"{plan['url']}/Sessions/RecordingStatus", params={"id": session_id}, timeout=TIMEOUT)
    answer.raise_for_status()
    if plan["starts"] and not answer.json()["IsSessionBeingRecorded"]:
        answer = session.post(f"{plan['url']}/Sessions/{session_id}/$startRecording", timeout=TIMEOUT)
        answer.raise_for_status()


with ThreadPoolExecutor(plan["concurrency"]) as threads:
    for _done in threads.map(record, plan["ids"]):
        pass
