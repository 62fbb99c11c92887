# Makes this node a device of the hub at its first start, and does nothing at every later one.
set -eu
token=$VEDETTE_STATE/api.token
if [ ! -s "$token" ]; then
  # Whoever wants the agent's API has to set a token of his own; the probes need none.
  (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$token.part")
  mv "$token.part" "$token"
fi
if [ -e "$VEDETTE_STATE/identity.json" ]; then
  echo "this node is enrolled: $VEDETTE_STATE/identity.json"
  exit 0
fi
if [ ! -s "$VEDETTE_CLAIM_FILE" ]; then
  echo "this node is not enrolled, and there is no claim: \`vedette-hub claim create\` prints one; it belongs into the Secret $VEDETTE_CLAIM_SECRET under the key claim" >&2
  exit 1
fi
exec vedette-agent enroll --hub "$VEDETTE_HUB" --token-file "$VEDETTE_CLAIM_FILE" \
  --name "$(printf %s "$VEDETTE_NODE" | tr . - | cut -c1-64)" --dir "$VEDETTE_STATE"
