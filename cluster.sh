#!/usr/bin/env bash
# A cluster on this machine in one command: PostgreSQL and three nodes on 127.0.0.1, 127.0.0.2 and 127.0.0.3, until Ctrl+C.
# Arguments: the number of nodes, and --port PORT, for example: ./cluster.sh 5 --port 5290
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=.ci/packages.sh
. .ci/packages.sh

require_dotnet
has_postgresql || install_packages postgresql
echo "Building …"
for project in src/OrleansBosh.Server tests/OrleansBosh.Load; do
  output=$(dotnet build "$project" --configuration Release --nologo --verbosity quiet) || {
    echo "$output" >&2
    exit 1
  }
done
# A node that was declared dead ends itself; its core would be of no use.
ulimit -c 0
exec dotnet tests/OrleansBosh.Load/bin/Release/net10.0/OrleansBosh.Load.dll cluster "$@"
