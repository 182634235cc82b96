# Sourced by the scripts that need Debian packages.
# shellcheck shell=bash

# Debian keeps the programs of services in sbin folders, which are not on everybody's PATH.
has() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" > /dev/null 2>&1; }

has_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null; }

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

require_dotnet() {
  has dotnet || {
    echo "The .NET 10 SDK is missing: dotnet is not on the PATH." >&2
    exit 1
  }
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
    kept=$policy.kept-by-orleans-bosh
    as_root mv "$policy" "$kept"
  fi
  trap restore_policy EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" > /dev/null
  as_root chmod 755 "$policy"
  echo "Installing ${packages[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" > /dev/null
)
