#!/bin/sh
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# build.sh FOLDER
# Build the documentation site of the installed collection in FOLDER/html. A warning is an error.
set -eu
here=$(dirname "$0")
rm -rf "$1"
mkdir -p "$1"
# antsibull-docs requires a directory that no other user can write to.
mkdir -m 700 "$1/rst"
antsibull-docs --config-file "$here/antsibull-docs.cfg" collection --use-current --squash-hierarchy --fail-on-error \
    --dest-dir "$1/rst" sessionops.citrix
cp -r "$here/../images" "$1/rst"
sphinx-build --quiet --fail-on-warning --keep-going --jobs auto -b html -c "$here" -d "$1/doctrees" "$1/rst" "$1/html"
