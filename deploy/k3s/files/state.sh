# Root of the node made the folder: it becomes the agent's. What is the agent's already stays as it is.
set -eu
[ "$(stat -c %u "$VEDETTE_STATE")" = "$VEDETTE_UID" ] && exit 0
chmod 0700 "$VEDETTE_STATE"
chown "$VEDETTE_UID:$VEDETTE_UID" "$VEDETTE_STATE"
