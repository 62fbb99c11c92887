/** The outbox against its model: whatever is done to it, in whatever order, both say the same. */
import fc from 'fast-check';
import { test } from 'vitest';
import type { Outbox } from '../../../agent/buffer/outbox.ts';
import type { RecordKind } from '../../../shared/contract/messages/record.ts';
import { tempFolder } from '../../support/temp.ts';
import { open, unsynced } from './fixture.ts';
import {
  AckAhead,
  Acknowledge,
  Append,
  type Command,
  Damage,
  Kill,
  Lease,
  listen,
  type Real,
  Refuse,
  Reopen,
  StaleAck,
  Take,
} from './outbox-model.ts';

const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const range = fc.record({ from: share, to: share });
const kind = fc.constantFrom<RecordKind>('event', 'error', 'reading', 'health');
const record = fc.record({ kind, padding: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3000 })) });
const asked = fc.record({
  limit: fc.integer({ min: 1, max: 30 }),
  bytes: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20_000 })),
  after: share,
  upTo: fc.oneof(fc.constant(1), share),
});
const commands: fc.Arbitrary<Command>[] = [
  fc.array(record, { minLength: 1, maxLength: 30 }).map((many) => new Append(many)),
  fc.array(record, { minLength: 1, maxLength: 5 }).map((many) => new Append(many)),
  asked.map((one) => new Lease(one)),
  asked.map((one) => new Take(one)),
  fc
    .record({
      upTo: share,
      ranges: fc.option(fc.array(range, { maxLength: 4 }), { nil: undefined }),
      refused: fc.array(range, { maxLength: 2 }),
      times: fc.integer({ min: 1, max: 2 }),
    })
    .map((output) => new Acknowledge(output)),
  range.map((one) => new Refuse(one)),
  fc.constant(new StaleAck()),
  fc.boolean().map((inRanges) => new AckAhead(inRanges)),
  fc.constant(new Reopen()),
  fc.constant(new Kill()),
  fc.boolean().map((both) => new Damage(both)),
];

test('says what an array would say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 25 }), async (run) => {
      let last: Outbox | undefined;
      await fc.asyncModelRun(() => {
        const folder = tempFolder();
        const real: Real = { folder, outbox: open(folder, { open: unsynced }), commits: 0 };
        listen(real);
        last = real.outbox;
        const model = { epoch: real.outbox.epoch, earlier: [], lastSeq: 0, held: [], refused: 0, commits: 0, marks: 0 };
        return { model, real };
      }, run);
      last?.close();
    }),
    { numRuns: 40 },
  );
});
