#!/usr/bin/env bash
# build.sh OUT - builds the comparison program OUT from librdkafka.c. LIBRDKAFKA names a built source tree (with src/librdkafka.a);
# without it the tree comes from the npm package that also carries its tests, and is built in $WORK (about 4 minutes on 2 cores).
#
# env: LIBRDKAFKA, NPM_VER=1.10.1 (= librdkafka 2.15.1), WORK=${TMPDIR:-/var/tmp}/jackdaw-bench-librdkafka
# Needs: cc make npm, and the headers of zlib, OpenSSL, zstd, lz4 and curl as far as that tree was configured with them.
set -eu
out=$1
here=$(cd "$(dirname "$0")" && pwd)
NPM_VER=${NPM_VER:-1.10.1}; WORK=${WORK:-${TMPDIR:-/var/tmp}/jackdaw-bench-librdkafka}
tree=${LIBRDKAFKA:-$WORK/package/deps/librdkafka}
if [ ! -f "$tree/src/librdkafka.a" ]; then
  mkdir -p "$WORK"
  [ -d "$tree" ] || (cd "$WORK" && npm pack --silent "@confluentinc/kafka-javascript@$NPM_VER" >/dev/null && tar xzf confluentinc-kafka-javascript-*.tgz)
  (cd "$tree" && bash ./configure --disable-gssapi >/dev/null && make -j2 libs >/dev/null)
fi
libs=$(sed -n 's/^LIBS+=[[:space:]]*//p' "$tree/Makefile.config" | tr '\n' ' ')
include=$(mktemp -d); trap 'rm -rf "$include"' EXIT
ln -s "$tree/src" "$include/librdkafka"
# shellcheck disable=SC2086
cc -O2 -I"$include" -o "$out" "$here/librdkafka.c" "$tree/src/librdkafka.a" $libs -lm -lpthread -ldl
