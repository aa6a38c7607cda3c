#!/usr/bin/env bash
# mypy over everything: the engine, benchmarks, scripts and tests in one run, then
# each assignment by itself, because every one has modules named checks and probes.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=0
uv run mypy autograder benchmarks scripts tests || failed=1
for folder in solutions/*/ tests/hostile/solutions/*/; do
    files=("$folder"*checks.py "$folder"*probes.py)
    path="$folder:solutions"
    if [ "$folder" = solutions/_shared/ ]; then
        files=("$folder"*.py)
        path=solutions
    fi
    for index in "${!files[@]}"; do
        [ -f "${files[index]}" ] || unset "files[index]"
    done
    [ "${#files[@]}" -gt 0 ] || continue
    echo "$folder"
    MYPYPATH="$path" uv run mypy "${files[@]}" || failed=1
done
exit "$failed"
