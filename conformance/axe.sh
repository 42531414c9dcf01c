#!/bin/sh
# Has every page of the console judged by axe-core in a real browser, light and dark, wide and narrow. It is left out, and
# says so, where npm cannot fetch axe-core.
set -eu
cd "$(dirname "$0")"
axe=node_modules/axe-core/axe.min.js
if [ ! -f "$axe" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  # It alone, of the version that the lock file names: the proxy beside it has hundreds of packages.
  version=$(sed -n 's/.*"axe-core": "\(.*\)".*/\1/p' package.json)
  if ! { command -v npm >/dev/null && npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts "axe-core@$version" >/dev/null 2>&1 && [ -f "$folder/$axe" ]; }; then
    echo "axe-core $version could not be fetched by npm: the console's pages are not judged by it"
    exit 0
  fi
  axe="$folder/$axe"
fi
case $axe in /*) ;; *) axe=$PWD/$axe ;; esac
cd ../console
SIROCCO_TEST_DATABASES=sqlite SIROCCO_TEST_AXE=$axe go test -vet=off -run '^TestAxe$' -count=1 "$@"
