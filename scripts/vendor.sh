#!/bin/sh
# Fetches the browser libraries of the web UI at their pinned versions and writes src/stalkeer/faces/web/static/vendor/.
# Needs npm and python3; neither is needed to install, build or run Stalkeer. Run it again after a template has begun
# to use a class or an icon that the trimmed files lack: `tests/faces/web/test_assets.py` says so.
#
#   scripts/vendor.sh              fetch, check against VENDOR.json, write
#   scripts/vendor.sh --from DIR   the same from packages that are already there
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" = "--from" ]; then
    packages=$2
else
    packages=$(mktemp -d)
    trap 'rm -rf "$packages"' EXIT
    for package in htmx.org@4.0.1 @tabler/core@1.6.1 uplot@1.6.32 lucide-static@1.62.0 axe-core@4.14.1; do
        npm pack --silent --pack-destination "$packages" "$package"
    done
fi
python3 scripts/vendor_assets.py "$packages"
