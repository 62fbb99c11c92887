import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createShipping } from '../../../agent/logs/shipping.ts';
import { createLogTap } from '../../../agent/logs/tap.ts';
import { MOST_BYTES, MOST_LINES, WaitingLines } from '../../../agent/logs/waiting.ts';
import { decode } from '../../../shared/contract/codec.ts';
import { type LogBatch, logBatch, logLevels } from '../../../shared/contract/messages/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function shipping(kbPerHour = 1024) {
  const clock = new ManualClock();
  const tap = createLogTap();
  const sent: LogBatch[] = [];
  const state = { isOpen: true, fails: false };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const made = createShipping({
    tap,
    boot: 'b1',
    kbPerHour,
    redact: (text) => text,
    isOpen: () => state.isOpen,
    async send(payload) {
      if (state.fails) throw new Error('cut off');
      sent.push(logBatch.parse(decode(payload, 1 << 20)));
    },
    clock,
  });
  const line = (msg: string, level = 30) =>
    tap.write(JSON.stringify({ level, time: '2026-01-01T00:00:00Z', component: 'sync', msg }));
  const pass = async (ms: number, stepMs = 500) => {
    for (let left = ms; left > 0; left -= stepMs) {
      clock.advance(Math.min(left, stepMs));
      await settle();
    }
  };
  const messages = () => sent.flatMap(({ lines }) => lines.map(({ message }) => message));
  return { clock, tap, sent, state, made, line, pass, messages };
}

it('sends lines together, numbered, also those from before it listened', async () => {
  const early = createLogTap();
  early.write('{"level":30,"time":"2026-01-01T00:00:00Z","msg":"first"}');
  const heard: string[] = [];
  early.listen((text) => heard.push(text));
  expect(heard).toHaveLength(1);

  const { line, pass, sent } = shipping();
  line('a');
  line('b');
  await pass(1_000);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({
    boot: 'b1',
    lines: [
      { n: 1, message: 'a' },
      { n: 2, message: 'b' },
    ],
  });
  expect(sent[0]).not.toHaveProperty('dropped');
});

it('waits while records wait, and sends again what was cut off, in order', async () => {
  const { line, pass, state, messages, made } = shipping();
  state.isOpen = false;
  line('a');
  await pass(60_000);
  expect(messages()).toEqual([]);
  state.isOpen = true;
  state.fails = true;
  await pass(10_000);
  line('b');
  expect(made.state()).toMatchObject({ sent: 0, waiting: 2 });
  state.fails = false;
  await pass(10_000);
  expect(messages()).toEqual(['a', 'b']);
});

it('sends no more in an hour than its budget, and says how many lines it gave up', async () => {
  const { line, pass, sent, made } = shipping(100);
  const text = 'x'.repeat(900);
  for (let minute = 0; minute < 60; minute++) {
    for (let i = 0; i < 40; i++) line(`${minute} ${i} ${text}`);
    await pass(60_000, 5_000);
  }
  const bytes = sent.flatMap(({ lines }) => lines).reduce((sum, one) => sum + JSON.stringify(one).length, 0);
  expect(bytes).toBeLessThanOrEqual(100_000);
  expect(bytes).toBeGreaterThan(80_000);
  const { waiting, sent: count, dropped } = made.state();
  expect(waiting + count + dropped).toBe(2_400);
  expect(sent.at(-1)?.dropped).toBeGreaterThan(1_000);
});

it('sends nothing with a budget of 0, and nothing after it was stopped', async () => {
  const none = shipping(0);
  none.line('a');
  await none.pass(10_000);
  expect(none.sent).toEqual([]);
  const stopped = shipping();
  stopped.line('a');
  stopped.made.stop();
  await stopped.pass(10_000);
  expect(stopped.sent).toEqual([]);
});

it('keeps to its bounds, counts what goes, and lets the least serious go first', () => {
  const input = fc.array(
    fc.record({ level: fc.constantFrom(...logLevels), length: fc.integer({ min: 0, max: 2_000 }) }),
    { minLength: 1, maxLength: 1_500 },
  );
  fc.assert(
    fc.property(input, (all) => {
      const waiting = new WaitingLines();
      for (const { level, length } of all)
        waiting.add({ wall: 1, level, component: 'sync', message: 'm'.repeat(length) });
      const kept = waiting.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      expect(kept.length).toBeLessThanOrEqual(MOST_LINES);
      expect(kept.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(MOST_BYTES);
      expect(kept.length + waiting.dropped).toBe(all.length);
      const numbers = kept.map(({ line }) => line.n);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      const errors = all.filter(({ level }) => level === 'error').length;
      const keptErrors = kept.filter(({ line }) => line.level === 'error').length;
      if (kept.some(({ line }) => line.level !== 'error') && waiting.dropped > 0) expect(keptErrors).toBe(errors);
    }),
    { numRuns: 30 },
  );
});
