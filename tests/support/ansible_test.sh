#!/usr/bin/env bash
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ansible_test.sh NAME VENV ARGUMENTS...
# Runs the ansible-test of a virtual environment in a copy of the tree and with a HOME of its own, both under .venv/NAME.
set -euo pipefail
folder=$PWD/.venv/$1
venv=$PWD/$2
shift 2

copy=$folder/ansible_collections/sessionops/citrix
rm -rf "$folder/ansible_collections"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - | tar -xf - -C "$copy"
# Without its own repository, ansible-test uses that of the clone, which ignores this folder, and tests nothing.
git init --quiet "$copy"

# Each version of ansible-core requires the script of a different pip.
cache=$folder/home/.ansible/test/cache
mkdir -p "$cache"
for pip in 24_2 25_2; do
    cp tests/support/get_pip.py "$cache/get_pip_$pip.py"
done

# Only the Python of the virtual environment: ansible-test fails with the scripts that version managers put on PATH.
PATH=$venv/bin:$("$venv/bin/python" -c 'import sys; print(sys.base_prefix)')/bin:/usr/local/bin:/usr/bin:/bin
HOME=$folder/home
unset ANSIBLE_CONFIG ANSIBLE_COLLECTIONS_PATH
export HOME PATH PIP_NO_COMPILE=1
cd "$copy"
ansible-test "$@" 2>&1 | tee "$folder/log"
! grep -q "All targets skipped" "$folder/log"
