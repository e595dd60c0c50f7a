# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All state that a reset replaces: the settings, the sites with their fleets, the tokens."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from .access import Credentials, Tokens
from .fleet import Fleet, empty, generate
from .jobs import Jobs
from .objects import make_id
from .quota import Quota
from .settings import Settings


class Site(NamedTuple):
    """A site and its fleet."""

    id: str
    name: str
    fleet: Fleet


class State:
    """New state: the first site has the fleet, others are empty. ``scheme`` is that of the URLs."""

    def __init__(self, settings: Settings, credentials: Credentials, scheme: str) -> None:
        self.settings = settings
        self.credentials = credentials
        self.scheme = scheme
        self.jobs = Jobs()
        self.quota = Quota(settings)
        self.tokens = Tokens()
        # Signs continuation tokens, so that those from before a reset are invalid.
        self.page_key = secrets.token_bytes(16)
        # The last search and the indexes that it found: the pages of one search are requested in sequence.
        self.last_search: tuple[object, Sequence[int]] | None = None
        self.sites: list[Site] = []
        for at in range(settings.sites):
            fleet = empty(settings) if at else generate(settings)
            self.sites.append(Site(make_id("site", at), f"Simulated Site {at + 1}", fleet))

    def set_fleet(self, fleet: Fleet) -> None:
        """Replace the fleet of the first site."""
        self.sites[0] = self.sites[0]._replace(fleet=fleet)
        self.last_search = None

    @property
    def fleet(self) -> Fleet:
        """Return the only fleet that is not empty."""
        return self.sites[0].fleet

    def site(self, site_id: str) -> Site | None:
        """Return a site by its id, without regard to case."""
        return next((site for site in self.sites if site.id == site_id.lower()), None)

    def named_site(self, name: str) -> Site | None:
        """Return a site by its name, without regard to case."""
        return next((site for site in self.sites if site.name.lower() == name.lower()), None)
