# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin: hosts, groups, variables, requests and rejected options.

The command line is tested with real ansible-inventory, the rest inside this process.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass

import pytest
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import Constructable
from ansible.utils.display import Display
from ansible_collections.sessionops.citrix.plugins.module_utils._views.hosts import OPTIONS

PLUGIN = "sessionops.citrix.citrix_machines"
STRICT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}


@dataclass
class Listing:
    """Result of a file: the variables of each host, and the hosts of each group."""

    hosts: dict[str, dict]
    groups: dict[str, list[str]]


def plain(value):
    """Remove the marks from text that is not a template."""
    if isinstance(value, dict):
        if "__ansible_unsafe" in value:
            return value["__ansible_unsafe"]
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def group_name(text: str) -> str:
    """Return a text as the name of a group: ansible accepts only letters, digits and _."""
    return re.sub(r"\W", "_", text)


def secrets(simulator) -> list[str]:
    """Return the longest alphanumeric part of each secret and token: no encoding changes it."""
    used = {call["headers"].get("authorization", "").rpartition("=")[2] for call in simulator.calls()} - {""}
    known = [simulator.facts["client_secret"], simulator.facts["password"], *used]
    assert len(known) > 2
    return [max(re.findall(r"\w+", secret), key=len) for secret in known]


@pytest.fixture
def source(tmp_path, simulator):
    """Return a function that writes an inventory file and returns its path."""

    def write(file: str = "", connection: dict | None = None, **options) -> str:
        path = tmp_path / f"{file}.citrix_machines.yml"
        given = {"plugin": PLUGIN, **(simulator.cloud if connection is None else connection), **options}
        path.write_text(json.dumps(given), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def listing(inventory, source):
    """Return a function that makes hosts from these options in this process."""

    def read(connection: dict | None = None, env: dict | None = None, **options) -> Listing:
        made = inventory(source(connection=connection, **options), env)
        of_ansible = {"inventory_file", "inventory_dir"}
        hosts = {
            name: {key: value for key, value in host.vars.items() if key not in of_ansible}
            for name, host in made.hosts.items()
        }
        return Listing(hosts, {name: [host.name for host in group.hosts] for name, group in made.groups.items()})

    return read


@pytest.fixture
def listed(ansible, source):
    """Return a function that lists an inventory; it returns its hosts and the complete output."""

    def run(*arguments: str, **options) -> tuple[dict[str, dict], str]:
        done = ansible("ansible-inventory", "-i", source(**options), "--list", *arguments, env=STRICT)
        assert done.code == 0, done.output
        document = json.JSONDecoder().raw_decode(done.output[done.output.index("{\n") :])[0]
        return plain(document["_meta"]["hostvars"]), done.output

    return run


@pytest.fixture
def truth(simulator):
    """Return a function that resets the fleet and returns its machines by DNS name."""

    def machines(**settings) -> dict[str, dict]:
        simulator.reset(**settings)
        known = {machine["DnsName"]: machine for machine in simulator.get("Machines", limit=1000)["Items"]}
        simulator.reset(**settings)
        return known

    return machines


@pytest.mark.parametrize(("key", "warned"), [("name", True), ("id", False)])
def test_names_that_become_one_group_are_reported(simulator, listing, monkeypatch, key, warned):
    """--limit with that group selects the machines of both delivery groups."""
    groups = ["Office-A", "Office A", "Sales"]
    machines = [{"name": f"LAB\\vda-{number}", "delivery_group": name} for number, name in enumerate(groups)]
    simulator.fleet(delivery_groups=groups, machines=machines)
    warnings: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, text, *_args, **_more: warnings.append(text))
    made = listing(keyed_groups=[{"key": f"citrix_delivery_group.{key}", "prefix": "group"}])
    assert (len(made.groups.get("group_Office_A", ())) == 2) is warned
    expected = ["keyed_groups: Office A, Office-A become one group; use delivery_group.id as the key."]
    assert warnings == (expected if warned else [])


@pytest.mark.parametrize("deployment", ["cloud", "gov", "on_premises", "on_premises_direct"])
def test_machines_become_hosts(simulator, truth, listing, deployment):
    known = truth()
    run = listing(connection=getattr(simulator, deployment))
    assert sorted(run.hosts) == sorted(known)
    for name, variables in run.hosts.items():
        machine = known[name]
        assert variables["citrix_id"] == machine["Id"]
        assert variables["citrix_name"] == machine["Name"]
        assert variables["citrix_dns_name"] == name
        assert variables["citrix_session_count"] == machine["SessionCount"] == 10
        assert variables["citrix_delivery_group"]["name"] == machine["DeliveryGroup"]["Name"]
        assert variables["citrix_ip_address"] == machine["IPAddress"]
        assert "citrix_sessions" not in variables
    # One request for all; only data for variables is requested.
    assert simulator.kinds() == ["sign-in", "me", "Machines"]
    fields = simulator.calls()[-1]["query"]["fields"].split(",")
    assert {"Id", "Name", "DnsName", "SessionCount"} <= set(fields)
    assert len(fields) == len(set(fields)) == len(run.hosts["vda-001.lab.example"])


def test_custom_groups_and_variables(simulator, truth, listing, ansible, source):
    known = truth(machines=7)
    made = {
        "keyed_groups": [
            {"key": "citrix_delivery_group.name", "prefix": "delivery_group"},
            {"key": "citrix_machine_catalog.name", "prefix": "catalog", "separator": "__"},
            {"key": "citrix_zone.name", "prefix": "zone"},
        ],
        "compose": {"ansible_host": "citrix_ip_address", "number": "citrix_session_count + 1"},
        "groups": {"busy": "citrix_session_count > 7", "numbered": "number > 8"},
        "fields": ["DeliveryGroup", "MachineCatalog", "Zone", "SessionCount", "IPAddress"],
        "strict": True,
    }
    run = listing(**made)
    for group in ("Office Desktops", "Engineering", "Contractors"):
        own = [name for name, machine in known.items() if machine["DeliveryGroup"]["Name"] == group]
        assert sorted(run.groups[group_name(f"delivery_group_{group}")]) == sorted(own)
    single = [name for name, machine in known.items() if machine["SessionSupport"] == "SingleSession"]
    assert run.groups["catalog__Single_session_Windows"] == single
    assert sorted(run.groups["zone_Primary"]) == sorted(known)
    busy = [name for name, machine in known.items() if machine["SessionCount"] > 7]
    assert busy
    assert sorted(run.groups["busy"]) == sorted(run.groups["numbered"]) == sorted(busy)
    for name, variables in run.hosts.items():
        assert variables["ansible_host"] == known[name]["IPAddress"]
        assert variables["number"] == known[name]["SessionCount"] + 1

    graph = ansible("ansible-inventory", "-i", source(**made), "--graph", env=STRICT)
    assert graph.code == 0, graph.output
    tree = re.findall(r"@(delivery_group_[^:]+):\n((?:  \|  \|--.*\n)+)", graph.output)
    shown = {group: sorted(line.removeprefix("  |  |--") for line in lines.splitlines()) for group, lines in tree}
    assert shown == {name: sorted(hosts) for name, hosts in run.groups.items() if name.startswith("delivery_group_")}


def test_cache_prevents_requests(simulator, listing, listed, tmp_path):
    cached = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
        "sessions": True,
    }
    without = [listing(sessions=True) for _time in range(2)]
    assert simulator.counts() == {"sign-in": 2, "me": 2, "Machines": 2, "Sessions": 2}

    first, second = (listed(**cached) for _time in range(2))
    assert simulator.counts()["sign-in"] == 3
    assert second == first
    hosts, _output = first
    assert hosts == without[0].hosts == without[1].hosts

    simulator.reset(machines=3)
    assert listing(**cached).hosts == hosts
    assert simulator.calls() == []
    refreshed, _output = listed("--flush-cache", **cached)
    assert len(refreshed) == 3
    # Other options for the responses may use the cached responses.
    assert "busy" in listing(**cached, groups={"busy": "true"}).groups
    assert simulator.counts()["sign-in"] == 1
    # Other machines, another site or another account require new responses.
    assert len(listing(**cached, delivery_group=["Engineering"]).hosts) == 1
    assert len(listing(**cached, connection=simulator.on_premises).hosts) == 3
    assert simulator.counts()["sign-in"] == 3

    (file,) = (tmp_path / "cache").iterdir()
    text = file.read_text(encoding="utf-8")
    assert "vda-001" in text
    for secret in secrets(simulator):
        assert secret not in text
    file.write_text('{"machines": "not so"}', encoding="utf-8")
    assert len(listing(**cached).hosts) == 3


def test_each_filter_sent_to_server(simulator, truth, listing):
    known = truth(machines=12, sessions=100)

    def wanted(check) -> list[str]:
        return sorted(name for name, machine in known.items() if check(machine))

    office = wanted(lambda machine: machine["DeliveryGroup"]["Name"] == "Office Desktops")
    single = wanted(lambda machine: machine["SessionSupport"] == "SingleSession")
    filters = {
        "DeliveryGroup": ({"delivery_group": ["office desktops"]}, office),
        "MachineCatalog": ({"machine_catalog": ["Single-session Windows"]}, single),
        "SessionSupport": ({"session_support": "SingleSession"}, single),
        "PowerState": ({"power_state": ["Unmanaged", "Off"]}, sorted(known)),
        "RegistrationState": ({"registration_state": ["Unregistered"]}, []),
        "MachineName": ({"name": ["VDA-01?", "lab\\*-001"]}, wanted(lambda each: re.search("001|01.$", each["Name"]))),
        "SessionCount": (
            {"search_filters": [{"property": "SessionCount", "value": "9"}]},
            wanted(lambda machine: machine["SessionCount"] == 9),
        ),
    }
    for name, (options, hosts) in filters.items():
        simulator.reset(machines=12, sessions=100)
        run = listing(fields=["SessionCount"], **options)
        assert sorted(run.hosts) == hosts, name
        searches = [call for call in simulator.calls() if call["path"].endswith("/$search")]
        assert searches
        assert all(f'"{name}"' in call["body"] for call in searches)
        assert simulator.counts()["Machines"] == 0
        # Data that is requested only for a check does not become a variable.
        assert all(len(variables) == 4 for variables in run.hosts.values())
    both = listing(delivery_group=["Office Desktops", "Engineering"], name=["vda-*"], session_support="MultiSession")
    assert sorted(both.hosts) == wanted(
        lambda each: each["DeliveryGroup"]["Name"] != "Contractors" and each["SessionSupport"] == "MultiSession"
    )


def test_found_machines_checked(simulator, listing):
    simulator.reset()
    machines = simulator.get("Machines")["Items"]
    assert len(machines) == 5
    machines[0]["RegistrationState"] = "Unregistered"
    machines[1]["PowerState"] = None
    del machines[2]["RegistrationState"]
    simulator.fault({"path": r"Machines/\$search", "answer": {"status": 200, "body": {"Items": machines}}})
    options = {"registration_state": ["Registered"], "power_state": ["Unmanaged"], "name": ["*-00[1-4]"]}
    # Missing data of a machine is accepted from the search; different data is not.
    assert sorted(listing(**options).hosts) == [f"vda-00{number}.lab.example" for number in (2, 3, 4)]
    assert sorted(listing(**options, delivery_group=["Engineering"]).hosts) == ["vda-002.lab.example"]
    assert listing(**options, machine_catalog=["Single-session Windows"]).hosts == {}
    assert sorted(listing(session_support="SingleSession").hosts) == ["vda-005.lab.example"]


def test_name_without_match_reported(listed):
    hosts, output = listed(name=["vda-001", "vdi-*"], machine_catalog=["Multi-session Windows"])
    assert sorted(hosts) == ["vda-001.lab.example"]
    text = " ".join(output.split())
    assert "name: no machine matches vdi-*; check the spelling" in text
    assert text.count("no machine matches") == 1


def test_sessions_of_each_machine(simulator, truth, listing):
    known = truth(machines=4, sessions=22)
    state = simulator.state()
    run = listing(sessions=True, session_fields=["State", "UntrustedUserName"], fields=["SessionCount"])
    for variables in run.hosts.values():
        own = simulator.sessions_on(variables["citrix_name"])
        shown = {session["id"]: session["state"] for session in variables["citrix_sessions"]}
        assert shown == {session["id"]: state[session["id"]]["state"] for session in own}
        assert all(set(session) == {"id", "state", "untrusted_user_name"} for session in variables["citrix_sessions"])
    assert sum(len(variables["citrix_sessions"]) for variables in run.hosts.values()) == 22
    assert simulator.kinds() == ["sign-in", "me", "Machines", "Sessions"]

    few = listing(sessions=True, delivery_group=["Engineering"], name=["vda-002"])
    assert sorted(few.hosts) == ["vda-002.lab.example"]
    assert len(few.hosts["vda-002.lab.example"]["citrix_sessions"]) == known["vda-002.lab.example"]["SessionCount"]
    # A machine without sessions has an empty list.
    simulator.reset(machines=3, sessions=0)
    assert {tuple(variables["citrix_sessions"]) for variables in listing(sessions=True).hosts.values()} == {()}


def test_paths_of_texts_group_like_templates(simulator, listing):
    simulator.reset(machines=7)
    paths = ("citrix_delivery_group.name", "citrix_tags", "citrix_zone.missing", "citrix_zone.items", "citrix_name.0")
    keys = [
        {"key": path, "prefix": str(number), "parent_group": "in_{{ citrix_zone.name }}"}
        for number, path in enumerate(paths)
    ]
    for options in ({}, {"use_extra_vars": True}, {"hostvars_prefix": "", "fields": ["Zone"]}):
        as_paths = listing(keyed_groups=keys, compose={"copy": "citrix_delivery_group.name"}, **options)
        templates = [{**key, "key": f"({key['key']})"} for key in keys]
        as_templates = listing(keyed_groups=templates, compose={"copy": "(citrix_delivery_group.name)"}, **options)
        assert as_paths == as_templates


def test_paths_of_texts_need_no_template(simulator, listing, monkeypatch):
    """Ansible compiles each template once for each machine."""
    simulator.reset(machines=7)
    monkeypatch.setattr(Constructable, "_compose", lambda *_: pytest.fail("a template was compiled"))
    made = listing(keyed_groups=[{"key": "citrix_zone.name", "prefix": "zone"}], compose={"copy": "citrix_zone.name"})
    assert made.groups["zone_Primary"] == list(made.hosts)
    assert {variables["copy"] for variables in made.hosts.values()} == {"Primary"}


def test_hostile_names_become_hosts(simulator, truth, listing):
    known = truth(machines=8, names="hostile")
    named = listing(hostnames=["citrix_name"], keyed_groups=[{"key": "citrix_delivery_group.name"}], sessions=True)
    assert sorted(named.hosts) == sorted(machine["Name"] for machine in known.values())
    for machine in known.values():
        assert machine["Name"] in named.groups[group_name(f"_{machine['DeliveryGroup']['Name']}")]
        variables = named.hosts[machine["Name"]]
        assert variables["citrix_dns_name"] == machine["DnsName"]
        assert len(variables["citrix_sessions"]) == machine["SessionCount"]
    one = next(iter(known.values()))["DeliveryGroup"]["Name"]
    found = listing(hostnames=["citrix_name"], delivery_group=[one], name=["*Ä*", "*%41*", "*&*", "*日本*"])
    assert sorted(found.hosts) == sorted(
        machine["Name"] for machine in known.values() if machine["DeliveryGroup"]["Name"] == one
    )


TRAP = "{{ lookup('ansible.builtin.pipe', 'touch trapped') }}"
SHOWN = "{{ [inventory_hostname, citrix_description, citrix_delivery_group.name, citrix_sessions[0].user.name, copy] }}"


def trapped(simulator) -> None:
    """Return a machine and a session from the API whose names are templates."""
    simulator.reset(machines=1, sessions=1)
    machine = simulator.get("Machines")["Items"][0]
    session = simulator.get("Sessions")["Items"][0]
    name = f"LAB\\{TRAP}"
    machine.update(Name=name, DnsName=TRAP, Description=TRAP, DeliveryGroup={"Id": None, "Uid": 1, "Name": TRAP})
    session["Machine"].update(Name=name, DnsName=TRAP)
    session["User"]["Name"] = TRAP
    simulator.fault(
        {"path": "/Machines$", "answer": {"status": 200, "body": {"Items": [machine]}}},
        {"path": "/Sessions$", "answer": {"status": 200, "body": {"Items": [session]}}},
    )


def test_api_text_never_templated(simulator, source, ansible, tmp_path):
    trapped(simulator)
    path = source(
        fields=["Description", "DeliveryGroup"],
        sessions=True,
        compose={"copy": "citrix_description"},
        keyed_groups=[{"key": "citrix_delivery_group.name", "prefix": "group"}],
        hostnames=["{{ citrix_dns_name }}"],
        cache=True,
        cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(tmp_path / "cache"),
    )
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"name": "Show", "ansible.builtin.debug": {"msg": SHOWN}}]}
    playbook = tmp_path / "show.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    listed = ansible("ansible-inventory", "-i", path, "--list", env=STRICT)
    assert listed.code == 0, listed.output
    # As controllers keep an inventory: the list is the output of a script.
    document = tmp_path / "listed.json"
    document.write_text(listed.output[: listed.output.rindex("}") + 1], encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(f"#!{sys.executable}\nprint(open({str(document)!r}).read())\n", encoding="utf-8")
    script.chmod(0o755)
    # The first is from the cache.
    for inventory in (path, str(script)):
        shown = ansible("ansible-playbook", "-i", inventory, str(playbook), env=STRICT)
        assert shown.code == 0, shown.output
        assert shown.output.count(json.dumps(TRAP)) == 5, shown.output
        assert not (tmp_path / "trapped").exists()
    assert simulator.counts()["Machines"] == 2  # The template itself


def test_hostnames_by_preference(simulator, listing):
    simulator.reset()
    machines = simulator.get("Machines")["Items"]
    for machine, name in zip(machines, (None, "", "localhost", "all", "vda\n5")):
        machine["DnsName"] = name
    simulator.fault({"path": "/Machines$", "answer": {"status": 200, "body": {"Items": machines}}})
    assert sorted(listing().hosts) == [machine["Name"] for machine in machines]
    template = "{{ citrix_name | ansible.builtin.win_basename if citrix_session_count else nothing }}"
    short = listing(hostnames=["citrix_dns_name", template])
    assert sorted(short.hosts) == [f"vda-00{number}" for number in range(1, 6)]
    renamed = listing(hostvars_prefix="vda_", hostnames=["{{ citrix_name }}", "vda_id"])
    assert sorted(renamed.hosts) == sorted(machine["Id"] for machine in machines)
    assert {name.partition("_")[0] for variables in renamed.hosts.values() for name in variables} == {"vda"}


def test_invalid_options_rejected(simulator, source, ansible, tmp_path):
    secret = simulator.facts["client_secret"]
    unsent = {
        "delivery_groups: there is no such option": {"delivery_groups": ["Engineering"]},
        "client_secret: must be text, or a template": {"client_secret": [secret]},
        "client_secret: its template fails: 'nothing' is undefined": {"client_secret": "{{ nothing }}"},
        "api_url: must be text, or a template": {"api_url": "{{ [1] }}"},
        "Invalid value provided for 'int': 'soon'": {"timeout": "soon"},
        "timeout: must be from 1 to 300, not 0": {"timeout": 0},
        "Invalid value 'moon' for config 'deployment'": {"deployment": "moon"},
        "Invalid value [True] for config 'power_state'": {"power_state": [True]},
        "client_id: is missing for deployment cloud": {"client_id": None},
        **{f"{name}: is null": {name: None} for name in OPTIONS},
        "registration_state: is empty; set at least one value": {"registration_state": []},
        "power_state: is empty; set at least one value": {"power_state": []},
        "delivery_group: is empty; set at least one value": {"delivery_group": []},
        "name: contains an empty name": {"name": [" "]},
        "fields: 'Session Count' is not a field": {"fields": ["Session Count"]},
        "hostnames: 'dns_name' is neither a template nor one of citrix_dns_name": {"hostnames": ["dns_name"]},
        "hostvars_prefix: may contain only letters": {"hostvars_prefix": "citrix-"},
        "search_filters: number 1: missing required arguments: property": {"search_filters": [{"value": "1"}]},
        "search_filters: number 1 is not a dictionary": {"search_filters": ["SessionCount"]},
        "search_filters: is empty; set at least one value": {"search_filters": []},
        "sessions: often is not a boolean": {"sessions": "often"},
        "name: contains a list; set text": {"name": [["LAB\\vda-001"]]},
    }
    files = [source(str(number), **options) for number, options in enumerate(unsent.values())]
    other = tmp_path / "machines.yml"
    other.write_text(json.dumps({"plugin": PLUGIN, **simulator.cloud}), encoding="utf-8")
    sources = [argument for file in (*files, str(other)) for argument in ("-i", file)]
    done = ansible("ansible-inventory", *sources, "--list", "-vvvv")
    text = " ".join(done.output.split())
    for message in (*unsent, f"{other}' could not be verified by"):
        assert message in text, message
    assert simulator.calls() == []
    assert secret not in done.output
    assert "Traceback" not in done.output


def test_refused_requests_raise_errors(simulator, source, ansible, listing):
    secret = simulator.facts["client_secret"]
    for options, message in (
        ({"delivery_group": ["Engineering", "Absent"]}, "has no Absent; use the name shown in the console"),
        (
            {"hostnames": ["{{ citrix_name[:3] }}"]},
            "LAB\\vda-001 and LAB\\vda-002 would both have the host name LAB; put a unique name first",
        ),
        ({"hostnames": ["{{ nothing }}"], "strict": True}, "hostnames: {{ nothing }} fails: 'nothing' is undefined"),
        ({"hostnames": ["{{ nothing }}"]}, "no entry results in a usable name for LAB\\vda-001"),
        ({"connection": {**simulator.cloud, "client_secret": f"{secret}x"}}, "Could not sign in: HTTP 400"),
    ):
        with pytest.raises(AnsibleParserError, match=re.escape(message)) as refused:
            listing(**options)
        assert secret not in str(refused.value)
    token = simulator.token()
    simulator.fault(
        {"path": "tokens/clients", "answer": {"status": 200, "body": {"access_token": token, "expires_in": "3600"}}},
        {"path": "/Machines$", "answer": {"status": 403, "body": {"detail": f"No, CWSAuth bearer={token}"}}},
    )
    denied = ansible("ansible-inventory", "-i", source(), "--list", "-vvvv", env=STRICT)
    assert denied.code
    assert "Could not list the machines: HTTP 403 (No, CWSAuth bearer=***)" in denied.output
    assert "Traceback" not in denied.output
    for hidden in (secret, token):
        assert hidden not in denied.output


def test_incomplete_list_fails_inventory(simulator, source, ansible):
    simulator.reset(machines=1200, sessions=0)
    simulator.fault({"path": "/Machines$", "after": 1, "answer": {"status": 500, "body": {"detail": "Later."}}})
    # By default, ansible continues with its other sources.
    run = ansible("ansible-inventory", "-i", source(retries=0), "-i", "other.example,", "--list")
    assert run.code == 0, run.output
    assert '"other.example"' in run.output
    assert "Could not list the machines: HTTP 500 (Later.)" in run.output
    assert "vda-" not in run.output
    assert simulator.counts()["Machines"] == 2


def test_options_from_templates_vault_and_environment(simulator, ansible, listing, tmp_path):
    cloud = simulator.cloud
    plain_run = listing(connection={}, env={**simulator.environment, "CITRIX_TIMEOUT": "", "CITRIX_DEPLOYMENT": ""})
    assert len(plain_run.hosts) == 5

    key = tmp_path / "key"
    key.write_text("the key of the vault", encoding="utf-8")
    vault = ("--vault-password-file", str(key))
    locked = ansible("ansible-vault", "encrypt_string", *vault, "--name", "client_secret", "--", cloud["client_secret"])
    path = tmp_path / "locked.citrix_machines.yaml"
    templates = {"api_url": "{{ address }}", "client_id": "{{ lookup('ansible.builtin.env', 'OTHER') }}"}
    others = {"plugin": PLUGIN, "customer_id": cloud["customer_id"], **templates}
    lines = "".join(f"{name}: {json.dumps(value)}\n" for name, value in others.items())
    path.write_text(lines + locked.output[locked.output.index("client_secret:") :], encoding="utf-8")
    given = ("-e", f"address={cloud['api_url']}", *vault)
    done = ansible("ansible-inventory", "-i", str(path), "--graph", *given, env={**STRICT, "OTHER": cloud["client_id"]})
    assert done.code == 0, done.output
    assert done.output.count("lab.example") == 5
    assert simulator.counts()["sign-in"] == 2


def test_inventory_of_10000_machines(simulator, listed):
    simulator.reset(machines=10_000, sessions=20_000)
    # As AWX reads it.
    hosts, _output = listed("--export", fields=["SessionCount"])
    assert len(hosts) == 10_000
    assert sum(variables["citrix_session_count"] for variables in hosts.values()) == 20_000
    assert simulator.counts() == {"sign-in": 1, "me": 1, "Machines": 10}


def test_secrets_not_shown_at_any_verbosity(simulator, ansible, source):
    path = source(sessions=True, cache=True)
    done = ansible("ansible-inventory", "-i", path, "--list", "-vvvvv", env=STRICT)
    assert done.code == 0, done.output
    for secret in secrets(simulator):
        assert secret not in done.output
