# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulate the Citrix DaaS / CVAD REST API with the standard library only.

A request passes these parts from top to bottom. A folder imports only from folders below it:

``process``, ``application``   port, TLS, signals, lifetime; the control paths (``control``), or else
``exchange``    call log (``call_log``), quota, fault rules, then the operation
``operations``  find the operation of a method and a path (``routes``), and the operations
``shapes``      the documented JSON of a site, a machine, a delivery group, an application, a session, a user, a job
``faults``      match requests with rules (``rules``), and apply their effects (``effects``, ``twist``)
``state``       the state that a reset replaces: the fleet, tokens, jobs, the quota
``http``        one connection (``connection``, ``wire``), requests and replies (``message``), paths (``addresses``)

To add an operation, write it in the file of its resource in ``operations``, and add a line to ``routes.ROUTES``.
"""
