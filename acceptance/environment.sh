#!/usr/bin/env bash
# environment.sh - the foreign clients that the suites drive, in target/acceptance: a Python environment and kafkajs.
# Prints nothing when all is there. `environment.sh dist` also fetches Apache Kafka (java and mvn needed) for the suites
# that compare with it.   env: ACCEPTANCE_HOME=target/acceptance  KAFKA_DIST=$ACCEPTANCE_HOME/kafka-4.3.1
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${ACCEPTANCE_HOME:-$here/../target/acceptance}
mkdir -p "$home"
home=$(cd "$home" && pwd)

# Versions are pinned, so that a suite changes its mind only when this file does.
python_packages="kafka-python==3.0.12 confluent-kafka==2.16.1 aiokafka==0.14.0 crc32c==2.9.post0 lz4==4.4.5 python-snappy==0.7.3 zstandard==0.25.0"
kafkajs=2.2.4

wanted="$python_packages"
if [ "$(cat "$home/venv/.installed" 2>/dev/null)" != "$wanted" ]; then
  [ -x "$home/venv/bin/python3" ] || python3 -m venv "$home/venv"
  # shellcheck disable=SC2086
  "$home/venv/bin/python3" -m pip install --quiet --disable-pip-version-check $python_packages
  echo "$wanted" >"$home/venv/.installed"
fi

if [ "$(cat "$home/js/.installed" 2>/dev/null)" != "$kafkajs" ]; then
  mkdir -p "$home/js"
  printf '{"private": true}\n' >"$home/js/package.json"
  (cd "$home/js" && npm install --silent --no-audit --no-fund "kafkajs@$kafkajs")
  echo "$kafkajs" >"$home/js/.installed"
fi

if [ "${1:-}" = dist ]; then
  DIST=${KAFKA_DIST:-$home/kafka-4.3.1} DATA=$home bash "$here/broker.sh" dist
fi
