# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only return as many entries as citrix_session_recording would, to measure ansible itself."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


def entry(number: int) -> dict:
    """Return the entry of a session that needed no change."""
    return {
        "id": f"3cfab8ca-9651-5900-9dc2-{number:012d}",
        "user": f"LAB\\user{number:03d}",
        "machine": f"LAB\\vda-{number // 100:03d}",
        "delivery_group": "Office Desktops",
        "session_state": "Active",
        "changed": False,
        "result": "unchanged",
        "reason": None,
        "transaction_id": None,
        "stop_at": None,
        "recorded_before": False,
        "recorded": False,
        "notify_user": None,
    }


def main():
    module = AnsibleModule(argument_spec={"entries": {"type": "int", "required": True}}, supports_check_mode=True)
    module.exit_json(changed=False, sessions=[entry(number) for number in range(module.params["entries"])])


if __name__ == "__main__":
    main()
