# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare logged calls with the OpenAPI file: by openapi-core, and here what it ignores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import yaml
from openapi_core import OpenAPI
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.testing import MockRequest, MockResponse

FILE = Path(__file__).with_name("citrix-openapi.yaml")
# Any host: the servers of the file are paths.
HOST = "https://host.example"
FORM = "application/x-www-form-urlencoded"
METHODS = ("get", "post", "delete")


class Operation(NamedTuple):
    """One operation of the file, and the names declared for it."""

    id: str
    method: str
    path: str
    servers: list[str]
    query: list[str]
    headers: list[str]
    """In lower case."""
    bodies: dict[str, list[str]]
    """The members of each type of body."""
    fields: list[str]
    """The properties of the response, or of each item if it is a list."""
    statuses: list[str]


class Found(NamedTuple):
    """A logged call in the terms of the file."""

    operation: Operation
    request: MockRequest
    ids: dict[str, str]
    """The ids in the base of the path."""


class Contract:
    """The OpenAPI file. A call is an entry of the simulator's log, with its response."""

    def __init__(self) -> None:
        self._spec = yaml.safe_load(FILE.read_text(encoding="utf-8"))
        # This also validates the file itself.
        self._openapi = OpenAPI.from_dict(self._spec)
        self._find = cache(APICallPathFinder(self._openapi.spec).find)
        self.operations = {operation.id: operation for operation in self._read()}

    def find(self, call: dict) -> Found:
        """Return the operation of a call; PathError if there is none."""
        url = HOST + call["path"]
        found = self._find(call["method"].lower(), url)
        request = MockRequest(
            HOST,
            call["method"],
            call["path"],
            args=call["query"],
            # The file describes decoded variables of a path.
            view_args={name: unquote(value) for name, value in found.path_result.variables.items()},
            headers=call["headers"],
            data=call["body"].encode(),
            content_type=call["headers"].get("content-type", ""),
        )
        operation = self.operations[found.operation["operationId"]]
        return Found(operation, request, found.server_result.variables)

    def status_of(self, call: dict) -> str:
        """Return the status that the file has for the response to a call."""
        return str(call["status"]) if str(call["status"]) in self.find(call).operation.statuses else "default"

    def faults(self, call: dict) -> list[str]:
        """Return the differences between a call with its response and the file."""
        return [*self.request_faults(call), *self.answer_faults(call)]

    def request_faults(self, call: dict) -> list[str]:
        """Return the differences between a request and the file."""
        try:
            operation, request, ids = self.find(call)
        except PathError as error:
            return [str(error)]
        faults = [_explain(error) for error in self._openapi.iter_request_errors(request)]
        # openapi-core checks declared parameters only, not additional ones.
        own_headers = [name for name in call["headers"] if name.startswith("citrix-")]
        faults += _undeclared("query parameter", call["query"], operation.query)
        faults += _undeclared("header", own_headers, operation.headers)
        if FORM in operation.bodies:
            members = dict(parse_qsl(call["body"], keep_blank_values=True))
            faults += _undeclared("form field", members, operation.bodies[FORM])
        if call["body"] and not operation.bodies:
            faults.append("a body is sent where none is declared")
        faults += _undeclared("property in fields", _fields(call), operation.fields)
        for name, header in (("customerId", "citrix-customerid"), ("siteId", "citrix-instanceid")):
            if name in ids and ids[name] != call["headers"].get(header):
                faults.append(f"{header} is not the {name} of the path")
        return faults

    def answer_faults(self, call: dict) -> list[str]:
        """Return the differences between a response and the file; none for HTML of a gateway."""
        answer = call["answer"]
        if answer is None or answer["headers"].get("content-type", "").startswith("text/html"):
            return []
        try:
            request = self.find(call).request
        except PathError as error:
            return [str(error)]
        response = MockResponse(
            answer["body"].encode(), call["status"], answer["headers"], answer["headers"].get("content-type", "")
        )
        errors = self._openapi.iter_response_errors(request, response)
        faults = [_explain(error) for error in errors if not (_fields(call) and _is_thin(error))]
        if call["status"] == 200 and not faults:
            body = json.loads(answer["body"])
            for item in body.get("Items", [body]):
                faults += [f"{name} was requested and is missing" for name in _fields(call) if name not in item]
        return faults

    def _read(self) -> Iterator[Operation]:
        for path, item in self._spec["paths"].items():
            for method in [method for method in METHODS if method in item]:
                operation = item[method]
                parameters = [
                    self._resolve(entry) for entry in [*item.get("parameters", []), *operation.get("parameters", [])]
                ]
                bodies = self._resolve(operation.get("requestBody", {})).get("content", {})
                yield Operation(
                    id=operation["operationId"],
                    method=method.upper(),
                    path=path,
                    servers=[server["url"] for server in item.get("servers", self._spec["servers"])],
                    query=[entry["name"] for entry in parameters if entry["in"] == "query"],
                    headers=[entry["name"].lower() for entry in parameters if entry["in"] == "header"],
                    bodies={kind: list(content["schema"]["properties"]) for kind, content in bodies.items()},
                    fields=list(self._answered(operation)),
                    statuses=list(operation["responses"]),
                )

    def _answered(self, operation: dict) -> Iterable[str]:
        """Return the properties of the response to an operation."""
        if "200" not in operation["responses"]:
            return []
        content = self._resolve(operation["responses"]["200"])["content"]["application/json"]
        properties = self._resolve(content["schema"]).get("properties", {})
        return self._resolve(properties["Items"]["items"])["properties"] if "Items" in properties else properties

    def _resolve(self, node: dict) -> dict:
        while "$ref" in node:
            target: Any = self._spec
            for name in node["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            node = target
        return node


def _fields(call: dict) -> list[str]:
    return [name for name in call["query"].get("fields", "").split(",") if name]


def _is_thin(error: Exception) -> bool:
    """Return whether only required members are missing, as in a response with fields."""
    errors = getattr(error.__cause__, "schema_errors", ())
    return bool(errors) and all(each.validator == "required" and not each.absolute_path for each in errors)


def _undeclared(kind: str, sent: Iterable[str], declared: Iterable[str]) -> list[str]:
    return [f"undeclared {kind}: {name}" for name in sent if name not in declared]


def _explain(error: Exception) -> str:
    """Return the places of an error: the text of openapi-core has the whole body instead."""
    cause = error.__cause__
    errors = getattr(cause, "schema_errors", ())
    # If none of several schemas matches, their own errors have more details.
    places = [f"{leaf.json_path}: {leaf.message[:200]}" for outer in errors for leaf in outer.context or [outer]]
    what, _value, _body = str(error).partition(": Value ")
    return f"{what} ({'; '.join(places) or cause})" if cause else what
