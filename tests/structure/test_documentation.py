# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeated facts are equal: options, defaults, variables, names and versions."""

from __future__ import annotations

import importlib
import json
import os
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import rules
from ansible_collections.sessionops.citrix.plugins.module_utils._client import transport
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import OPTIONS, environment_name
from ansible_collections.sessionops.citrix.plugins.module_utils._site import machines, selectors, sessions
from ansible_collections.sessionops.citrix.plugins.module_utils._views import hosts
from collection_tree import (
    COLLECTION,
    CONNECTED,
    GALAXY,
    INVENTORIES,
    MODULES,
    NAME,
    PLAYBOOKS,
    READMES,
    ROLES,
    code,
    load,
    rows,
    titled,
)
from support.guide_pages import GUIDES

SECRET = re.compile(r"(^|_)(password|passphrase|secret|token|private_key)(_(?!url$)|$)")
"""The form of the name of an option with a secret value."""
HELPERS = ("doc_fragments", "module_utils")
"""Folders of plugins/ without plugins."""
CHECKED_LATER = {"rules": rules.RULE_SPEC, "search_filters": selectors.FILTER_SPEC}
"""Suboptions of options whose items the module checks itself."""

OF_INVENTORIES = {"plugin", "hostnames", "hostvars_prefix"}
"""Options for the output, not for the requests."""
OF_ANSIBLE = {
    *("strict", "compose", "groups", "keyed_groups", "use_extra_vars", "leading_separator"),
    *("cache", "cache_plugin", "cache_timeout", "cache_connection", "cache_prefix"),
}

each_module = pytest.mark.parametrize("module", MODULES)
each_inventory = pytest.mark.parametrize("inventory", INVENTORIES)
each_role = pytest.mark.parametrize("role", ROLES)


class Built(Exception):
    """Replace an AnsibleModule, and keep its arguments."""


@pytest.fixture
def built(monkeypatch):
    """Return a function that returns the arguments of a module's AnsibleModule."""

    def stop(_self, *_unnamed, **arguments):
        raise Built(arguments)

    def build(module: str) -> dict:
        with monkeypatch.context() as patch, pytest.raises(Built) as made:
            patch.setattr(AnsibleModule, "__init__", stop)
            importlib.import_module(f"ansible_collections.{NAME}.plugins.modules.{module}").main()
        return made.value.args[0]

    return build


# Options of modules


@each_module
def test_module_options_match_documentation(module, built, documentation):
    arguments = built(module)
    doc = documentation[module]["doc"]
    compare_options(f"{module}: ", arguments["argument_spec"], doc["options"])
    shown = doc["attributes"]["check_mode"]["support"] in ("full", "partial")
    assert shown is bool(arguments.get("supports_check_mode")), f"{module}: attributes.check_mode.support differs"


def compare_options(where: str, spec: dict, documented: dict) -> None:
    assert set(spec) == set(documented), (
        f"{where}only in the argument spec: {set(spec) - set(documented)}, "
        f"only in the documentation: {set(documented) - set(spec)}; rename or add it in the other one."
    )
    for name, option in spec.items():
        assert facets(option) == facets(documented[name]), f"{where}{name}: argument spec (left), documentation"
        inner = option.get("options") or CHECKED_LATER.get(name) or {}
        compare_options(f"{where}{name}.", inner, documented[name].get("suboptions") or {})
        secret = bool(SECRET.search(name))
        assert bool(option.get("no_log")) is secret, f"{where}{name}: " + (
            "set no_log, or its value is shown." if secret else "no_log hides a value that is not secret."
        )


def facets(option: dict) -> dict:
    """Return the facts of an option in spec and documentation; JSON separates 0, 0.0 and false."""
    return {
        "type": option.get("type") or "str",
        "elements": option.get("elements"),
        "default": json.dumps(option.get("default")),
        "choices": list(option.get("choices") or []),
        "required": bool(option.get("required")),
        "aliases": sorted(option.get("aliases") or []),
    }


@each_module
def test_documented_variables_match_code(module, built, documentation, monkeypatch):
    for name in [name for name in os.environ if name.startswith("CITRIX_")]:
        monkeypatch.delenv(name)
    documented = {
        name: re.findall(r"E\((CITRIX_\w+)\)", str(option["description"]))
        for name, option in documentation[module]["doc"]["options"].items()
    }
    spec = {name: option for name, option in built(module)["argument_spec"].items() if "fallback" in option}
    naming = {name for name, variables in documented.items() if variables}
    assert naming == set(spec), f"{module}: which documented variables (left) and those read differ"
    defaults = {name: option.get("default") for name, option in spec.items()}
    for name, option in spec.items():
        for variable in documented[name]:
            other = other_value(option)
            monkeypatch.setenv(variable, str(other))
            assert taken(spec) == {**defaults, name: other}, f"{module}, {name}: {variable} is documented but not read"
            monkeypatch.setenv(variable, "")
            assert taken(spec) == defaults, f"{module}, {name}: an empty {variable} does not count as not set"


def taken(spec: dict) -> dict:
    """Return the values of options that no task sets."""
    result = ArgumentSpecValidator(spec).validate({})
    assert not result.error_messages, f"variables of the environment are rejected: {result.error_messages}"
    return result.validated_parameters


def other_value(option: dict) -> object:
    """Return a valid value of an option other than its default."""
    default = option.get("default")
    if option.get("choices"):
        return next(choice for choice in option["choices"] if choice != default)
    numbers = {"bool": not default, "int": (default or 0) + 1, "float": (default or 0) + 1.5}
    return numbers.get(option.get("type") or "str", "/from/the/environment")


@each_module
def test_module_refers_to_existing_objects(module, documentation):
    doc = documentation[module]["doc"]
    for entry in doc.get("seealso", []):
        kind = "module" if "module" in entry else entry.get("plugin_type", "")
        name = entry.get("module") or entry.get("plugin") or ""
        if name.startswith(f"{NAME}."):
            folder = "modules" if kind == "module" else kind
            file = COLLECTION / "plugins" / folder / f"{name.removeprefix(f'{NAME}.')}.py"
            assert file.exists(), f"{module}: seealso names {name}, which does not exist."


@each_module
def test_module_version_added_not_newer_than_collection(module, documentation):
    doc = documentation[module]["doc"]
    check_version_added(module, doc, doc["options"])


@each_role
def test_role_version_added_not_newer_than_collection(role):
    for name, spec in load(COLLECTION / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"].items():
        check_version_added(f"roles/{role}, {name}", spec, spec["options"])


def check_version_added(where: str, doc: dict, options: dict) -> None:
    assert doc.get("version_added"), f"{where}: add version_added."
    for name, entry in {where: doc, **options}.items():
        added = str(entry.get("version_added") or "0.0.0")
        assert number(added) <= number(GALAXY["version"]), f"{where}, {name}: version_added is after galaxy.yml's."


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_action_group_has_all_modules_in_documentation_too(documentation):
    groups = load(COLLECTION / "meta" / "runtime.yml")["action_groups"]
    assert sorted(groups["citrix"]) == CONNECTED, "meta/runtime.yml: group citrix (left), plugins/modules"
    for module in CONNECTED:
        membership = documentation[module]["doc"]["attributes"]["action_group"]["membership"]
        assert membership == [f"{NAME}.citrix"], f"{module}: attributes.action_group.membership differs"


def test_every_module_that_writes_has_action_plugin():
    """The action plugin passes the job of AWX and the guard of the control node."""
    redirects = load(COLLECTION / "meta" / "runtime.yml")["plugin_routing"]["modules"]
    modules = (COLLECTION / "plugins" / "modules").glob("*.py")
    writing = {path.stem for path in modules if "writes=True" in path.read_text(encoding="utf-8")}
    own = {path.stem for path in (COLLECTION / "plugins" / "action").glob("*.py")}
    assert writing == {*redirects, *own}


def test_code_macros_have_single_backslashes():
    """A code macro has no escapes: ansible-doc shows each backslash."""
    doubled = {
        titled(path): found
        for folder in ("plugins", "extensions")
        for path in (COLLECTION / folder).rglob("*.py")
        if (found := re.findall(r"\bC\(\w+\\\\\w+\)", path.read_text(encoding="utf-8")))
    }
    assert not doubled


# Options of inventory plugins


@each_inventory
def test_inventory_has_shared_options_of_modules(inventory, inventory_documentation, documentation):
    options = inventory_documentation[inventory]["doc"]["options"]
    shared = {name: options.get(name) for name in OPTIONS}
    assert shared == {name: documentation[CONNECTED[0]]["doc"]["options"][name] for name in OPTIONS}
    compare_options(f"{inventory}: ", OPTIONS, shared)


@each_inventory
def test_inventory_uses_documented_options(inventory, inventory_documentation):
    options = inventory_documentation[inventory]["doc"]["options"]
    own = set(options) - set(OPTIONS) - OF_ANSIBLE
    assert own == {*hosts.OPTIONS, *OF_INVENTORIES}, f"{inventory}: documented options (left) and used ones differ"
    assert set(hosts.WHOSE) <= set(OPTIONS)
    assert options["session_support"]["choices"] == list(machines.SESSION_SUPPORT)
    assert options["session_fields"]["choices"] == list(sessions.FIELDS)
    compare_options(f"{inventory}: search_filters.", selectors.FILTER_SPEC, options["search_filters"]["suboptions"])
    assert options["plugin"]["choices"] == [f"{NAME}.{inventory}"]


@each_inventory
def test_inventory_version_added_not_newer(inventory, inventory_documentation):
    doc = inventory_documentation[inventory]["doc"]
    assert number(doc["version_added"]) <= number(GALAXY["version"])


# Roles


@each_role
def test_role_defaults_match_documentation(role):
    file = COLLECTION / "roles" / role / "defaults" / "main.yml"
    defaults = (load(file) if file.exists() else None) or {}
    documented = {name: default for name, default in role_options(role).items() if default}
    real = {name: json.dumps(value) for name, value in defaults.items()}
    assert documented == real, f"roles/{role}: meta/argument_specs.yml (left) and defaults/main.yml differ"


@each_role
def test_role_readme_has_all_options(role):
    text = (COLLECTION / "roles" / role / "README.md").read_text(encoding="utf-8")
    shown = {name: code(default) for names, default in rows(text, "Variable", "Default") for name in code(names)}
    defaults = {name: json.dumps(yaml.safe_load(default[0])) if default else None for name, default in shown.items()}
    assert defaults == role_options(role), f"roles/{role}: README.md (left) and meta/argument_specs.yml differ"


def role_options(role: str) -> dict[str, str | None]:
    """Return the options of a role over all entry points: {option: default as JSON, or None}."""
    specs = load(COLLECTION / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]
    options = {name: option for spec in specs.values() for name, option in (spec.get("options") or {}).items()}
    return {name: json.dumps(option["default"]) if "default" in option else None for name, option in options.items()}


# READMEs


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_readme_names_both_commands_of_clone(command):
    assert f"`{command}`" in READMES[0].read_text(encoding="utf-8")


def test_readme_shared_options_match_documentation():
    shown = {}
    for names, variables, default in rows(READMES[0].read_text(encoding="utf-8"), "Option", "Environment", "Default"):
        for name, variable in zip(code(names), code(variables), strict=True):
            shown[name] = (variable, [json.dumps(yaml.safe_load(value)) for value in code(default)])
    real = {
        name: (environment_name(name), [json.dumps(option["default"])] if "default" in option else [])
        for name, option in OPTIONS.items()
    }
    assert shown == real, "README.md (left) and OPTIONS differ: option, variable, default"


@pytest.mark.parametrize(
    ("kind", "there"),
    [("module", MODULES), ("inventory plugin", INVENTORIES), ("role", ROLES), ("playbook", PLAYBOOKS)],
)
def test_readme_names_all_content(kind, there):
    cells = [row[0] for row in rows(READMES[0].read_text(encoding="utf-8"))]
    named = [name for cell in cells if re.match(rf"{kind}s? `", cell) for name in code(cell)]
    assert sorted(named) == there, f"README.md, table of contents: {kind}s named (left), and existing ones"


@pytest.mark.parametrize("path", [*READMES, *sorted((COLLECTION / "playbooks").rglob("*.yml"))], ids=titled)
def test_commands_name_existing_objects(path):
    text = path.read_text(encoding="utf-8")
    for command, there in (("ansible-playbook", PLAYBOOKS), ("ansible-doc", MODULES), ("-m", MODULES)):
        for name in re.findall(rf"{command} {re.escape(NAME)}\.(\w+)", text):
            assert name in there, f"{titled(path)}: {name} for {command} does not exist."


def test_architecture_has_all_steps_of_make_test():
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    joined = makefile.replace("\\\n", " ")
    lists = re.findall(r"^(?:TEST|LINT) :?= (.*)$", joined, re.MULTILINE)
    steps = set(re.findall(r"[a-z][\w.-]*", " ".join(lists)))
    page = (COLLECTION / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown = [name for [cell] in rows(page, "Step of `make`") for name in code(cell)]
    assert {name for name in shown if "*" not in name} <= steps
    assert [step for step in sorted(steps) if not any(fnmatch(step, name) for name in shown)] == []


# Versions


def test_version_same_everywhere():
    version = GALAXY["version"]
    assert transport.VERSION == version, "transport.VERSION (left) and galaxy.yml differ"
    sources = (COLLECTION / "plugins" / "module_utils").rglob("*.py")
    [place] = [path for path in sources if f'\nVERSION = "{version}"' in path.read_text(encoding="utf-8")]
    named = place.relative_to(COLLECTION).as_posix()
    assert named in (COLLECTION / "docs" / "releasing.md").read_text(encoding="utf-8"), "docs/releasing.md: first step"
    for page in [*READMES, *GUIDES]:
        archives = re.findall(r"sessionops-citrix-(\d[\d.]*\d)\.tar\.gz", page.read_text(encoding="utf-8"))
        assert set(archives) <= {version}, f"{titled(page)} (left) and galaxy.yml differ"


def test_changelog_has_version_and_no_later_one():
    version = GALAXY["version"]
    released = list(load(COLLECTION / "changelogs" / "changelog.yaml")["releases"])
    fragments = [path.stem for path in (COLLECTION / "changelogs" / "fragments").glob("*.y*ml")]
    assert version in released or fragments, "changelogs/fragments has no entry for the version in galaxy.yml."
    later = [name for name in released if number(name) > number(version)]
    assert not later, f"changelogs/changelog.yaml has releases later than the {version} of galaxy.yml: {later}"
    summaries = {name for name in fragments if re.fullmatch(r"[\d.]+", name)}
    assert summaries <= {version}, "changelogs/fragments has the summary of a version (left) that is not galaxy.yml's"


def test_changelog_names_all_content():
    releases = load(COLLECTION / "changelogs" / "changelog.yaml")["releases"]
    if GALAXY["version"] not in releases:
        return
    kinds = [release.get("modules", []) for release in releases.values()]
    for release in releases.values():
        kinds += [*release.get("plugins", {}).values(), *release.get("objects", {}).values()]
    plugins = [path for path in (COLLECTION / "plugins").glob("*/[!_]*.py") if path.parent.name not in HELPERS]
    there = {*ROLES, *(path.stem for path in plugins)}
    assert {entry["name"] for kind in kinds for entry in kind} == there, (
        "changelogs/changelog.yaml (left) and plugins/, roles/ differ; while the version in galaxy.yml is not "
        "published, run make release-notes"
    )
