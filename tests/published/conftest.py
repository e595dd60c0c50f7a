# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replay server for each test, and modules that run against it."""

from __future__ import annotations

import pytest
from integration.conftest import ansible, modules, play
from published.replay import Replay, made, sample

__all__ = ["ansible", "modules", "play"]

CUSTOMER = "loy6oujtu6a4"
SITE = "3061173e-5a6b-4c7d-8e9f-0a1b2c3d4e5f"
SESSION = "313b84bb-2b66-4393-ad7b-3e08dccb4fd0"
MACHINE = "XF4B5\\W2K22-VDA"
ON_MACHINE = "Machines/XF4B5%7CW2K22-VDA/Sessions"
NOT_RECORDED = made({"IsSessionBeingRecorded": False})


class Site(Replay):
    """A replay with the sign-ins and the account of one site in the cloud."""

    def __init__(self) -> None:
        super().__init__()
        self.on(f"POST /cctrustoauth2/{CUSTOMER}/tokens/clients", sample("oauth_200"))
        self.on(f"POST /{CUSTOMER}/tokens/clients", sample("trust_200_sdk"))
        self.on("POST /cvad/manage/Tokens", sample("tokens_onprem_schema"))
        self.api("GET", "me", sample("me_2020"))

    def api(self, method, path, *responses):
        """Serve responses at a path of the API, below each of its base paths."""
        self.on(f"{method} /cvad/manage/{path}", *responses)
        ids = "" if path == "me" else f"{CUSTOMER}/" if path.startswith("Sites") else f"{CUSTOMER}/{SITE}/"
        self.on(f"{method} /citrix/orchestration/api/{ids}{path}", *responses)

    @property
    def cloud(self):
        account = {"client_id": "client1", "client_secret": "fake-secret-0123456789"}
        return {"api_url": self.url, "customer_id": CUSTOMER, "retries": 0, **account}

    @property
    def gov(self):
        return {**self.cloud, "deployment": "gov"}

    @property
    def on_premises(self):
        account = {"username": "EXAMPLE\\admin01", "password": "fake-password-0123456789"}
        return {"deployment": "on_premises", "api_url": self.url, "retries": 0, **account}


@pytest.fixture
def site():
    replay = Site()
    yield replay
    replay.close()


@pytest.fixture
def run(site, modules):
    """Return a function that runs a module and returns its result, also if it fails."""

    def run_module(name, connection=None, env=None, **options):
        task = {f"sessionops.citrix.{name}": options, "ignore_errors": True}
        return modules([task], connection=connection or site.cloud, env=env).result

    return run_module
