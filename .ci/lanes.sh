# shellcheck shell=bash
# How the suite runs over an installed package: for .ci/run and .ci/far, which source this from the
# root of the checkout.

# Tests start thousands of processes: without its cache each compiles the package anew.
unset PYTHONDONTWRITEBYTECODE

# What $PACKAGES names and this machine lacks.
install_packages() (
    missing=()
    for package in "${PACKAGES[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    # The tests start the servers they want; the packages must not start theirs.
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >build/apt.log
)

step() {
    local start=$SECONDS
    echo "=== $*"
    "$@"
    echo "=== $* took $((SECONDS - start)) s"
}

# ran NAME COMMAND...: run a command, and keep what it says for the table of .ci/ran.py.
ran() {
    local log=build/ran/$1.log status
    shift
    mkdir -p build/ran
    set +e # within `||`, a function would go on after a failure
    (set -e && "$@") 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    set -e
    echo "ran $(date -I) $(git rev-parse --short=8 HEAD) $status" >>"$log"
    return $status
}

# What the suite can't do without, and what no wheel may be there for on a new interpreter: a test that
# needs one of these is skipped by name.
NEEDED=(pytest pytest-xdist hypothesis trustme numpy)
OPTIONAL=(pyarrow polars maxminddb nanoarrow dpkt scapy matplotlib uvloop)

# test_installed NAME TREE PYTHON BACKENDS SCOPE PACKAGE...: the suite over an installed package, in an
# environment of its own that knows nothing of this checkout. What the interpreter has no part in ran
# in `make test`, where hypothesis searched long enough, too.
test_installed() {
    local name=$1 tree=$2 python=$3 backends=$4 scope=$5 bin=build/env/$1/bin package
    local run=(.ci/inside "$tree")
    shift 5
    rm -rf "build/env/$name"
    "${run[@]}" "$python" -m venv "$PWD/build/env/$name"
    "${run[@]}" "$bin/python" -m pip install -q --upgrade pip
    if [ "$tree" = / ] && [[ $name != *t ]]; then
        PIP_CONSTRAINT=$PWD/.ci/constraints.txt "$bin/python" -m pip install -q --group test
    else
        "${run[@]}" "$bin/python" -m pip install -q "${NEEDED[@]}"
        for package in "${OPTIONAL[@]}"; do
            "${run[@]}" "$bin/python" -m pip install -q --only-binary :all: "$package" ||
                echo "--- $name: no $package"
        done
    fi
    "${run[@]}" "$bin/python" -m pip install -q --no-deps "$@"
    ran "$name" "${run[@]}" env PYTHONSAFEPATH=1 FASTSOCK_TEST_BACKENDS="$backends" FASTSOCK_TEST_SCOPE="$scope" \
        FASTSOCK_TEST_EXAMPLES=few FASTSOCK_TEST_NO_SKIPS="$(skips_of "$tree" "$name")" \
        "$bin/python" -m pytest -q -n 1 -p no:cacheprovider
}

# What may be skipped, beside what no installation brings: for want of packages, of which
# `make test` has all. In a tree there are no servers and programs, and few devices: skips are listed
# there, and not judged.
skips_of() {
    if [ "$1" = / ] && [[ $2 != *t ]]; then echo packages,twins; fi
}
