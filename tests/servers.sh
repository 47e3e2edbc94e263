#!/usr/bin/env bash
# Installs what the tests need besides Python packages: Chromium, from Debian packages.
# Where there is no apt, or no right to use it, the tests that need it skip and say so.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "no Chromium and no way to install it: the browser tests will skip" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
