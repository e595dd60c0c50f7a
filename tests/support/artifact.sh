#!/bin/sh
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# artifact.sh FOLDER
# Installs the tarball in FOLDER in an empty environment, with the Python requirements from the installed
# collection, and runs the demo; variables of the environment have no effect.
set -eu
tarball=$(ls "$PWD/$1"/*.tar.gz)
python=$PWD/.venv/bin/python
empty=$PWD/.venv/empty
rm -rf "$empty"
mkdir -p "$empty/home"
cd "$empty"
"$python" -m venv python
HOME=$empty/home
PATH=$empty/python/bin:/usr/local/bin:/usr/bin:/bin
unset ANSIBLE_CONFIG ANSIBLE_COLLECTIONS_PATH PYTHONPATH
export HOME PATH
pip install -qq --disable-pip-version-check --no-compile ansible-core
ansible-galaxy collection install --offline "$tarball"
pip install -qq --disable-pip-version-check --no-compile \
    -r "$HOME/.ansible/collections/ansible_collections/sessionops/citrix/meta/ee-requirements.txt"
export CITRIX_ACCESS_TOKEN=the-token-of-a-real-site CITRIX_SITE_ID=x CITRIX_VALIDATE_CERTS=false
ansible-playbook sessionops.citrix.demo -e citrix_dest=. > demo.log || { cat demo.log; exit 1; }
test -s coverage.html
for text in "10 sessions: 7 started, 1 unchanged, 2 not recordable." "The report is $empty/coverage.html." \
    "Next steps"; do
    grep -F -e "$text" demo.log || { cat demo.log; exit 1; }
done
