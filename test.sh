#!/usr/bin/env bash
# Everything from a fresh Debian machine with the .NET 10 SDK to tested: installs what the tests need, builds once, runs every test project.
# Ends with one line "N passed, N failed, N skipped"; exit code 0 only if every test that ran passed and at least one ran.
# Arguments go to dotnet test, for example: ./test.sh --filter ChatPage
# ./test.sh --peers runs the black-box suite against Debian's Prosody and ejabberd instead, and writes tests/peers.tsv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

results=$PWD/artifacts/test-results
node_tests=tests/OrleansBosh.Interop.Tests/node
client=src/orleans-bosh-client

# shellcheck source=.ci/packages.sh
. .ci/packages.sh

set_up() {
  require_dotnet
  local missing=()
  has node || missing+=(nodejs)
  has npm || missing+=(npm)
  [[ -n ${CHROMIUM:-} ]] || has chromium || missing+=(chromium)
  has certutil || missing+=(libnss3-tools)
  has g++ || missing+=(g++)
  has pkg-config || missing+=(pkg-config)
  [[ -e /usr/include/gloox/gloox.h ]] || missing+=(libgloox-dev)
  has_postgresql || missing+=(postgresql)
  has nginx || missing+=(nginx)
  has haproxy || missing+=(haproxy)
  has faketime || missing+=(faketime)
  has systemd-analyze || missing+=(systemd)
  # libpurple logs in by the mechanisms of Cyrus SASL.
  [[ -e /usr/include/libpurple/purple.h ]] || missing+=(libpurple-dev libsasl2-modules)
  if ((${#missing[@]} > 0)); then install_packages "${missing[@]}"; fi

  local folder
  for folder in "$node_tests" "$client"; do
    # Again only when the lock file is newer than what it describes.
    if [[ ! $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]]; then
      (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund)
    fi
  done
}

# A number of one project's log.
counter() {
  local value
  value=$(grep -o '<Counters [^>]*' "$1" | sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p")
  echo "${value:-0}"
}

passed=0 failed=0 skipped=0

run_project() {
  local project=$1 name log code=0 total executed succeeded
  shift
  name=$(basename "$project" .csproj)
  log=$results/$name.trx
  dotnet test "$project" --configuration Release --no-build --nologo --results-directory "$results" --logger "trx;LogFileName=$name.trx" \
    --blame-hang-timeout 15m --blame-hang-dump-type none "$@" || code=$?

  total=0 executed=0 succeeded=0
  if [[ -e $log ]]; then
    total=$(counter "$log" total)
    executed=$(counter "$log" executed)
    succeeded=$(counter "$log" passed)
  fi
  passed=$((passed + succeeded))
  failed=$((failed + executed - succeeded))
  # The log counts a skipped test as not executed, and nowhere else.
  skipped=$((skipped + total - executed))
  if ((code != 0 && executed == succeeded)); then
    # The host crashed or hung, or there was nothing to run: no test says so, so the project does.
    echo "$name ended with exit code $code."
    failed=$((failed + 1))
  fi
}

# The number of one line of totals, of which TAP has some at its end.
tap_total() {
  local value
  value=$(sed -n "s/^# $2 \([0-9]*\)\$/\1/p" "$1" | tail -n 1)
  echo "${value:-0}"
}

# The tests of the JavaScript package.
run_client() {
  local log=$results/orleans-bosh-client.tap code=0 succeeded unsuccessful
  (cd "$client" && npm run --silent build && node --test --test-reporter=tap test/*.test.mjs) > "$log" || code=$?
  succeeded=$(tap_total "$log" pass)
  unsuccessful=$(($(tap_total "$log" fail) + $(tap_total "$log" cancelled)))
  if ((code != 0)); then
    cat "$log"
    # It did not compile, or ended before its totals.
    if ((unsuccessful == 0)); then unsuccessful=1; fi
  fi
  echo "orleans-bosh-client: $succeeded passed, $unsuccessful failed"
  passed=$((passed + succeeded))
  failed=$((failed + unsuccessful))
  skipped=$((skipped + $(tap_total "$log" skipped)))
}

slowest_tests() {
  echo "Slowest tests:"
  grep -hoE 'testName="[^"]*" computerName="[^"]*" duration="[^"]*"' "$results"/*.trx \
    | sed -E 's/testName="([^"]*)" .* duration="([0-9:.]{11}).*/  \2  \1/' | sort -r | sed -n 1,8p
}

# Their services are not started: peers.cs starts each with a configuration of its own, for about three minutes.
run_peers() {
  local missing=() package
  # Not by their programs: those are in /usr/sbin or libraries.
  for package in prosody ejabberd; do dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package"); done
  if ((${#missing[@]} > 0)); then install_packages "${missing[@]}"; fi
  dotnet build tests/OrleansBosh.Interop.Tests --configuration Release --nologo
  dotnet run tests/peers.cs -- "$PWD" Release
}

if [[ ${1:-} == --peers ]]; then
  run_peers
  exit
fi

set_up
rm -rf "$results"
mkdir -p "$results"
dotnet build OrleansBosh.sln --configuration Release --nologo
for project in tests/*.Tests/*.csproj; do run_project "$project" "$@"; done
# Arguments select among the tests of .NET.
if (($# == 0)); then run_client; fi
if ((passed + failed > 0)); then slowest_tests || true; fi
# A part of the tests, or another server under test, says nothing about the whole.
if (($# == 0)) && [[ -z ${BOSH_URL:-} ]]; then
  dotnet run tests/conformance.cs -- "$PWD" || {
    echo "A rule of the catalogue is not proven: see above and docs/conformance.md."
    failed=$((failed + 1))
  }
fi

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
