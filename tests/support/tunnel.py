# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A forward proxy on loopback, for hosts that do not resolve."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading


class Tunnel(socketserver.ThreadingTCPServer):
    """A proxy that tunnels every CONNECT to one server, or refuses it."""

    daemon_threads = True

    def __init__(self, port: int | None) -> None:
        """port: that of the server on loopback; None to refuse."""
        self.port = port
        self.heads: list[str] = []
        """The request line and headers of each CONNECT."""
        super().__init__(("127.0.0.1", 0), TunnelHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class TunnelHandler(socketserver.BaseRequestHandler):
    """Connect a client with the server of the proxy."""

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            received = self.request.recv(1)
            if not received:
                return
            head += received
        self.server.heads.append(head.decode("latin-1"))
        if self.server.port is None:
            self.request.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", self.server.port)) as server:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            threading.Thread(target=pump, args=(self.request, server), daemon=True).start()
            pump(server, self.request)


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)
