# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the Citrix DaaS / Citrix Virtual Apps and Desktops REST API, standard library only.

How a request travels, from the outside in; a folder imports from those below it, and never from the door:

``process``, ``application``   the door: port, TLS, signals, end of life; the control paths (``control``), or else
``exchange``    call log (``call_log``), quota, fault rules, and then the operation
``operations``  which operation a method and a path mean (``routes``), and the operations
``shapes``      the documented JSON of a site, a machine, a delivery group, an application, a session, a user, a job
``faults``      which requests a rule matches (``rules``), and what it does to them (``effects``, ``twist``)
``world``       all that a reset replaces: the fleet, tokens, jobs, the quota
``http``        one connection (``connection``, ``wire``), requests and replies (``message``), paths (``addresses``)

To add an operation: write it beside its kind in ``operations``, and give it a line in ``routes.ROUTES``.
"""
