import { expect, test } from 'vitest';
import { createRetry } from '../../../../../agent/pipeline/source/picture/retry.ts';
import { createStallWatch } from '../../../../../agent/pipeline/source/picture/stall.ts';
import type { CodedError } from '../../../../../shared/kit/errors.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

test('a camera that is away is asked within half a second first, and then about each second', () => {
  const retry = createRetry(() => 1);
  expect(Array.from({ length: 5 }, () => retry.next('source-ended'))).toEqual([400, 800, 1000, 1000, 1000]);
  retry.flowed();
  expect(retry.next('source-stalled')).toBe(400);
});

test('a wrong password is not hurled at a camera', () => {
  const retry = createRetry(() => 0);
  const waits = Array.from({ length: 6 }, () => retry.next('source-auth'));
  expect(waits[0]).toBeGreaterThanOrEqual(2500);
  expect(waits.at(-1)).toBe(30_000);
});

test('what comes of haste and what does not are counted apart; frames forget both', () => {
  const retry = createRetry(() => 1);
  const waits = (code: 'source-open' | 'source-no-video' | 'source-auth') => retry.next(code);
  expect([waits('source-open'), waits('source-no-video'), waits('source-open'), waits('source-auth')]).toEqual([
    ...[400, 5000, 800, 10_000],
  ]);
  retry.flowed();
  expect([waits('source-open'), waits('source-auth')]).toEqual([400, 5000]);
});

test('waits are spread: two cameras that went together do not come together', () => {
  const retry = createRetry();
  const waits = Array.from({ length: 50 }, () => retry.next('source-open')).slice(5);
  expect(new Set(waits).size).toBeGreaterThan(40);
  for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(500);
});

function watching(stallMs = 1500, openMs = 5000) {
  const clock = new ManualClock();
  const stalls: CodedError[] = [];
  return { clock, stalls, watch: createStallWatch('cam', { stallMs, openMs }, clock, (error) => stalls.push(error)) };
}

test('silence is noticed once, just after the limit', async () => {
  const { clock, stalls, watch } = watching();
  watch.packet();
  watch.frame();
  await clock.advance(1500);
  expect(stalls).toEqual([]);
  await clock.advance(100);
  expect(stalls).toMatchObject([{ code: 'source-stalled', message: 'cam: no packet for 1.5 s' }]);
  await clock.advance(10_000);
  expect(stalls).toHaveLength(1);
  // Packets within the limit, however long: no silence.
  const flowing = watching();
  for (let i = 0; i < 20; i++) {
    flowing.watch.packet();
    flowing.watch.frame();
    await flowing.clock.advance(1500);
  }
  expect(flowing.stalls).toEqual([]);
});

test.each([
  [1500, 5000, 15_000],
  [8000, 8000, 15_000],
  [20_000, 20_000, 20_000],
])(
  'with a limit of %d ms connecting may take %d ms, and a frame of packets %d ms',
  async (stallMs, openMs, frameMs) => {
    const silent = watching(stallMs, openMs);
    expect(silent.watch.packetAt()).toBe(0);
    await silent.clock.advance(openMs);
    expect(silent.stalls).toEqual([]);
    await silent.clock.advance(100);
    expect(silent.stalls).toMatchObject([
      { message: expect.stringContaining(`cam: no packet within ${openMs / 1000} s of connecting; one that`) },
    ]);
    const { clock, stalls, watch } = watching(stallMs);
    await clock.advance(200);
    watch.frame();
    for (let i = 0; i < frameMs / 100; i++) {
      watch.packet();
      expect(watch.packetAt()).toBe(clock.mono());
      await clock.advance(100);
    }
    expect(stalls).toEqual([]);
    watch.packet();
    await clock.advance(100);
    const message = `cam: packets come, but no frame of them could be decoded for ${frameMs / 1000} s`;
    expect(stalls).toMatchObject([{ code: 'source-stalled', message }]);
  },
);

test('pictures that are asked for one by one may be further apart', async () => {
  const { clock, stalls, watch } = watching();
  watch.stretch(20_000);
  watch.packet();
  await clock.advance(21_500);
  expect(stalls).toEqual([]);
  await clock.advance(100);
  expect(stalls).toMatchObject([{ message: 'cam: no packet for 21.5 s' }]);
});

test('connecting may take longer, and packets that give no frame are a stall in the end', async () => {
  const { clock, stalls, watch } = watching();
  await clock.advance(4900);
  expect(stalls).toEqual([]);
  for (let i = 0; i < 110; i++) {
    watch.packet();
    await clock.advance(100);
  }
  expect(stalls).toMatchObject([{ code: 'source-stalled', message: expect.stringContaining('could be decoded') }]);
  const silent = watching();
  await silent.clock.advance(5200);
  expect(silent.stalls).toMatchObject([{ message: expect.stringContaining('of connecting') }]);
  const stopped = watching();
  stopped.watch.stop();
  await stopped.clock.advance(60_000);
  expect(stopped.stalls).toEqual([]);
});
