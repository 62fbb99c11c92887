#!/bin/sh
# Runs Mosquitto out of the folder that the hub keeps (--mosquitto-files), and has it read its files again when the hub has changed one.
set -eu
folder=${VEDETTE_BROKER:-/var/lib/vedette-broker}
until [ -e "$folder/mosquitto.conf" ]; do
  echo "waiting for the hub to write $folder/mosquitto.conf"
  sleep 2
done

state() { cat "$folder"/mosquitto.conf "$folder"/*.pem "$folder"/acl | cksum; }

read_at=$(state)
mosquitto -c "$folder/mosquitto.conf" &
broker=$!
trap 'kill -TERM "$broker" 2>/dev/null' TERM INT

while kill -0 "$broker" 2>/dev/null; do
  sleep 2 &
  wait $! || true
  now=$(state) || continue
  [ "$now" = "$read_at" ] && continue
  read_at=$now
  echo "files have changed: Mosquitto reads them again"
  kill -HUP "$broker" 2>/dev/null || true
done
wait "$broker"
