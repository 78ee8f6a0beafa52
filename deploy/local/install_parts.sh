#!/bin/sh
# Installs, through the system's package manager, what tests and the local platform need and what is absent: engines,
# and the tools of others that must agree with us. Not root, or no apt: names them instead; their tests are then skipped
# with the reason.
set -eu

missing=""

need() { # need PACKAGE PROGRAM…: any one of the programs will do
    package=$1
    shift
    for program in "$@"; do
        if command -v "$program" >/dev/null 2>&1; then return; fi
        if [ -x "$program" ]; then return; fi
    done
    missing="$missing $package"
}

java_is_new_enough() {
    command -v java >/dev/null 2>&1 || return 1
    major=$(java -version 2>&1 | sed -n '1s/[^"]*"\([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge 17 ]
}

need chromium chromium chromium-browser google-chrome
need postgresql initdb /usr/lib/postgresql/*/bin/initdb
need maven mvn
java_is_new_enough || missing="$missing default-jre-headless"
need prometheus promtool
need nodejs node
need npm npm
need strace strace
need faketime faketime

[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Not installed, and only root with apt may install it here:$missing. Tests that need it are skipped." >&2
    exit 0
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 - a list of packages
apt-get install -y -qq --no-install-recommends $missing >/dev/null
