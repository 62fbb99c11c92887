/** How often a record may arrive damaged: counted in a row, whatever comes between. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openLanes, sentOn } from '../../../agent/sync/lanes.ts';
import { movedOn, noted, nothingUnread, outcomeOf } from '../../../agent/sync/unread.ts';
import { DEFAULTS } from '../../../agent/sync/uplink-limits.ts';
import { digestOf } from '../../../shared/kit/digest.ts';

/** A batch in flight alone, damaged on the way: of so many records from number 5 or 6 on. `moved`: the hub has settled more. */
const event = fc.oneof(
  { weight: 12, arbitrary: fc.record({ from: fc.constant(5), records: fc.constant(1) }) },
  fc.record({ from: fc.constantFrom(5, 6), records: fc.constantFrom(1, 2) }),
  fc.constant('moved' as const),
);
const foreign = digestOf('what came instead');

test('a record that arrives damaged alone is refused the eighth time in a row, and not before', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let state = nothingUnread;
      let row = { to: 0, times: 0 };
      for (const [n, one] of events.entries()) {
        if (one === 'moved') {
          state = movedOn(state);
          row = { to: 0, times: 0 };
          expect(state.alone).toBe(false);
          continue;
        }
        const { from, records } = one;
        const to = from + records - 1;
        const lanes = sentOn(openLanes('e', from, 8), 'live', to, records, 0, DEFAULTS);
        state = noted(state, { payload: Buffer.from(`batch ${n}`), from, to, records } as Parameters<typeof noted>[1]);
        const outcome = outcomeOf(state, foreign, 'gzip', lanes);
        row = records > 1 ? { to: 0, times: 0 } : { to, times: row.to === to ? row.times + 1 : 1 };
        if (row.times < 8) expect(outcome).toMatchObject({ kind: 'damaged', state: { alone: true } });
        else {
          const refusal = { from, to, reason: 'arrived damaged 8 times in a row: gzip' };
          expect(outcome).toMatchObject({ kind: 'unreadable', records: 1, refusal });
          row = { to: 0, times: 0 };
        }
        if (outcome.kind !== 'nothing') state = outcome.state;
      }
    }),
    { numRuns: 500 },
  );
});
