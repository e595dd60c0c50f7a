# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx settings of the documentation site; `make docs` adds guides and plugin pages."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path

ELSEWHERE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
}
VARIABLES = (
    "ANSIBLE_CACHE_PLUGIN",
    "ANSIBLE_CACHE_PLUGIN_CONNECTION",
    "ANSIBLE_CACHE_PLUGIN_PREFIX",
    "ANSIBLE_CACHE_PLUGIN_TIMEOUT",
)
"""Environment variables of Ansible that the pages refer to."""
CONFIGURATION = "reference_appendices/config.html"
"""Page of Ansible's documentation with these variables. The targets are listed here, so a build needs no network."""
HOME = Path(__file__).with_name("home.rst")
"""Overview for the index page."""
HEADINGS = {
    "\nPlugin Index\n------------\n": "\nReference\n---------\n",
    "\nRole Index\n----------\n": "\nRoles\n~~~~~\n",
}
"""Headings of the index page as antsibull-docs writes them, and as they are on the site."""
LAST = (("\nHelp\n----\n", "\n.. _plugin_index_for_"), ("\n.. _changelog_section_for_", "\nGet started\n---"))
"""Sections of the index page that follow the reference: the text that begins each, and the text after its end."""


def inventory() -> str:
    """Write a Sphinx inventory (version 2) of Ansible's documentation; return its path."""
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: \n# The rest is compressed using zlib.\n"
    entries = "".join(f"{label} std:label -1 {address} {label}\n" for label, address in ELSEWHERE.items())
    entries += "".join(f"{name} std:envvar 1 {CONFIGURATION}#envvar-{name} -\n" for name in VARIABLES)
    path = Path(tempfile.mkdtemp()) / "ansible.inv"
    path.write_bytes(head.encode() + zlib.compress(entries.encode()))
    return str(path)


def add_overview(_app, page: str, source: list[str]) -> None:
    """Insert the overview into the generated index page, before its table of contents."""
    if page == "index":
        source[0] = source[0].replace(".. contents::", f"{HOME.read_text(encoding='utf-8')}\n.. contents::", 1)
        for generated, heading in HEADINGS.items():
            source[0] = source[0].replace(generated, heading)
        for begin, end in LAST:
            before, _begin, rest = source[0].partition(begin)
            section, _end, after = rest.partition(end)
            source[0] = f"{before}{end}{after}\n{begin}{section}"


def setup(app) -> None:
    """Register the change of the index page with Sphinx."""
    app.connect("source-read", add_overview)


project = "sessionops.citrix"
copyright = "the sessionops.citrix contributors"
html_title = "sessionops.citrix"
html_short_title = "sessionops.citrix"

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest/", inventory())}
intersphinx_disabled_reftypes: list[str] = []

default_role = "any"
nitpicky = True
pygments_style = "ansible"
highlight_language = "YAML+Jinja"

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    # The theme links to pages of Ansible by default.
    "topbar_links": {"Ansible documentation": "https://docs.ansible.com/"},
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_use_modindex = False
html_use_index = False
html_copy_source = False
