/** The places of a stopped agent: the files of its data folder, which the caller has locked. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../shared/kit/clock.ts';
import { noSealer, type Sealer } from '../../shared/kit/seal.ts';
import { eraseStopped } from '../buffer/erase-stopped.ts';
import type { Stamp } from '../buffer/space/losses.ts';
import { openQueue } from '../escalate/queue.ts';
import type { Places } from './carry-out.ts';
import { memoriesIn, removeMemory } from './memories.ts';

/** @param folder the data folder @param sealer opens what is sealed there */
export function stoppedPlaces(folder: string, stamp: () => Stamp, clock: Clock, sealer: Sealer = noSealer): Places {
  return {
    records: (judge) => eraseStopped(folder, judge, stamp, sealer.for('record')),
    samples(covers) {
      const place = path.join(folder, 'samples');
      if (!existsSync(place)) return 0;
      const queue = openQueue(place, Number.POSITIVE_INFINITY, clock.mono(), sealer.for('sample'));
      const gone = queue.list().filter(({ id, stream }) => covers(stream, queue.payload(id)));
      for (const { id } of gone) queue.remove(id);
      queue.force();
      return gone.length;
    },
    memories: () => memoriesIn(folder),
    forget: async (stream) => removeMemory(folder, stream),
    unshow: () => undefined,
  };
}
