/** Values of the chart for its tests. */
import path from 'node:path';
import { chart } from '../../support/helm.ts';

export const example = (name: string) => path.join(chart, 'examples', name);
/** Whatever adds something to what is rendered. */
export const everything = {
  'hub.metrics': { enabled: true, tokenSecret: 'viewer', caSecret: 'ca', labels: { release: 'prometheus' } },
  'agent.metrics': { enabled: true },
  'agent.api.tokenSecret': 'agent-api',
  'agent.trustRoot': 'root',
  'agent.modelsPath': '/opt/models',
  'hub.tlsSecret': 'tls',
  'hub.storage.class': 'local-path',
  'hub.nodeSelector': { disk: 'fast' },
  'hub.tolerations': [{ key: 'a', operator: 'Exists' }],
  'image.pullSecrets': ['pull'],
  'network.brokers': [{ cidr: '192.0.2.9/32', ports: [{ port: 8883, protocol: 'TCP' }] }],
  'network.receivers.networks': [{ cidr: '192.0.2.25/32', ports: [{ port: 587, protocol: 'TCP' }] }],
  'network.receivers.namespaces': [{ name: 'monitoring', ports: [{ port: 9093, protocol: 'TCP' }] }],
  'hub.database': {
    url: 'postgres://hub@db.example/vedette?sslmode=verify-full',
    passwordSecret: 'database',
    caSecret: 'database-ca',
    migrationJob: true,
  },
  'network.databases': {
    networks: [{ cidr: '192.0.2.7/32', ports: [{ port: 5432, protocol: 'TCP' }] }],
    namespaces: [{ name: 'databases', ports: [{ port: 5432, protocol: 'TCP' }] }],
  },
  'network.people': ['198.51.100.0/24'],
};
