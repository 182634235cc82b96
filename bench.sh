#!/usr/bin/env bash
# Measures the published server beside Debian's ejabberd and Prosody and a bare Kestrel, and writes docs/benchmarks.md with a plot: about an
# hour of an otherwise idle machine with two cores. Sections of the page that it does not write itself stay.
# ./bench.sh --quick takes five minutes, writes artifacts/bench/quick.md, and fails when a target that the page shows as met is missed now.
# ./bench.sh --hold holds 19,000 sessions for ten minutes and renews that section of the page. Further: --rounds N, --seconds N, --rows TEXT.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=.ci/packages.sh
. .ci/packages.sh

require_dotnet
missing=()
# Their services are not started: each server gets a configuration of its own. Not found by their programs: those are in /usr/sbin or libraries.
for package in ejabberd prosody; do dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package"); done
has_postgresql || missing+=(postgresql)
if ((${#missing[@]} > 0)); then install_packages "${missing[@]}"; fi

server=$PWD/artifacts/bench/server page=docs/benchmarks.md
if [[ " $* " == *" --quick "* ]]; then page=artifacts/bench/quick.md; fi
dotnet publish src/OrleansBosh.Server --configuration Release --output "$server" --nologo --verbosity quiet
dotnet build tests/OrleansBosh.Load --configuration Release --nologo --verbosity quiet
# As a service would have it: sessions are sockets.
ulimit -n "$(ulimit -Hn)"
exec dotnet tests/OrleansBosh.Load/bin/Release/net10.0/OrleansBosh.Load.dll bench --server "$server/OrleansBosh.Server.dll" --page "$page" "$@"
