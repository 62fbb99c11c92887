#!/bin/sh
# Makes this container a device of the hub at its first start, then runs the agent.
set -eu
state=/var/lib/vedette-agent
claim=/var/lib/vedette-claim/claim
until [ -e "$state/identity.json" ]; do
  if [ -s "$claim" ]; then
    tried=0
    vedette-agent enroll --hub "$VEDETTE_HUB" --token-file "$claim" --name "$VEDETTE_DEVICE" --dir "$state" || tried=$?
    # 2: another try would not help.
    [ "$tried" -ne 2 ] || exit 2
  else
    echo "waiting for a claim"
  fi
  [ -e "$state/identity.json" ] || sleep 2
done
exec vedette-agent run -c /etc/vedette-agent/agent.yaml
