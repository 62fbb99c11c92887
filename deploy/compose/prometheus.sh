#!/bin/sh
# Runs Prometheus once there is something to trust the hub by.
set -eu
until [ -s /var/lib/vedette-metrics/ca.pem ]; do
  echo "waiting for the hub's authority"
  sleep 2
done
exec prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus --storage.tsdb.retention.time=15d
