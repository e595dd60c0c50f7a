#!/usr/bin/env python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the simulator of the Citrix DaaS / CVAD REST API on loopback from the command line."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import shlex
import sys
from typing import Any

# Python omits this path if PYTHONSAFEPATH is set.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from citrix_sim.process import Options, Ready, StartError, address_of, launch, serve
from citrix_sim.state.directory import DIRECTORIES
from citrix_sim.state.names import NAMES
from citrix_sim.state.settings import MIXES, Settings, changed

_DESCRIPTION = """\
Simulate the Citrix DaaS / Citrix Virtual Apps and Desktops REST API, on this machine only.
Prints one line of JSON when it is ready: its URL, its process id, and the credentials it accepts.
The control paths require the control_token."""

_EPILOG = """\
It stops after --lifetime, with the process --watch-pid, on Ctrl-C or SIGTERM, or after
  curl -X POST -H "Authorization: Bearer CONTROL_TOKEN" URL/_control/shutdown
Fault rules, call log and actual state are below URL/_control/; see the README of the role."""


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError("must be more than 0 seconds")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("must be from 0 to 65535")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    defaults = Settings()
    server = parser.add_argument_group("server")
    server.add_argument("--host", default="127.0.0.1", help="loopback address to serve on (default: %(default)s)")
    server.add_argument("--port", type=_port, default=0, help="port; 0 selects a free one (default: %(default)s)")
    server.add_argument("--cert", default="", metavar="FILE", help="PEM certificate (chain) for https; requires --key")
    server.add_argument("--key", default="", metavar="FILE", help="PEM private key of the certificate")
    site = parser.add_argument_group("site")
    site.add_argument("--machines", type=int, default=defaults.machines, help="machines (default: %(default)s)")
    site.add_argument("--sessions", type=int, default=defaults.sessions, help="user sessions (default: %(default)s)")
    site.add_argument(
        "--mix",
        choices=MIXES,
        default=defaults.mix,
        help="mixed: also disconnected, RDP, anonymous, recorded; recordable: only active HDX (default: %(default)s)",
    )
    site.add_argument(
        "--names",
        choices=NAMES,
        default=defaults.names,
        help="folders: delivery groups and applications with the same name in several folders; "
        "hostile: names that must be quoted, folders, letters of several alphabets (default: %(default)s)",
    )
    site.add_argument(
        "--directory",
        choices=DIRECTORIES,
        default=defaults.directory,
        help="entra: users and machines without a domain; hybrid: both, with missing values and duplicates "
        "(default: %(default)s)",
    )
    site.add_argument(
        "--sites",
        type=int,
        default=defaults.sites,
        help="sites; all except the first are empty (default: %(default)s)",
    )
    lifetime = parser.add_argument_group("lifetime")
    lifetime.add_argument(
        "--lifetime", type=_seconds, default=3600, metavar="SECONDS", help="stop after this time (default: %(default)s)"
    )
    lifetime.add_argument("--watch-pid", type=int, default=0, metavar="PID", help="stop when this process ends")
    lifetime.add_argument("--daemon", action="store_true", help="run in the background; return when it is ready")
    return parser


def _options(arguments: argparse.Namespace) -> Options:
    if bool(arguments.cert) != bool(arguments.key):
        raise StartError("--cert requires --key, and --key requires --cert.")
    if arguments.watch_pid < 0:
        raise StartError("--watch-pid must be a process id, or 0 for none.")
    address_of(arguments.host)
    given = vars(arguments)
    try:
        settings = changed(Settings(), {name: given[name] for name in Settings._fields if name in given})
    except ValueError as problem:
        raise StartError(str(problem)) from problem
    return Options(settings=settings, **{name: given[name] for name in Options._fields if name != "settings"})


def _introduce(connection: dict[str, Any]) -> None:
    """Print a line for programs to stdout and, on a terminal, lines for users to stderr."""
    print(json.dumps(connection), flush=True)
    if not sys.stdout.isatty():
        return
    exports = {
        "CITRIX_DEPLOYMENT": "cloud",
        "CITRIX_API_URL": connection["url"],
        "CITRIX_CUSTOMER_ID": connection["customer_id"],
        "CITRIX_CLIENT_ID": connection["client_id"],
        "CITRIX_CLIENT_SECRET": connection["client_secret"],
        "CONTROL_TOKEN": connection["control_token"],
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    print("\n".join(["", *lines, "", "Stop it with Ctrl-C."]), file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return 0 after a regular end, 1 if the simulator cannot start."""
    arguments = _parser().parse_args(argv)

    def run(ready: Ready) -> None:
        asyncio.run(serve(options, ready))

    try:
        options = _options(arguments)
        if arguments.daemon:
            print(json.dumps(launch(run)), flush=True)
        else:
            run(_introduce)
    except StartError as problem:
        print(f"{os.path.basename(sys.argv[0])}: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
