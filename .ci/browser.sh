#!/bin/sh
# Debian's chromium and firefox-esr for the browser tests, fonts with Chinese characters for their
# screenshots, and iproute2 for the two-host test.
set -eu
wanted="chromium firefox-esr fonts-noto-cjk iproute2"
missing=""
for name in $wanted; do
  dpkg -s "$name" >/dev/null 2>&1 || missing="$missing $name"
done
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "The browser tests need:$missing. Install them with this system's package manager."
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "The browser tests need Debian packages. Run: sudo apt-get install$missing"
  exit 1
fi
echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # a list of names
apt-get install -y -qq --no-install-recommends $missing >/dev/null
