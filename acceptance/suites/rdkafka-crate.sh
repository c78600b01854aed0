#!/usr/bin/env bash
# rdkafka-crate.sh - the integration tests inside the crates.io package rdkafka, against BROKER.
#   PORT=9092 ../broker.sh up kafka one num.partitions=3; BROKER=127.0.0.1:9092 ./rdkafka-crate.sh [-- libtest args]
# admin, high and low level consumers and producers, metadata, transactions: 49 tests.
# They expect node id 0, port 9092, num.partitions=3.  Builds the bundled librdkafka: gcc, make, zlib1g-dev, about 3 min.
# env: RDK=0.39.0  KAFKA_VERSION=4.1  THREADS=4  LIMIT_S=900  WORK=${TMPDIR:-/var/tmp}/rdkafka-crate-suite
set -u
: "${BROKER:?set BROKER=host:port}"
WORK=${WORK:-${TMPDIR:-/var/tmp}/rdkafka-crate-suite}; RDK=${RDK:-0.39.0}; mkdir -p "$WORK/fetch/src"; [ "${1:-}" = -- ] && shift
if [ ! -d "$WORK/rdkafka-$RDK" ]; then
  printf '[package]\nname="fetch"\nversion="0.0.0"\nedition="2021"\n[dependencies]\nrdkafka="=%s"\n' "$RDK" >"$WORK/fetch/Cargo.toml"
  : >"$WORK/fetch/src/lib.rs"; (cd "$WORK/fetch" && rm -f Cargo.lock && cargo -q fetch) || exit 2
  cp -r "$(ls -d "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"rdkafka-$RDK" | head -1)" "$WORK/"
  printf '\n[workspace]\n' >>"$WORK/rdkafka-$RDK/Cargo.toml"; rm -f "$WORK/rdkafka-$RDK/rust-toolchain.toml"
fi
export CARGO_TARGET_DIR=$WORK/target KAFKA_VERSION=${KAFKA_VERSION:-4.1} KAFKA_HOST=$BROKER RUST_LOG=off
cd "$WORK/rdkafka-$RDK" || exit 2
cargo test -q --no-run >"$WORK/build.log" 2>&1 || { tail -5 "$WORK/build.log" >&2; exit 2; }  # so that LIMIT_S is the tests' own
rc=0
for t in test_admin test_high_consumers test_high_producers test_low_consumers test_low_producers test_metadata test_transactions; do
  timeout "${LIMIT_S:-900}" cargo test --test $t -- --test-threads="${THREADS:-4}" "$@" >"$WORK/$t.log" 2>&1 || rc=1
  echo "== $t"; grep -E '^test .* FAILED|^    test_|test result|panicked|^error' "$WORK/$t.log"
done
exit $rc
