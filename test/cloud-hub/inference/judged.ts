/** Frames that chance chose and the hub has judged, for tests of thresholds. */
import type { Spoken } from '../../../cloud-hub/store/opinions.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import type { Box } from '../../../shared/contract/names.ts';
import { systemClock } from '../../../shared/kit/clock.ts';

const box: Box = [0.1, 0.1, 0.2, 0.2];
const common = { id: '1', device: 'cam', stream: 'door', sample: '0'.repeat(32), receivedAt: '', bytes: 1, ms: 1 };

export const object = (score: number, label = 'person') => ({ label, score, box });

/** A frame by chance with one object of the edge, which the hub sees or not. */
export const frame = (score: number, right: boolean, more: Partial<Spoken> = {}): Spoken => ({
  ...common,
  outcome: right ? 'confirmed' : 'changed',
  chosenBy: ['random'],
  edge: { threshold: 0.4, objects: [object(score)] },
  hub: { model: 'big', objects: right ? [object(0.9)] : [] },
  ...more,
});

/** Of those at 0.45 half are wrong, of those at 0.7 none. */
export const halfWrongBelow: readonly Spoken[] = Array.from({ length: 200 }, (_, i) =>
  i < 100 ? frame(0.45, i % 2 === 0) : frame(0.7, true),
);

/** Into the folder of a hub that does not run, as of `cam` and `door`. */
export async function addJudged(folder: string, judged: readonly Spoken[]): Promise<void> {
  const wall = systemClock.wall();
  const store = await openStore(folder, wall);
  await store.transact(async (tx) => {
    for (const [n, { outcome, chosenBy, edge, hub, bytes, ms }] of judged.entries()) {
      const about = { device: 'cam', stream: 'door', sample: `${n}`.padStart(32, '0'), receivedAt: wall };
      await tx.opinions.add({ ...about, outcome, chosenBy, edge, hub, bytes, ms });
    }
  });
  await store.close();
}
