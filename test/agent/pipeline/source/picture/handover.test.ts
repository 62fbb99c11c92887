import { expect, test } from 'vitest';
import type { Gate } from '../../../../../agent/pipeline/stage.ts';
import type { Box } from '../../../../../shared/contract/names.ts';
import { tinyInput } from '../../../../support/inputs.ts';
import { always, brief, everyNth, start } from './handing.ts';

test('frames that come while the gate is owed an answer wait for it, and are decided in order', async () => {
  const { sent, offer, release } = await start(everyNth(4), 2);
  await offer(5);
  expect(brief(sent)).toEqual([[0, undefined, 0]]);
  release(0);
  expect(brief(sent).slice(1)).toEqual([
    [1, 'coast', 0],
    [2, 'coast', 0],
    [3, 'coast', 0],
    [4, undefined, 0],
  ]);
  // Here the gate is owed the next answer.
  await offer(1);
  expect(sent.length).toBe(5);
  release(4);
  expect(brief(sent).slice(5)).toEqual([[5, 'coast', 0]]);
});

test('of more than wait for the gate the oldest are dropped and counted', async () => {
  const { sent, offer, release } = await start(everyNth(8), 2);
  await offer(8);
  release(0);
  expect(brief(sent)).toEqual([
    [0, undefined, 0],
    [4, 'coast', 3],
    [5, 'coast', 0],
    [6, 'coast', 0],
    [7, 'coast', 0],
  ]);
  expect(sent.reduce((sum, { decoded }) => sum + decoded, 0)).toBe(8);
});

test('without a gate the newest frame waits for a tensor, and the one that it replaces is dropped', async () => {
  const { sent, offer, release } = await start(undefined, 1);
  await offer(4);
  release(0);
  expect(brief(sent)).toEqual([
    [0, undefined, 0],
    [3, undefined, 2],
  ]);
});

test('gated frames take no tensor, and eight of them may be ahead of those that have one', async () => {
  const { sent, offer, release } = await start(always('reuse'), 1);
  await offer(12);
  expect(sent.map(({ frame, gated, tensor, dropped }) => [frame, gated, tensor.length, dropped])).toEqual(
    Array.from({ length: 9 }, (_, i) => [i, 'reuse', 0, 0]),
  );
  release(0);
  // Of the three that waited the newest was kept.
  expect(brief(sent).slice(9)).toEqual([[11, 'reuse', 2]]);
});

test('a gate hears what came of an analysed frame, and nothing of one that it answered itself', async () => {
  const gate = always('analyse');
  const analysed = await start(gate, 1);
  await analysed.offer(1);
  analysed.release(0, 250);
  expect(gate.received).toEqual([250]);
  const other = always('coast');
  const coasted = await start(other, 1);
  await coasted.offer(1);
  coasted.release(0, 250);
  expect(other.received).toEqual([]);
});

test('a frame outside of the hours is not handed over and not dropped, and its picture is used again', async () => {
  const { sent, offer, handover } = await start(always('skip'), 1);
  await offer(5);
  expect(sent).toEqual([]);
  expect(handover.idle()).toBe(true);
  const spare = handover.take();
  handover.recycle(spare);
  expect(handover.take()).toBe(spare);
  expect(handover.take()).not.toBe(spare);
});

test('the gate sees the whole picture as bright as it is, in the size that it asked for, and when it is due', async () => {
  const seen: Parameters<Gate['decide']>[0][] = [];
  const gate: Gate = {
    ...always('reuse'),
    plane: { width: 16, height: 12 },
    decide: ({ luma, ...frame }) => {
      seen.push({ ...frame, luma: luma.slice() });
      return 'reuse';
    },
  };
  const { offer, clock } = await start(gate, 1);
  await offer(2);
  expect(seen).toMatchObject([
    { width: 16, height: 12, ptsMs: 0, wall: clock.wall() },
    { width: 16, height: 12, ptsMs: 100, wall: clock.wall() },
  ]);
  for (const { luma } of seen) {
    expect(luma.length).toBe(16 * 12);
    expect(Math.max(...luma) - Math.min(...luma)).toBeGreaterThan(50);
  }
});

test('a frame says what was counted since the one before, once', async () => {
  const { sent, offer, release, handover } = await start(undefined, 1);
  handover.count(3);
  await offer(1);
  await offer(4);
  release(0);
  release(1);
  await offer(1);
  expect(sent.map(({ frame, decoded, dropped }) => [frame, decoded, dropped])).toEqual([
    [0, 4, 0],
    [4, 4, 3],
    [5, 1, 0],
  ]);
});

test('for a second model each frame is made in its own size; its tensor comes along', async () => {
  const { sent, offer } = await start(undefined, 2, { ...tinyInput, width: 32, height: 48 });
  await offer(2);
  for (const { tensor, fit, also } of sent) {
    expect([tensor.length, fit.width, fit.height]).toEqual([3 * 64 * 64, 64, 64]);
    expect([also?.tensor.length, also?.fit.width, also?.fit.height]).toEqual([3 * 32 * 48, 32, 48]);
    expect(Math.max(...(also?.tensor ?? []))).toBeGreaterThan(50);
  }
  expect(sent[0]?.also?.tensor).not.toBe(sent[1]?.also?.tensor);
});

test('pictures are made of frames that have not been released; one that cannot be made is told, and costs only itself', async () => {
  const { pictures, complaints, receive, offer, release } = await start(undefined, 2);
  await offer(2);
  const ask = (request: number, frame: number, box: Box, maxSide = 64) =>
    receive({ type: 'picture', request, frame, box, maxSide });
  ask(1, 0, [0, 0, 1, 1]);
  ask(2, 0, [0, 0, 1, 1], Number.NaN);
  release(0);
  ask(3, 0, [0, 0, 1, 1]);
  ask(4, 1, [0, 0, 0.5, 0.5]);
  expect(pictures.map(({ request, picture }) => [request, picture && [picture.width, picture.height]])).toEqual([
    [1, [64, 48]],
    [2, undefined],
    [3, undefined],
    [4, [64, 48]],
  ]);
  expect(complaints).toEqual([expect.stringMatching(/^no picture of it: ./)]);
});

test('a frame that cannot be scaled gives its tensor back and tells the gate, and the next one is handed over', async () => {
  const gate = always('analyse');
  const { sent, handover, redactor, offer } = await start(gate, 1);
  const offered = { picture: redactor.redact(handover.take()), frame: 99, ptsMs: 0, decodeMs: 0, startedAt: 0 };
  expect(() => handover.offer(offered)).toThrow();
  expect(gate.received).toEqual([0]);
  await offer(1);
  expect(brief(sent)).toEqual([[0, undefined, 0]]);
});
