# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relay requests to the simulator with faults of the connection, and simulate another host."""

from __future__ import annotations

import http.client
import socketserver
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

UPSTREAM_TIMEOUT = 30
OWN_HEADERS = ("content-length", "connection", "date", "server", "transfer-encoding")


@dataclass
class Asked:
    """A request as the module sent it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass
class Answered:
    """A response for the module; sent: number of bytes before the connection is closed."""

    status: int
    headers: dict[str, str]
    body: bytes
    sent: int | None = None


class Twist:
    """The changes of a relay; none by default."""

    acted = False
    """Whether a response was changed."""

    def ask(self, asked: Asked) -> str:
        """Return the target of the request to the simulator."""
        return asked.target

    def answer(self, asked: Asked, answered: Answered) -> None:
        """Change a response."""


class Relay(ThreadingHTTPServer):
    """Relay each request to a simulator, and its response after the current twist."""

    daemon_threads = True

    def __init__(self, simulator_url: str) -> None:
        self.upstream = urlsplit(simulator_url).netloc
        self.twist = Twist()
        super().__init__(("127.0.0.1", 0), _RelayHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a module that stopped waiting, which is not an error of the relay."""


class _RelayHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Relay

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing; the simulator has a log."""

    def do_GET(self) -> None:
        twist = self.server.twist
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, self.path, dict(self.headers.items()), body)
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=UPSTREAM_TIMEOUT)
        try:
            upstream.request(asked.method, twist.ask(asked), body or None, asked.headers)
            reply = upstream.getresponse()
            answered = Answered(reply.status, dict(reply.headers.items()), reply.read())
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        finally:
            upstream.close()
        came = Answered(answered.status, dict(answered.headers), answered.body, answered.sent)
        twist.answer(asked, answered)
        twist.acted = twist.acted or answered != came
        self.send_response(answered.status)
        for name, value in answered.headers.items():
            if name.lower() not in OWN_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answered.body)))
        self.end_headers()
        self.wfile.write(answered.body[: answered.sent])
        if answered.sent is not None:
            self.close_connection = True

    do_POST = do_GET


class ForeignHost(socketserver.ThreadingTCPServer):
    """A host that must receive no request; it logs requests and never responds."""

    daemon_threads = True

    def __init__(self) -> None:
        self.received: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _ForeignHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _ForeignHandler(socketserver.BaseRequestHandler):
    server: ForeignHost

    def handle(self) -> None:
        self.server.received.append(self.request.recv(65536))
