/** Where the hub looks up what it tells Prometheus of its fleet and itself. */
import type { HubFacts } from './metrics.ts';
import type { Security } from './pki/security.ts';
import { freeBytes } from './store/space.ts';
import type { HubStore } from './store/store.ts';

interface Sources {
  readonly version: string;
  readonly store: Pick<HubStore, 'devices' | 'rollouts'>;
  readonly dataDir: string;
  /** Undefined: plain text. */
  readonly security: Security | undefined;
}

export function hubFacts({ version, store, dataDir, security }: Sources): HubFacts {
  return {
    version,
    devices: store.devices.counts,
    openRollouts: store.rollouts.open,
    certificateEnd: () => security?.listener.end(),
    freeBytes: () => freeBytes(dataDir),
  };
}
