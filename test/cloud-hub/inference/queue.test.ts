import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFairQueue } from '../../../cloud-hub/inference/queue.ts';

interface Waiting {
  readonly device: string;
  readonly bytes: number;
  readonly id: number;
}

const bounds = { perDevice: 3, items: 7, bytes: 100 };
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ device: fc.constantFrom('a', 'b', 'c', 'd'), bytes: fc.nat(40) }) },
    { weight: 2, arbitrary: fc.constant('next' as const) },
  ),
  { maxLength: 200 },
);

test('each device in turn, each in order; what was taken makes room again, by number and by bytes', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const queue = createFairQueue<number>(bounds);
      let waiting: Waiting[] = [];
      let turns: string[] = [];
      for (const [id, step] of all.entries()) {
        if (step === 'next') {
          const device = turns.shift();
          const taken = waiting.find((one) => one.device === device);
          expect(queue.next()).toBe(taken?.id);
          waiting = waiting.filter((one) => one !== taken);
          if (device !== undefined && waiting.some((one) => one.device === device)) turns = [...turns, device];
        } else {
          const { device, bytes } = step;
          const held = waiting.reduce((sum, one) => sum + one.bytes, 0);
          const own = waiting.filter((one) => one.device === device).length;
          const fits = own < bounds.perDevice && waiting.length < bounds.items && held + bytes <= bounds.bytes;
          expect(queue.offer(device, bytes, id)).toBe(fits);
          if (!fits) continue;
          waiting.push({ device, bytes, id });
          if (own === 0) turns = [...turns, device];
        }
        expect(queue.size).toBe(waiting.length);
      }
    }),
  );
});
