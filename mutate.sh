#!/usr/bin/env bash
# Can the tests fail? Runs Stryker.NET on the protocol engine and the reader: it breaks the code in one place at a time and asks whether
# a test notices. Not part of test.sh, for it takes long (minutes a file). The report is artifacts/mutation/reports/mutation-report.html, the
# scores in per cent are kept in tests/mutation.tsv.
# Arguments are names of engine files without ".cs", for example: ./mutate.sh RidWindow KeySequence. Without arguments: all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

engine=(RidWindow ReplyCache HeldRequests Outbox KeySequence ClientQueue RequestRate
  BoshSession BoshSession.Requests BoshSession.Answers BoshSession.Ends BoshSession.Time BoshSession.Snapshot BoshBodyReader PayloadReader XmlScanner)
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

# The random tests would cost seconds for each mutant and blame chance for survivors, so stryker-config.json leaves them out; texts for the
# debug log and what is given back to a pool are nothing that a test should notice.
dotnet tool restore
rm -rf "$output"
(
  cd tests/OrleansBosh.Protocol.Tests
  dotnet stryker "${mutate[@]}" --output "$output" --concurrency "${MUTATE_WORKERS:-2}"
)
dotnet run tests/mutation.cs -- "$output/reports/mutation-report.json" tests/mutation.tsv "$@"
