# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command: start, invalid arguments, and end."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests
import trustme


@pytest.fixture
def run(script):
    """Run the command to its end."""

    def call(*arguments):
        command = [sys.executable, "-B", str(script), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    return call


@pytest.fixture(scope="module")
def authority():
    """Create a certificate authority."""
    return trustme.CA()


@pytest.fixture
def certificate(authority, tmp_path):
    """Return the arguments for https, and the file for verification."""
    issued = authority.issue_cert("127.0.0.1")
    cert, key, trust = (tmp_path / name for name in ("cert.pem", "key.pem", "ca.pem"))
    cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    authority.cert_pem.write_to_path(str(trust))
    return cert, key, trust


def is_running(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(condition, seconds=8):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def post(url, **options):
    with requests.Session() as http:
        http.trust_env = False
        return http.post(url, timeout=5, **options)


def test_introduction(start):
    result = start("--machines", "2", "--sessions", "3", "--sites", "2").connection
    names = "client_id client_secret control_token customer_id password pid site_id url username"
    assert sorted(result) == names.split()
    assert result["customer_id"] == "simulated"
    assert result["url"].startswith("http://127.0.0.1:")
    assert is_running(result["pid"])


def test_help(run):
    result = run("--help")
    assert result.returncode == 0
    for option in ("port", "machines", "mix", "names", "lifetime", "watch-pid", "daemon"):
        assert f"--{option}" in result.stdout
    assert "_control/shutdown" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--host", "0.0.0.0"], "loopback"),
        (["--host", "::"], "loopback"),
        (["--host", "192.0.2.1"], "loopback"),
        (["--host", "example.com"], "loopback"),
        (["--cert", "x.pem"], "--key"),
        (["--cert", "/nonexistent.pem", "--key", "/nonexistent.pem"], "certificate"),
        (["--daemon", "--host", "0.0.0.0"], "loopback"),
        (["--daemon", "--cert", "/nonexistent.pem", "--key", "/nonexistent.pem"], "certificate"),
        (["--machines", "0"], "machines"),
        (["--names", "odd"], "names"),
        (["--watch-pid", "-1"], "--watch-pid"),
        (["--lifetime", "0"], "lifetime"),
        (["--port", "70000"], "port"),
    ],
)
def test_invalid_arguments_rejected(run, arguments, word):
    result = run(*arguments)
    assert result.returncode != 0
    assert word in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("daemon", [[], ["--daemon"]])
def test_port_in_use(run, daemon):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("--port", str(taken.getsockname()[1]), *daemon)
    assert result.returncode == 1
    assert "Cannot listen on 127.0.0.1" in result.stderr
    assert result.stdout == ""


def test_daemon(run):
    result = json.loads(run("--daemon", "--lifetime", "60").stdout)
    assert is_running(result["pid"])
    assert os.getsid(result["pid"]) != os.getsid(0)
    streams = {os.readlink(f"/proc/{result['pid']}/fd/{number}") for number in range(3)}
    assert streams == {"/dev/null"}
    assert post(result["url"] + "/_control/shutdown").status_code == 401
    headers = {"Authorization": f"Bearer {result['control_token']}"}
    assert post(result["url"] + "/_control/shutdown", headers=headers).json() == {}
    assert wait_until(lambda: not is_running(result["pid"]))


def test_tls(start, run, certificate):
    cert, key, trust = certificate
    simulator = start("--cert", str(cert), "--key", str(key))
    assert simulator.url.startswith("https://127.0.0.1:")
    with pytest.raises(requests.exceptions.SSLError):
        simulator.sign_in_cloud()
    simulator.http.verify = str(trust)
    simulator.reset()
    ids = simulator.ids()
    assert len(ids) == 50
    accepted = simulator.post(f"/Sessions/{ids[0]}/$stopRecording", params={"async": "true"})
    assert accepted.headers["Location"].startswith(f"{simulator.url}/cvad/manage/Jobs/")
    simulator.faults({"drop": {}})
    with pytest.raises(requests.ConnectionError):
        simulator.get("/me")
    swapped = run("--cert", str(key), "--key", str(cert), "--daemon")
    assert swapped.returncode == 1
    assert "certificate" in swapped.stderr


def test_lifetime(start):
    began = time.monotonic()
    simulator = start("--lifetime", "0.4")
    assert simulator.process.wait(5) == 0
    assert time.monotonic() - began >= 0.4


def test_watched_process(start):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as watched:
        simulator = start("--watch-pid", str(watched.pid))
        assert simulator.process.poll() is None
        watched.communicate(b"\n")
    assert simulator.process.wait(5) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals(start, number):
    simulator = start()
    simulator.process.send_signal(number)
    assert simulator.process.wait(5) == 0


def test_shutdown(start):
    simulator = start()
    assert simulator.control("shutdown", {}) == {}
    assert simulator.process.wait(5) == 0


@pytest.mark.parametrize("host", ["localhost", "::1"])
def test_other_names_of_loopback(start, host):
    simulator = start("--host", host)
    simulator.reset()
    assert simulator.get("/me").status_code == 200


def worked(simulator):
    """Return the CPU time of the process in seconds, user and system."""
    fields = (
        pathlib.Path(f"/proc/{simulator.connection['pid']}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_process_serves_3000_calls_per_second(start):
    simulator = start("--sessions", "1000", "--mix", "recordable")
    simulator.reset()
    ids = simulator.ids(limit=1000)
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "x", **simulator.headers()}.items())
    calls = [
        f"{call} HTTP/1.1\r\n{head}\r\n".encode()
        for each in ids
        for call in (
            f"GET /cvad/manage/Sessions/RecordingStatus?id={each}",
            f"POST /cvad/manage/Sessions/{each}/$startRecording?notifyUser=false",
            f"GET /cvad/manage/Sessions/{each}?fields=Id,State,User,Machine",
        )
    ]
    host, _colon, port = simulator.url.partition("//")[2].partition(":")
    before = worked(simulator)
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        for call in calls:
            connection.sendall(call)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
    assert (worked(simulator) - before) / len(calls) < 1 / 3000


def test_process_starts_large_fleet_in_seconds(start):
    simulator = start("--machines", "1000", "--sessions", "100000")
    simulator.reset()
    assert worked(simulator) < 10
    assert simulator.search("Sessions", ("UserName", "Equals", "LAB\\user99999")).json()["TotalItems"] == 1
