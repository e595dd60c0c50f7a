# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the Citrix DaaS / Citrix Virtual Apps and Desktops REST API, standard library only.

How a request travels, from the outside in:

``serving``     process: binds the port, TLS, signals, end of life (``daemon`` detaches it from the terminal)
``server``      one connection: reads requests (``wire``), times the answers, closes
``simulator``   the control paths (``control``), or else ``exchange``:
``exchange``    call log (``calls``), quota (``quota``, ``meters``), fault rules (``faults``, ``effects``, ``twist``)
``routes``      which operation a method and a path (``addresses``) mean; header, token rules (``access``, ``signin``)
``sites``, ``machines``, ``groups``, ``applications``, ``sessions``, ``recording``   the operations
``batch``       many of them in one call (``batch_items``), each through ``exchange`` again
``job_operations``   what goes on after its call was answered (``jobs``); ``runs`` does things in their time
``paging``, ``search``   what lists have in common
``shape_*``     the documented JSON of a site, a machine, a delivery group, an application, a session, a user, a job
``fleet``       machines and sessions as compact records (``names``: how they are called); ``world`` holds all that a
                reset replaces

To add an operation: write it beside its kind, and give it a line in ``routes.ROUTES``.
"""
