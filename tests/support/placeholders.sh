#!/bin/sh
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# List the places to edit before publication, and fail if there are any: addresses on the domain reserved for examples,
# the contact for vulnerabilities and the sentences that announce them. docs/releasing.md explains each.
set -eu
cd "$(dirname "$0")/../.."
if git grep -nIE 'git\.example\.com/(sessionops|\{namespace\})|security@git\.example\.com|not published yet' -- \
    . ':!docs/releasing.md' ':!tests'; then
    echo "Replace these placeholders before publication; see docs/releasing.md." >&2
    exit 1
fi
