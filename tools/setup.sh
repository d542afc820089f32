#!/usr/bin/env bash
# Shared by tools/run and tools/test (sourced): installs missing Debian packages and builds one preset.

strata_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

strata_missing_packages() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$strata_root/tools/packages.txt" | while read -r package; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
}

# Quick when nothing is missing: apt is only started for packages that dpkg does not know as installed.
strata_install_packages() {
    local missing
    missing=$(strata_missing_packages)
    [ -n "$missing" ] || return 0
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "strata: these packages are missing, and there is no sudo:" $missing >&2; return 2; }
        as_root=(sudo)
    fi
    echo "strata: installing" $missing >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 || return 2
    # shellcheck disable=SC2086  # one word a package
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2 || return 2
}

# strata_build PRESET [TARGET...]: configures once, then builds what changed. Build output goes to standard error,
# and is only shown when the build takes part (standard output belongs to the program).
strata_build() {
    local preset=$1
    shift
    local dir="$strata_root/build/$preset"
    if [ ! -f "$dir/build.ninja" ]; then
        (cd "$strata_root" && cmake --preset "$preset") >&2 || return 2
    fi
    local targets=()
    [ $# -eq 0 ] || targets=(--target "$@")
    local log
    log=$(mktemp)
    if [ -t 2 ]; then
        cmake --build "$dir" "${targets[@]}" >&2
    else
        cmake --build "$dir" "${targets[@]}" >"$log" 2>&1
    fi
    local status=$?
    if [ $status -ne 0 ]; then
        cat "$log" >&2
        rm -f "$log"
        return 2
    fi
    rm -f "$log"
}
