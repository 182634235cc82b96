#!/usr/bin/env bash
# Everything from a fresh Debian machine with the .NET 10 SDK to tested: installs what the tests need, builds once, runs every test project.
# Ends with one line "N passed, N failed, N skipped"; exit code 0 only if every test that ran passed and at least one ran.
# Arguments go to dotnet test, for example: ./test.sh --filter ChatPage
# ./test.sh --peers runs the black-box suite against Debian's Prosody and ejabberd instead, and writes tests/peers.tsv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

results=$PWD/artifacts/test-results
node_tests=tests/OrleansBosh.Interop.Tests/node

has() { command -v "$1" > /dev/null 2>&1; }

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Only what is missing; a package that brings a service must not start it.
install_packages() (
  local packages=("$@") policy=/usr/sbin/policy-rc.d kept=
  # shellcheck disable=SC2317 # the trap calls it
  restore_policy() {
    as_root rm -f "$policy"
    if [[ -n $kept ]]; then as_root mv "$kept" "$policy"; fi
  }
  if [[ -e $policy ]]; then
    kept=$policy.kept-by-test-sh
    as_root mv "$policy" "$kept"
  fi
  trap restore_policy EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" > /dev/null
  as_root chmod 755 "$policy"
  echo "Installing ${packages[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" > /dev/null
)

set_up() {
  has dotnet || {
    echo "The .NET 10 SDK is missing: dotnet is not on the PATH." >&2
    exit 1
  }
  local missing=()
  has node || missing+=(nodejs)
  has npm || missing+=(npm)
  [[ -n ${CHROMIUM:-} ]] || has chromium || missing+=(chromium)
  if ((${#missing[@]} > 0)); then install_packages "${missing[@]}"; fi

  # Again only when the lock file is newer than what it describes.
  if [[ ! $node_tests/node_modules/.package-lock.json -nt $node_tests/package-lock.json ]]; then
    (cd "$node_tests" && npm ci --ignore-scripts --no-audit --no-fund)
  fi
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
if ((passed + failed > 0)); then slowest_tests || true; fi
dotnet run tests/conformance.cs -- "$PWD" "$PWD/artifacts/conformance.md" || {
  echo "The conformance page could not be written."
  failed=$((failed + 1))
}

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
