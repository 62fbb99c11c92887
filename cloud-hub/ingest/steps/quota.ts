/** Step 8, after the commit: has the device used up its day? */
import type { AfterStep } from '../step.ts';

export const quota: AfterStep = {
  name: 'quota',
  phase: 'after',
  run({ device, view }, { quota, store, announce, metrics }) {
    if (!view || view.pausedUntil === undefined) return;
    metrics.pausedBatches.inc();
    if (!view.isPauseNew) return;
    quota.reached(device, view.pausedUntil);
    announce(async () => {
      const found = await store.devices.get(device);
      return found && { type: 'device', device: found };
    }, device);
  },
};
