#!/bin/sh
# Bring .venv to a lock file, and relanced itself into it: sh tools/venv.sh requirements.lock
# Nothing is done when nothing changed. PYTHON=… chooses the interpreter of a new .venv.
set -eu
cd "$(dirname "$0")/.."
lock=$1
done=.venv/$lock.done

# Relanced is installed as a pointer to this folder, so the folder's name counts too.
state=$({ pwd; cat "$lock" pyproject.toml; } | sha256sum)
[ -x .venv/bin/python ] && [ "$state" = "$(cat "$done" 2>/dev/null)" ] && exit 0

fit() {
    command -v "$1" >/dev/null && "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

create() {
    for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if fit "$python"; then
            "$python" -m venv --clear .venv
            return
        fi
    done
    echo "relanced needs Python 3.11 or newer with its venv module; on Debian: apt-get install python3-venv" >&2
    exit 1
}

pip() {
    .venv/bin/python -I -m pip -qq --disable-pip-version-check --no-input "$@"
}

pip --version >/dev/null 2>&1 || create
echo "installing $lock in .venv; the first time this takes a minute" >&2
pip install --require-hashes --only-binary :all: --requirement "$lock"
pip install --no-deps --no-index --no-build-isolation --editable .
echo "$state" >"$done"
