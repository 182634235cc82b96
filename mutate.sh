#!/usr/bin/env bash
# Can the tests fail? Runs Stryker.NET on the protocol engine and the reader: it breaks the code in one place at a time and asks whether
# a test notices. Not part of test.sh, for it takes long. The report is artifacts/mutation/reports/mutation-report.html.
# Arguments are names of engine files without ".cs", for example: ./mutate.sh RidWindow KeySequence. Without arguments: all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

engine=(RidWindow ReplyCache HeldRequests Outbox KeySequence ClientQueue RequestRate
  BoshSession BoshSession.Requests BoshSession.Answers BoshSession.Snapshot BoshBodyReader PayloadReader XmlScanner)
output=$PWD/artifacts/mutation

(($# > 0)) || set -- "${engine[@]}"
mutate=()
for name in "$@"; do
  if [[ -z $(find src/OrleansBosh.Protocol -name "$name.cs" -print -quit) ]]; then
    echo "OrleansBosh.Protocol has no file $name.cs." >&2
    exit 1
  fi
  mutate+=(--mutate "**/$name.cs")
done

# The random tests would cost seconds for each mutant and blame chance for survivors: few rounds, always the same ones.
export FUZZ_SECONDS=0 FUZZ_SEED=1
dotnet tool restore
rm -rf "$output"
cd tests/OrleansBosh.Protocol.Tests
dotnet stryker --project OrleansBosh.Protocol.csproj "${mutate[@]}" --output "$output" --concurrency "${MUTATE_WORKERS:-2}" \
  --reporter html --reporter json --reporter cleartext --reporter dots
