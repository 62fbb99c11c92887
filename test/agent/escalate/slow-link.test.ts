/** A link of 50 kbit/s that ends a connection when a message is not through in time, as `shared/kit/link.ts` does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openEscalation } from '../../../agent/escalate/open.ts';
import { decodePicture } from '../../../shared/contract/codec.ts';
import { deviceEscalation } from '../../../shared/contract/config/escalate.ts';
import { pictureStream } from '../../../shared/contract/config/stream.ts';
import { type SampleHeader, sampleHeader } from '../../../shared/contract/messages/sample.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

const BYTES_PER_MS = 50 / 8;
const PUBLISH_TIMEOUT_MS = 30_000;
/** What such a link carries in that time. */
const FITS = BYTES_PER_MS * PUBLISH_TIMEOUT_MS;

const header = (n: number): SampleHeader => ({
  ...{ id: n.toString(16).padStart(32, '0'), stream: 'door', chosenBy: ['event'], frame: n, ptsMs: n, wall: 1 },
  ...{ region: [0, 0, 1, 1], threshold: 0.5, objects: [] },
});

/** A box on that link; the hub answers as soon as it has a whole sample, or never. */
function slowBox({ answers = true } = {}) {
  const clock = new ManualClock();
  const all = { perHour: { samples: 1_000_000, kB: 1e9 }, perDay: { samples: 1_000_000, kB: 1e9 } };
  const stream = pictureStream.parse({ source: 'a.mp4', model: 'm', escalate: all });
  const sent = new Map<string, { readonly bytes: number; times: number }>();
  const line = { free: 0, users: 0, mostUsers: 0, cuts: 0 };
  const escalation = openEscalation({
    folder: tempFolder(),
    config: deviceEscalation.parse({ ...all, deadlineS: 604_800 }),
    queueBytes: 1e9,
    streams: () => new Map([['door', stream]]),
    isOpen: () => true,
    async send(payload) {
      const { id } = sampleHeader.parse(decodePicture(payload).header);
      const bytes = payload.length;
      const one = sent.get(id) ?? { bytes, times: 0 };
      one.times++;
      sent.set(id, one);
      line.users++;
      line.mostUsers = Math.max(line.mostUsers, line.users);
      const begin = Math.max(clock.mono(), line.free);
      const end = begin + bytes / BYTES_PER_MS;
      const limit = clock.mono() + PUBLISH_TIMEOUT_MS;
      line.free = Math.min(end, limit);
      await clock.sleep(line.free - clock.mono());
      line.users--;
      const isCut = end > limit;
      if (isCut) {
        line.cuts++;
        throw new Error('MQTT: a message was not confirmed in 30 s');
      }
      if (answers) escalation.onVerdict({ sample: id, outcome: 'confirmed' });
    },
    clock,
    log: createLogger('test', 'silent'),
  });
  escalation.start();
  return { clock, escalation, sent, line, counts: () => escalation.report().streams.door };
}

test('each sample that fits is sent once and answered; one that does not cuts the line three times at most', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ bytes: fc.integer({ min: 1000, max: 400_000 }), afterMs: fc.integer({ min: 0, max: 40_000 }) }),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
      async (offers) => {
        const { clock, escalation, sent, line, counts } = slowBox();
        for (const [n, { bytes, afterMs }] of offers.entries()) {
          await clock.advance(afterMs);
          escalation.offer(header(n), new Uint8Array(bytes), 1);
        }
        await clock.advance(offers.length * 4 * PUBLISH_TIMEOUT_MS);
        escalation.stop();
        expect(line.mostUsers).toBe(1);
        const [fitting, large] = [
          [...sent.values()].filter((s) => s.bytes <= FITS),
          [...sent.values()].filter((s) => s.bytes > FITS),
        ];
        expect(fitting.map(({ times }) => times)).toEqual(fitting.map(() => 1));
        expect(large.map(({ times }) => times)).toEqual(large.map(() => 3));
        expect(line.cuts).toBe(3 * large.length);
        expect(counts()).toMatchObject({ chosen: offers.length, confirmed: fitting.length });
        expect(counts()?.unsent).toEqual(large.length === 0 ? {} : { unanswered: large.length });
        expect(escalation.report().waiting).toBe(0);
      },
    ),
    { numRuns: 12 },
  );
});

test('the time for an answer begins when the sample is through', async () => {
  const { clock, escalation, sent, counts } = slowBox({ answers: false });
  escalation.offer(header(1), new Uint8Array(FITS * 0.9), 1);
  // 27 s on the line, and 59 s at the hub.
  await clock.advance(86_000);
  expect([...sent.values()].map(({ times }) => times)).toEqual([1]);
  await clock.advance(2000);
  expect([...sent.values()].map(({ times }) => times)).toEqual([2]);
  expect(counts()).toMatchObject({ unsent: {} });
  escalation.stop();
});
