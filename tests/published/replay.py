# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replay published responses at the paths of their operations, and log the requests."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

SAMPLES = Path(__file__).with_name("samples")


class Sent(NamedTuple):
    """One received request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    body: str


class Response(NamedTuple):
    """One response to replay."""

    status: int
    headers: dict[str, str]
    content: bytes


def sample(name: str, **changes: Any) -> Response:
    """Return a published response; changes replace members of its body."""
    written = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    if "body_of" in written:
        return sample(written["body_of"], **changes)
    headers = {header: value for header, value in written["headers"].items() if header.lower() != "content-length"}
    if "body" in written:
        return Response(written["status"], headers, json.dumps({**written["body"], **changes}).encode())
    return Response(written["status"], headers, written.get("text", "").encode())


def made(body: Any, status: int = 200) -> Response:
    """Return a response that is not published and that a play requires."""
    return Response(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body).encode())


class Replay:
    """Return the responses of a route in turn and repeat the last one; 599 for other paths."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self._routes: dict[str, list[Response]] = {}
        self._lock = Lock()
        replay = self

        class Handler(BaseHTTPRequestHandler):
            """Pass each request to the replay."""

            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                response = replay.answer(Sent(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body))
                self.send_response_only(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(response.content)))
                self.end_headers()
                self.wfile.write(response.content)

            do_GET = do_POST = do_DELETE = handle_any

            def log_message(self, *_given: Any) -> None:
                """Log nothing to the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def on(self, route: str, *responses: Response) -> None:
        """Serve responses at a route, written as "METHOD /path"."""
        self._routes[route] = list(responses)

    def answer(self, sent: Sent) -> Response:
        with self._lock:
            self.sent.append(sent)
            left = self._routes.get(f"{sent.method} {sent.path}", [made({"detail": "No sample is here."}, 599)])
            return left.pop(0) if len(left) > 1 else left[0]

    def paths(self) -> list[str]:
        """Return the requests so far as "METHOD last part of the path"."""
        return [f"{each.method} {each.path.rpartition('/')[2]}" for each in self.sent]
