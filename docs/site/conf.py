# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx builds the documentation; `make docs` puts the pages of the plugins and the guides beside it."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path

ELSEWHERE = {
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
}
VARIABLES = (
    "ANSIBLE_CACHE_PLUGIN",
    "ANSIBLE_CACHE_PLUGIN_CONNECTION",
    "ANSIBLE_CACHE_PLUGIN_PREFIX",
    "ANSIBLE_CACHE_PLUGIN_TIMEOUT",
)
"""Variables of the environment that it refers to there."""
CONFIGURATION = "reference_appendices/config.html"
"""What the pages refer to in Ansible's own documentation: known here, so that a build needs no network."""


def inventory() -> str:
    """Write the inventory of what is elsewhere as Sphinx reads it (version 2), and return its path."""
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: \n# The rest is compressed using zlib.\n"
    entries = "".join(f"{label} std:label -1 {address} {label}\n" for label, address in ELSEWHERE.items())
    entries += "".join(f"{name} std:envvar 1 {CONFIGURATION}#envvar-{name} -\n" for name in VARIABLES)
    path = Path(tempfile.mkdtemp()) / "ansible.inv"
    path.write_bytes(head.encode() + zlib.compress(entries.encode()))
    return str(path)


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
    # Otherwise the theme advertises pages of Ansible.
    "topbar_links": {"Ansible documentation": "https://docs.ansible.com/"},
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_use_modindex = False
html_use_index = False
html_copy_source = False
