# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulate the part of the AWX API (v2) that extensions/awx/setup.yml uses, on loopback.

Written from the documentation of AWX. It keeps objects in memory and runs no job. It refuses requests that AWX is
documented to refuse, and in addition any unknown field and filter.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from jinja2 import StrictUndefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

TOKEN = "the-oauth-token-of-the-fake-awx"
VERSION = "24.6.1"
FIELDS = {
    "organizations": {"name"},
    "credential_types": {"name", "description", "kind", "inputs", "injectors", "managed"},
    "credentials": {"name", "description", "organization", "credential_type", "inputs"},
    "projects": {
        "name",
        "description",
        "organization",
        "scm_type",
        "scm_url",
        "scm_update_on_launch",
        "scm_update_cache_timeout",
        "default_environment",
    },
    "execution_environments": {"name", "image"},
    "inventories": {"name", "description", "organization", "kind", "host_filter"},
    "hosts": {"name", "description", "inventory", "variables", "enabled"},
    "inventory_sources": {
        "name",
        "description",
        "inventory",
        "source",
        "source_project",
        "source_path",
        "credential",
        "overwrite",
        "overwrite_vars",
        "update_on_launch",
        "update_cache_timeout",
    },
    "job_templates": {
        "name",
        "description",
        "organization",
        "project",
        "playbook",
        "inventory",
        "job_type",
        "allow_simultaneous",
        "ask_job_type_on_launch",
        "job_slice_count",
        "ask_job_slice_count_on_launch",
        "extra_vars",
        "survey_enabled",
    },
    "schedules": {"name", "description", "unified_job_template", "rrule", "enabled"},
}
TEMPLATES = ("projects", "inventory_sources", "job_templates")
"""Kinds that AWX also lists as unified job templates."""
REFERENCES = {
    "organization": "organizations",
    "credential_type": "credential_types",
    "credential": "credentials",
    "project": "projects",
    "source_project": "projects",
    "inventory": "inventories",
    "default_environment": "execution_environments",
    "unified_job_template": "job_templates",
}
UNIQUE = {
    "credentials": ("name", "organization", "credential_type"),
    "hosts": ("name", "inventory"),
    "inventory_sources": ("name", "inventory"),
    "schedules": ("name", "unified_job_template"),
}
"""Fields that identify an object of a kind, if they are not its name and its organization."""
FIELD_KEYS = {"id", "label", "type", "help_text", "secret", "multiline", "choices", "default"}
PLAYBOOK = re.compile(r"^\s*?-?\s*?(?:hosts|(?:ansible\.builtin\.)?import_playbook):", re.MULTILINE)
ANSWERS = {"text": str, "textarea": str, "multiplechoice": str, "integer": int}


class Refused(Exception):
    """Raised for a request to which AWX responds with 400."""


class FakeAwx:
    """The server; project: the folder that every project has after its update."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.objects: dict[str, dict[int, dict]] = {kind: {} for kind in FIELDS}
        self.credentials: dict[int, list[int]] = {}
        """The surveys of the job templates."""
        self.surveys: dict[int, dict] = {}
        self.calls: list[tuple[str, str]] = []
        self._ids = count(1)
        self._lock = threading.Lock()
        self.add("organizations", {"name": "Default"})
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                with fake._lock:
                    status, answer = fake._answer(self)
                body = json.dumps(answer).encode() if answer is not None else b""
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-API-Product-Name", "AWX")
                self.send_header("X-API-Product-Version", VERSION)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = handle_any

            def log_message(self, *_arguments) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def named(self, kind: str) -> dict[str, dict]:
        """Return the objects of a kind by name, including secrets."""
        return {entry["name"]: entry for entry in self.objects[kind].values()}

    def add(self, kind: str, given: dict) -> dict:
        """Add an object and return it."""
        entry = {**given, "id": next(self._ids)}
        self.objects[kind][entry["id"]] = entry
        return entry

    def _answer(self, request: BaseHTTPRequestHandler) -> tuple[int, object]:
        length = int(request.headers.get("Content-Length") or 0)
        given = json.loads(request.rfile.read(length) or b"{}")
        target = urlsplit(request.path)
        self.calls.append((request.command, target.path))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"detail": "Authentication credentials were not provided."}
        parts = target.path.removeprefix("/api/v2/").strip("/").split("/")
        try:
            if parts[0] == "project_updates":
                return 200, {"id": int(parts[1]), "status": "successful"}
            if len(parts) == 1:
                return self._collection(request.command, parts[0], dict(parse_qsl(target.query)), given)
            kind, number = parts[0], int(parts[1])
            if number not in self.objects.get(kind, {}):
                return 404, {"detail": "Not found."}
            if len(parts) == 3:
                return self._part(request.command, number, parts[2], given)
            if request.command == "PATCH":
                self._check(kind, {**self.objects[kind][number], **given}, number)
                self.objects[kind][number].update(given)
            return 200, self._shown(kind, self.objects[kind][number])
        except Refused as error:
            return 400, {"error": str(error), "detail": str(error)}

    def _collection(self, method: str, kind: str, query: dict, given: dict) -> tuple[int, object]:
        if method == "POST":
            self._check(kind, given, None)
            return 201, self._shown(kind, self.add(kind, given))
        kinds = TEMPLATES if kind == "unified_job_templates" else (kind,)
        found = [self._shown(name, entry) for name in kinds for entry in self.objects[name].values()]
        for name, value in query.items():
            if name not in ("name", *REFERENCES):
                raise Refused(f"{kind} has no filter {name}")
            found = [entry for entry in found if str(entry.get(name)) == value]
        return 200, {"count": len(found), "next": None, "previous": None, "results": found}

    def _part(self, method: str, number: int, part: str, given: dict) -> tuple[int, object]:
        """Return or set a part of a job template that is not a field."""
        if part == "survey_spec":
            if method == "POST":
                check_survey(given)
                self.surveys[number] = given
            return 200, self.surveys.get(number, {})
        if part != "credentials":
            return 404, {"detail": "Not found."}
        held = self.credentials.setdefault(number, [])
        if method == "POST":
            if given["id"] not in self.objects["credentials"]:
                raise Refused("there is no such credential")
            held.append(given["id"])
            return 204, None
        results = [self._shown("credentials", self.objects["credentials"][one]) for one in held]
        return 200, {"count": len(results), "next": None, "previous": None, "results": results}

    def _shown(self, kind: str, entry: dict) -> dict:
        """Return an object as AWX shows it: with its address and without its secrets."""
        url = f"/api/v2/{kind}/{entry['id']}/"
        shown = {**entry, "url": url, "type": kind.removesuffix("s"), "related": {}, "summary_fields": {}}
        if kind == "job_templates":
            shown["related"]["survey_spec"] = f"{url}survey_spec/"
        if kind == "projects":
            shown.update(scm_revision="", summary_fields={"current_update": {"id": 1}})
        if kind == "credentials":
            fields = self.objects["credential_types"][entry["credential_type"]]["inputs"]["fields"]
            secrets = {field["id"] for field in fields if field.get("secret")}
            shown["inputs"] = {
                name: "$encrypted$" if name in secrets else value for name, value in entry["inputs"].items()
            }
        return shown

    def _check(self, kind: str, given: dict, number: int | None) -> None:
        unknown = set(given) - FIELDS[kind] - {"id"}
        if unknown:
            raise Refused(f"{kind} has no field {', '.join(sorted(unknown))}")
        for name, target in REFERENCES.items():
            if given.get(name) is not None and given[name] not in self.objects[target]:
                raise Refused(f"{name}: there is no {given[name]}")
        key = UNIQUE.get(kind, ("name", "organization"))
        for entry in self.objects[kind].values():
            if entry["id"] != number and all(entry.get(name) == given.get(name) for name in key):
                raise Refused(f"{kind} with this {' and '.join(key)} already exists")
        checks = {
            "credential_types": check_credential_type,
            "credentials": self._check_credential,
            "job_templates": self._check_job_template,
            "schedules": check_schedule,
        }
        if kind in checks:
            checks[kind](given)

    def _check_credential(self, given: dict) -> None:
        inputs = self.objects["credential_types"][given["credential_type"]]["inputs"]
        fields = {field["id"]: field for field in inputs["fields"]}
        for name, value in given["inputs"].items():
            if name not in fields:
                raise Refused(f"the credential type has no field {name}")
            if value not in fields[name].get("choices", [value]):
                raise Refused(f"{value} is not one of the choices of {name}")
        missing = [name for name in inputs["required"] if not given["inputs"].get(name)]
        if missing:
            raise Refused(f"required: {', '.join(missing)}")

    def _check_job_template(self, given: dict) -> None:
        path = self.project / given["playbook"]
        if not path.is_file() or not PLAYBOOK.search(path.read_text(encoding="utf-8")):
            raise Refused(f"Playbook not found for project: {given['playbook']}")
        if given["job_type"] not in ("run", "check"):
            raise Refused(f"{given['job_type']} is no job type")
        if not isinstance(json.loads(given["extra_vars"]), dict):
            raise Refused("extra_vars is no mapping")


def check_credential_type(given: dict) -> None:
    """Refuse fields that no form can show, and injectors that name an unknown field."""
    if given["kind"] not in ("cloud", "net"):
        raise Refused(f"{given['kind']} is no kind of a custom credential type")
    if set(given["inputs"]) - {"fields", "required"} or set(given["injectors"]) - {"env", "file", "extra_vars"}:
        raise Refused("inputs have fields and required, injectors have env, file and extra_vars")
    ids = []
    for field in given["inputs"]["fields"]:
        if set(field) - FIELD_KEYS or field["type"] not in ("string", "boolean") or not field["label"]:
            raise Refused(f"no such field: {field}")
        if field.get("default", "") not in field.get("choices", [field.get("default", "")]) and "default" in field:
            raise Refused(f"the default of {field['id']} is none of its choices")
        ids.append(field["id"])
    if len(set(ids)) < len(ids) or "tower" in ids or not all(re.fullmatch(r"[a-zA-Z_]\w*", name) for name in ids):
        raise Refused(f"no such ids: {ids}")
    if not set(given["inputs"]["required"]) <= set(ids):
        raise Refused("something is required that is no field")
    files = {name.partition(".")[2]: "/a/file" for name in given["injectors"].get("file", {})}
    known = {**dict.fromkeys(ids, "EXAMPLE"), "tower": {"filename": files}}
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for name, template in [pair for part in given["injectors"].values() for pair in part.items()]:
        if name.startswith("ANSIBLE_"):
            raise Refused(f"{name} is not allowed in credentials")
        try:
            sandbox.from_string(template).render(known)
        except UndefinedError as error:
            raise Refused(f"{name} uses an undefined field: {error}") from None


def check_survey(given: dict) -> None:
    """Refuse a survey that AWX could not show."""
    if not isinstance(given.get("name"), str) or not isinstance(given.get("description"), str) or not given.get("spec"):
        raise Refused("a survey has a name, a description and a spec")
    variables = [question["variable"] for question in given["spec"]]
    if len(set(variables)) < len(variables):
        raise Refused("a variable occurs twice")
    for question in given["spec"]:
        for name, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
            if not isinstance(question.get(name), kind):
                raise Refused(f"{name} is missing in {question}")
        if question["type"] not in ANSWERS:
            raise Refused(f"{question['type']} is no type of a question")
        default = question.get("default", "")
        if default != "" and not isinstance(default, ANSWERS[question["type"]]):
            raise Refused(f"the default of {question['variable']} is not of its type")
        if question["type"] == "multiplechoice" and default not in question["choices"]:
            raise Refused(f"the default of {question['variable']} is none of its choices")
        if not all(question.get(name) is None or isinstance(question[name], int) for name in ("min", "max")):
            raise Refused(f"min and max of {question['variable']} are numbers")


def check_schedule(given: dict) -> None:
    if not re.fullmatch(r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY);INTERVAL=\d+", given["rrule"]):
        raise Refused(f"no such rrule: {given['rrule']}")
