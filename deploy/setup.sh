#!/usr/bin/env bash
# Sets up everything the project needs on a Debian machine: system packages, the virtual environment, the built pages.
#
#   deploy/setup.sh system [test]    PostgreSQL with PostGIS and Redis; for tests Chromium as well
#   deploy/setup.sh python [test]    .venv from the lock with hashes; for tests the development lock
#   deploy/setup.sh frontend         the pages, with the Node that the virtual environment holds
#   deploy/setup.sh train            .venv-train for `make train`: torch beside the versions of the lock
#
# Each step looks first and is done in a moment when nothing is missing. It needs root or sudo only when a system
# package is missing, and never starts or enables a service of the distribution.
set -euo pipefail
cd "$(dirname "$0")/.."

stamps=.make
mkdir -p "$stamps"

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf '\033[31mERROR:\033[0m %s\n' "$*" >&2; exit 1; }

show_log() { # show_log STEP WHAT: the end of a step's log, then stop
    tail -n 40 "$stamps/$1.log" >&2
    fail "$2; all of it is in $stamps/$1.log"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "system packages are missing (${missing[*]}): run this as root, or install sudo."
    fi
}

# A step is done when its stamp holds the digest of what it was made from.
is_done() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }
now_done() { printf '%s\n' "$2" >"$stamps/$1"; }
digest() { sha256sum | cut -d' ' -f1; }

# --- system packages -------------------------------------------------------------------------------------------------

python_program() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

newest_postgres() { # the newest installed server from version 15 on
    local program version
    for program in /usr/lib/postgresql/*/bin/postgres; do
        [ -x "$program" ] || continue
        version=${program#/usr/lib/postgresql/}
        version=${version%%/*}
        if [ "$version" -ge 15 ]; then echo "$version"; fi
    done | sort -n | tail -n 1
}

has_library() { ldconfig -p 2>/dev/null | grep -F "$1" >/dev/null || [ -n "$(find /usr/lib -name "$1*" -print -quit)" ]; }

find_missing() { # fills `missing` with packages; `postgis` stands for server and extension of one version
    local version python
    missing=()
    version=$(newest_postgres)
    if [ -z "$version" ] || ! [ -e "/usr/share/postgresql/$version/extension/postgis.control" ]; then missing+=(postgis); fi
    command -v redis-server >/dev/null || missing+=(redis-server)
    command -v setpriv >/dev/null || missing+=(util-linux)
    # What lays out reports loads these by name; see docs/dependencies.md.
    has_library libpangoft2-1.0.so.0 || missing+=(libpangoft2-1.0-0)
    has_library libharfbuzz-subset.so.0 || missing+=(libharfbuzz-subset0)
    python=$(python_program) || fail "Python 3.11 or newer is needed: install the Debian package python3."
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=("python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv")
    if [ "${1:-}" = test ]; then
        command -v chromium >/dev/null || missing+=(chromium)
    fi
}

postgis_packages() { # what brings PostgreSQL 15 or newer with PostGIS here
    local extension version
    version=$(newest_postgres)
    if [ -z "$version" ]; then
        extension=$(apt-cache pkgnames postgresql- | grep -E '^postgresql-[0-9]+-postgis-3$' | sort -V | tail -n 1)
        version=${extension//[^0-9-]/}
        version=$(echo "$version" | grep -oE '[0-9]{2,}' | head -n 1)
    fi
    [ -n "$version" ] && [ "$version" -ge 15 ] || fail "no package of PostgreSQL 15 or newer with PostGIS is known to apt."
    echo "postgresql-$version" "postgresql-$version-postgis-3"
}

# Installing must not start servers of the distribution, nor make it start them at the next boot, nor create a cluster.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/cti-setup.conf

hold_services() {
    had_redis=$(command -v redis-server || true)
    had_postgres=$(newest_postgres)
    if ! [ -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        made_policy=yes
    fi
    as_root mkdir -p "${no_cluster%/*}"
    echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
}

keep_from_booting() { # under systemd and under System V alike
    if [ -e "/etc/init.d/$1" ]; then as_root update-rc.d "$1" disable >>"$stamps/system.log" 2>&1; fi
}

release_services() {
    if [ "${made_policy:-}" = yes ]; then as_root rm -f "$policy"; fi
    as_root rm -f "$no_cluster"
    [ -n "$had_redis" ] || keep_from_booting redis-server
    [ -n "$had_postgres" ] || keep_from_booting postgresql
}

install_system() {
    local packages=() package
    find_missing "$@"
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "missing: ${missing[*]}. This script installs them on Debian and its relatives only."
    say "Installing system packages: ${missing[*]}"
    as_root apt-get update -qq >"$stamps/system.log" 2>&1 || show_log system "apt-get update failed"
    for package in "${missing[@]}"; do
        if [ "$package" = postgis ]; then read -ra found <<<"$(postgis_packages)"; packages+=("${found[@]}")
        else packages+=("$package"); fi
    done
    trap release_services EXIT
    hold_services
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" \
        </dev/null >>"$stamps/system.log" 2>&1 || show_log system "apt-get install failed"
    release_services
    trap - EXIT
    find_missing "$@"
    [ ${#missing[@]} -eq 0 ] || fail "still missing after the installation: ${missing[*]}"
}

# --- Python ----------------------------------------------------------------------------------------------------------

install_python() {
    local lock=requirements.lock wanted
    if [ "${1:-}" = test ]; then lock=requirements-dev.lock; fi
    wanted=$(cat requirements.lock requirements-dev.lock pyproject.toml | digest)
    # The development lock holds everything of the other one.
    if is_done python-dev "$wanted" && [ -x .venv/bin/python ]; then return 0; fi
    if [ "$lock" = requirements.lock ] && is_done python "$wanted" && [ -x .venv/bin/python ]; then return 0; fi
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        say "Making .venv"
        rm -rf .venv
        "$(python_program)" -m venv .venv
    fi
    say "Installing Python packages of $lock"
    local pip=(.venv/bin/python -m pip install --disable-pip-version-check --no-deps)
    "${pip[@]}" --require-hashes -r "$lock" >"$stamps/python.log" 2>&1 || show_log python "pip failed"
    local isolation= # with the build tool in the lock, nothing is fetched beside it
    if grep -q '^setuptools==' "$lock"; then isolation=--no-build-isolation; fi
    "${pip[@]}" $isolation -e . >>"$stamps/python.log" 2>&1 || show_log python "pip failed"
    if [ "$lock" = requirements.lock ]; then now_done python "$wanted"; else now_done python-dev "$wanted"; fi
}

# --- training --------------------------------------------------------------------------------------------------------

train_packages() { # the group `train` of pyproject.toml, and what generator and trainer share with the platform
    .venv/bin/python -c 'import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["train"], "numpy", "pillow", "rich")'
}

# Phantoms come out byte for byte the same only from the platform's own numpy and Pillow, so the lock's versions hold
# here too. Its hashes cannot: torch has other wheels for other accelerators.
install_train() {
    local wanted packages
    wanted=$(cat requirements.lock pyproject.toml | digest)
    if is_done train "$wanted" && [ -x .venv-train/bin/python ]; then return 0; fi
    say "Making .venv-train with torch, which is large"
    [ -x .venv-train/bin/python ] || "$(python_program)" -m venv .venv-train
    read -ra packages <<<"$(train_packages)"
    sed -nE 's/^([A-Za-z0-9._-]+)(\[[^]]*\])?==([^ ;]+).*/\1==\3/p' requirements.lock >"$stamps/train.constraints"
    .venv-train/bin/python -m pip install --disable-pip-version-check -c "$stamps/train.constraints" "${packages[@]}" \
        >"$stamps/train.log" 2>&1 || show_log train "pip failed"
    now_done train "$wanted"
}

# --- pages -----------------------------------------------------------------------------------------------------------

digest_of() { # the digest of all files below the given paths, those that exist
    local present=() path
    for path in "$@"; do [ ! -e "$path" ] || present+=("$path"); done
    [ ${#present[@]} -eq 0 ] || find "${present[@]}" -type f ! -path '*/__pycache__/*' ! -path 'assets/external/*' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | digest
}

build_frontend() {
    local sources
    sources=$(digest_of pages components state cti_app assets rxconfig.py requirements.lock)
    if is_done frontend "$sources $(digest_of reflex.lock)" && [ -e .web/build/client/index.html ]; then return 0; fi
    say "Building the pages"
    PATH="$PWD/.venv/bin:$PATH"
    # Nothing leaves the machine but the requests of the package manager, to the registry it is configured for.
    export PATH REFLEX_USE_NPM=1 REFLEX_TELEMETRY_ENABLED=false REFLEX_CHECK_LATEST_VERSION=false \
        REFLEX_HTTP_CLIENT_BIND_ADDRESS=0.0.0.0 NPM_CONFIG_REGISTRY NPM_CONFIG_FUND=false NPM_CONFIG_AUDIT=false \
        NPM_CONFIG_UPDATE_NOTIFIER=false
    NPM_CONFIG_REGISTRY=$(npm config get registry)
    reflex export --frontend-only --no-zip >"$stamps/frontend.log" 2>&1 </dev/null || show_log frontend "the build failed"
    [ -e .web/build/client/index.html ] || show_log frontend "the build left no pages"
    # The build may have written the lock of its own packages.
    now_done frontend "$sources $(digest_of reflex.lock)"
}

case "${1:-}" in
    system) install_system "${2:-}" ;;
    python) install_python "${2:-}" ;;
    frontend) build_frontend ;;
    train) install_train ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
