# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make one call after the other, like a simple script: sign in, list by machine, start each."""

import json
import sys

import requests

TIMEOUT = 30

with open(sys.argv[1], encoding="utf-8") as file:
    plan = json.load(file)

answer = requests.post(
    f"{plan['url']}/cctrustoauth2/{plan['customer_id']}/tokens/clients",
    data={
        "grant_type": "client_credentials",
        "client_id": plan["client_id"],
        "client_secret": plan["client_secret"],
    },
    timeout=TIMEOUT,
)
answer.raise_for_status()
headers = {
    "Accept": "application/json",
    "Authorization": f"CWSAuth bearer={answer.json()['access_token']}",
    "Citrix-CustomerId": plan["customer_id"],
    "Citrix-InstanceId": plan["site_id"],
}
base = f"{plan['url']}/cvad/manage"
for machine in plan["machines"]:
    answer = requests.get(f"{base}/Machines/{machine}/Sessions", headers=headers, timeout=TIMEOUT)
    answer.raise_for_status()
    for session in answer.json()["Items"]:
        answer = requests.post(f"{base}/Sessions/{session['Id']}/$startRecording", headers=headers, timeout=TIMEOUT)
        answer.raise_for_status()
