# The node's own configuration, or that of its group.
set -eu
file=$VEDETTE_CONFIG/node.$VEDETTE_NODE.yaml
[ -e "$file" ] || file=$VEDETTE_CONFIG/group.yaml
VEDETTE_DEVICE=$(printf %s "$VEDETTE_NODE" | tr . - | cut -c1-64)
export VEDETTE_DEVICE
exec vedette-agent run -c "$file"
