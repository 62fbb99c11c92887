import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planOf, describe as reported } from './plan.ts';

const options = fc.record({
  seed: fc.nat(),
  minutes: fc.integer({ min: 1, max: 60 }),
  agents: fc.integer({ min: 1, max: 9 }),
  broker: fc.constantFrom('embedded' as const, 'mosquitto' as const),
  hubs: fc.integer({ min: 1, max: 3 }),
  database: fc.constantFrom('sqlite' as const, 'postgres' as const),
});

describe('a plan', () => {
  test('is the same for the same seed, and another for another', () => {
    fc.assert(
      fc.property(options, (given) => {
        expect(planOf(given)).toEqual(planOf(given));
        expect(planOf({ ...given, seed: given.seed + 1 })).not.toEqual(planOf(given));
      }),
      { numRuns: 30 },
    );
  });

  test('rises in time, ends in time, and names only who is there', () => {
    fc.assert(
      fc.property(options, (given) => {
        const plan = planOf(given);
        const times = plan.map((step) => step.atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times.at(-1)).toBeLessThan(given.minutes * 60_000);
        const lines =
          given.agents + (given.broker === 'mosquitto' ? 1 : 0) + (given.database === 'postgres' ? given.hubs : 0);
        for (const { fault } of plan) {
          if ('agent' in fault) expect(fault.agent).toBeLessThan(given.agents);
          if ('line' in fault) expect(fault.line).toBeLessThan(lines);
          expect(reported(fault)).not.toContain('undefined');
        }
      }),
      { numRuns: 30 },
    );
  });

  test('half a minute has every kind of fault, and twenty minutes at least 300 kills', () => {
    for (const seed of [1, 2, 3]) {
      const kinds = (minutes: number) =>
        planOf({ seed, minutes, agents: 3, broker: 'mosquitto' }).map(({ fault }) =>
          fault.kind === 'kill' ? fault.victim : fault.kind === 'net' ? fault.fault : fault.kind,
        );
      expect(new Set(kinds(0.6)).size).toBe(11);
      const killed = kinds(20).filter((kind) => ['runner', 'supervisor', 'hub', 'broker'].includes(kind));
      expect(killed.length).toBeGreaterThanOrEqual(300);
    }
  });
});
