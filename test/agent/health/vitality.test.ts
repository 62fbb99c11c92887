import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vitalityOf } from '../../../agent/health/vitality.ts';
import { streamState } from '../../../shared/contract/messages/report.ts';

const moment = fc.integer({ min: 0, max: 1e6 });

test('no stream is running without a sign within its waitLimit, whatever was said', () => {
  const signs = fc.record({
    reported: fc.constantFrom(...streamState.options),
    reportedAt: moment,
    signAt: fc.option(moment, { nil: undefined }),
    flowedAt: moment,
    waitLimitMs: fc.integer({ min: 1, max: 1e5 }),
  });
  fc.assert(
    fc.property(signs, moment, (found, now) => {
      const { state, since, why } = vitalityOf(found, now);
      const isFresh = found.signAt !== undefined && now - found.signAt <= found.waitLimitMs;
      expect(state === 'running').toBe(found.reported === 'running' && isFresh);
      // Whoever is told that it stalls is told why.
      if (found.reported !== 'stalled') expect(why !== undefined).toBe(state === 'stalled');
      expect([found.reportedAt, found.signAt, found.flowedAt]).toContain(since);
    }),
  );
});
