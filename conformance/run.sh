#!/bin/sh
# Judges the server from outside: Prism stands between the contract suite and a server, once for each surface, as two
# operations share a path and differ by their credential. It lists what violates the published files, and fails where
# anything does that docs/contract-differences.md does not name, or where an operation that is served was not asked.
set -eu
cd "$(dirname "$0")"
[ -d node_modules ] || npm ci --no-audit --no-fund --loglevel=error
work=$(mktemp -d)
trap 'kill $organization $user 2>/dev/null || true; rm -rf "$work"' EXIT
organization='' user=''
node specs.mjs ../api/testdata/contract "$work"
port=${CONFORMANCE_PORT:-18410}
proxy() { # spec, port
  node node_modules/@stoplight/prism-cli/dist/index.js proxy "$work/$1.json" "http://127.0.0.1:$port" --port "$2" --errors false --verboseLevel error >"$work/$1.log" 2>&1 &
}
proxy organization $((port + 1)); organization=$!
proxy user $((port + 2)); user=$!
for at in $((port + 1)) $((port + 2)); do
  node -e 'const at = +process.argv[1], net = require("net"); let left = 600;
    const look = () => net.connect(at, "127.0.0.1").on("connect", () => process.exit(0)).on("error", () => --left ? setTimeout(look, 100) : process.exit(1)); look()' "$at" ||
    { cat "$work"/*.log >&2; exit 1; }
done
cd ../api/meaning # from within, go test prints what was found
SIROCCO_TEST_DATABASES=sqlite SIROCCO_MEANING_LISTEN=127.0.0.1:$port SIROCCO_MEANING_PROXIES=http://127.0.0.1:$((port + 1)),http://127.0.0.1:$((port + 2)) \
  go test -run 'TestMeanings$' -count=1 "$@"
