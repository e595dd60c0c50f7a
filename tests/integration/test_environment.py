# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unusable proxies, credentials and limits in the environment are reported without secrets."""

from __future__ import annotations

import resource
import time

import pytest

TASK = [{"sessionops.citrix.citrix_site_info": {}}]
CLOUD = {"customer_id": "example0cust", "client_id": "the-client", "client_secret": "its-secret"}
PROXIES = [
    "http://user:s3cret#1@proxy.example.com:3128",
    "http://user:s3cret/1@proxy.example.com:3128",
    "http://user:s3cret?1@proxy.example.com:3128",
    "user:s3cret#1@proxy.example.com",
    "http://user:s3cret@",
    "http://user:s3cret@proxy.example.com:port",
    "http://user:s3cret@proxy.example.com:0",
    "http://user:s3cret@[::1",
    "http://user:s3cret@two words",
    "://s3cret",
    "s3cret://proxy.example.com",
    "socks5://user:s3cret@proxy.example.com:1080",
]


def assert_named(done, name: str) -> None:
    assert done.code != 0
    assert name in done.output
    assert "s3cret" not in done.output


@pytest.mark.parametrize("proxy", PROXIES)
def test_unusable_proxy_named_at_once(modules, proxy):
    for name in ("HTTPS_PROXY", "all_proxy"):
        begun = time.monotonic()
        done = modules(TASK, connection=CLOUD, env={name: proxy})
        assert time.monotonic() - begun < 2
        assert done.result["msg"].startswith(f"{name}: ")
        assert_named(done, name)


def test_play_with_malformed_proxy_hides_its_password(play):
    done = play(TASK, connection=CLOUD, env={"HTTPS_PROXY": PROXIES[0]})
    assert_named(done, "HTTPS_PROXY: is not the URL of a proxy")


def test_malformed_proxy_not_used_for_loopback_and_exceptions(simulator, modules):
    done = modules(TASK, connection=simulator.cloud, env={"HTTP_PROXY": PROXIES[0], "HTTPS_PROXY": PROXIES[0]})
    assert done.code == 0, done.output


SECRETS = ["s3cret\n", "s3cret\r\n", "\ns3cret", "s3\u2028cret", "s3\x00cret", "s3cret\x7f"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(("pair", "name"), [("cloud", "client_secret"), ("on_premises", "password")])
def test_secret_with_control_character_rejected_unsent(simulator, modules, pair, name, secret):
    connection = {**getattr(simulator, pair), name: secret}
    done = modules(TASK, connection=connection)
    assert_named(done, f"{name}: contains a line break")
    del connection[name]
    done = modules(TASK, connection=connection, env={f"CITRIX_{name.upper()}": secret.replace("\0", "\1")})
    assert_named(done, f"{name}: contains a line break")
    assert simulator.calls() == []


@pytest.mark.parametrize("name", ["reason", "audit_log", "customer_id", "api_url", "username", "client_secret"])
def test_variable_not_in_utf8_rejected_unsent(simulator, modules, name):
    connection = {option: value for option, value in simulator.cloud.items() if option != name}
    task = {"sessionops.citrix.citrix_session_recording": {"state": "started", "all_sessions": True}}
    done = modules([task], connection=connection, env={f"CITRIX_{name.upper()}": "/caf\udce9"})
    assert_named(done, f"{name}: is not text in UTF-8")
    # Ansible refuses results with such text.
    assert "\\udce9" not in done.output
    assert simulator.calls() == []


def test_username_with_escaped_backslash_rejected_unsent(simulator, play, tmp_path):
    connection = simulator.on_premises
    done = play(TASK, connection={**connection, "username": "LAB\administrator"})
    assert_named(done, "username: contains a line break or another control character")
    assert "double each backslash" in " ".join(done.output.split())
    secret = tmp_path / "secret"
    secret.write_text(connection["password"] + "\n", encoding="utf-8")
    template = f"{{{{ lookup('ansible.builtin.file', '{secret}', rstrip=false) }}}}"
    done = play(TASK, connection={**connection, "password": template})
    assert_named(done, "password: contains a line break")
    assert connection["password"] not in done.output
    assert simulator.calls() == []


@pytest.mark.parametrize(
    ("limit", "connections", "code"), [(64, 10, 0), (64, 100, 1), (139, 100, 1), (140, 100, 0), (-1, 100, 0)]
)
def test_low_limit_of_open_files_rejected_unsent(simulator, modules, monkeypatch, limit, connections, code):
    """A task that cannot open another file could not even return its result."""
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (limit, -1))
    done = modules(TASK, connection={**simulator.cloud, "max_concurrency": connections})
    assert done.code == code, done.output
    if code:
        assert f"max_concurrency: 100 connections need 140 open files, and the host permits {limit}" in done.output
        assert simulator.calls() == []
