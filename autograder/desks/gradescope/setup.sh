#!/usr/bin/env bash
# Gradescope runs this once, as root and with network, when it builds the image. It installs
#   from Ubuntu: bubblewrap (a second layer of protection), python3-venv (to install uv);
#   from PyPI: uv; TensorFlow, Keras, nbgrader and what they need, in the versions of constraints.txt;
#   Python @PYTHON@, by uv;
#   the engine, which is the wheel in engine/.
# Grading needs no network.
set -euo pipefail

root="${AUTOGRADER_ROOT:-/autograder}"
home="${AUTOGRADER_HOME:-/opt/autograder}"
export DEBIAN_FRONTEND=noninteractive UV_PYTHON_INSTALL_DIR="$home/python"

apt-get update
apt-get install -y --no-install-recommends bubblewrap ca-certificates python3-venv
python3 -m venv "$home/uv"
"$home/uv/bin/pip" install --no-cache-dir uv
"$home/uv/bin/uv" venv --python @PYTHON@ "$home/venv"
engine=("$root"/source/engine/*.whl)
"$home/uv/bin/uv" pip install --no-cache --python "$home/venv/bin/python" \
  --constraints "$root/source/constraints.txt" "${engine[0]}[instructor]"

# The solutions are for the grader alone. What confines student code is the sandbox; this is for
# whatever else may run here.
chmod -R go-rwx "$root/source"
