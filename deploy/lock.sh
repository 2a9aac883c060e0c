#!/usr/bin/env bash
# Resolves requirements.lock and requirements-dev.lock anew from pyproject.toml, with hashes and without addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
resolver=$(mktemp -d)
trap 'rm -rf "$resolver"' EXIT
python3 -m venv "$resolver"
"$resolver/bin/pip" install -q --disable-pip-version-check uv
compile=("$resolver/bin/uv" pip compile -q pyproject.toml --generate-hashes --python-version 3.11
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header --allow-unsafe)
"${compile[@]}" -o requirements.lock "$@"
"${compile[@]}" --extra dev -c requirements.lock -o requirements-dev.lock "$@"
