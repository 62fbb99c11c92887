#!/bin/sh
# Gives the agent a claim, and Prometheus what it needs to ask hub and agent. What is there already stays; it may run again.
set -eu
claim=/var/lib/vedette-claim
metrics=/var/lib/vedette-metrics

until vedette-hub device list --url "$VEDETTE_HUB" >/dev/null 2>&1; do
  echo "waiting for the hub at $VEDETTE_HUB"
  sleep 2
done

# Whole, or not at all. No other container sees both volumes.
once() {
  file=$1
  shift
  [ -s "$file" ] && return
  "$@" >"$file.part"
  mv "$file.part" "$file"
}

once "$claim/api.token" sh -c "od -An -N24 -tx1 /dev/urandom | tr -d ' \n'"
cp "$claim/api.token" "$metrics/agent.token"
once "$claim/claim" vedette-hub claim create --uses 1 --expires 1d --url "$VEDETTE_HUB"
once "$metrics/hub.token" vedette-hub token add prometheus --role viewer --url "$VEDETTE_HUB"
cp /var/lib/vedette-hub/pki/ca.pem "$metrics/ca.pem"
echo "ready"
