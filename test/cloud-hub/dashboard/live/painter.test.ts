import { describe, expect, test } from 'vitest';
import type { LivePicture } from '../../../../cloud-hub/dashboard/hub/picture.ts';
import type { Canvas2d } from '../../../../cloud-hub/dashboard/live/overlay.ts';
import { Painter } from '../../../../cloud-hub/dashboard/live/painter.ts';
import { recordingCanvas } from '../canvas.ts';

function picture(frame: number): LivePicture {
  const header = { device: 'd', stream: 's', frame, ptsMs: 0, wall: 0, width: 4, height: 3, detections: [] };
  return { header, jpeg: new Uint8Array([0xff, 0xd8]) };
}

/** The browser's edge: a decoder that finishes when told, and a canvas that remembers. */
function bench(record = recordingCanvas(), context: Canvas2d | null = record.context) {
  const waiting: { resolve: (bitmap: ImageBitmap) => void; reject: (error: Error) => void }[] = [];
  const drawn: number[] = [];
  const state = { open: 0, broken: 0 };
  const canvas = { width: 0, height: 0, getContext: () => context };
  const painter = new Painter({
    canvas: canvas as unknown as HTMLCanvasElement,
    decode: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
    onDrawn: ({ header }) => drawn.push(header.frame),
    onBroken: () => {
      state.broken++;
    },
  });
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
  const decoded = async () => {
    state.open++;
    const bitmap = { width: 4, height: 3, close: () => state.open-- };
    waiting.shift()?.resolve(bitmap as unknown as ImageBitmap);
    await nextTurn();
  };
  const broken = async () => {
    waiting.shift()?.reject(new Error('not a JPEG'));
    await nextTurn();
  };
  return { painter, canvas, record, waiting, drawn, state, decoded, broken };
}

test('a slow decoder skips to the newest picture, and one bitmap is held', async () => {
  const { painter, waiting, drawn, state, decoded } = bench();
  for (const frame of [1, 2, 3, 4]) painter.show(picture(frame));
  expect(waiting).toHaveLength(1);
  await decoded();
  await decoded();
  expect(drawn).toEqual([1, 4]);
  expect(waiting).toHaveLength(0);
  expect(state.open).toBe(1);
  painter.close();
  expect(state.open).toBe(0);
});

test('a broken picture is counted and the next one is shown', async () => {
  const { painter, drawn, state, broken, decoded } = bench();
  painter.show(picture(1));
  painter.show(picture(2));
  await broken();
  await decoded();
  expect(state.broken).toBe(1);
  expect(drawn).toEqual([2]);
});

test('what is decoded after the end is released, not shown', async () => {
  const { painter, waiting, drawn, state, decoded } = bench();
  painter.show(picture(1));
  painter.show(picture(2));
  painter.close();
  await decoded();
  // The one that waited is not even decoded.
  expect(waiting).toHaveLength(0);
  expect(drawn).toEqual([]);
  expect(state.open).toBe(0);
});

describe('on a canvas', () => {
  const box = { label: 'car', score: 0.5, box: [0, 0, 0.5, 0.5] as [number, number, number, number] };
  const found = (frame: number): LivePicture => {
    const { header, jpeg } = picture(frame);
    return { header: { ...header, detections: [box] }, jpeg };
  };
  const rule = { name: 'yard', kind: 'zone', points: [[0, 0] as const, [1, 0] as const, [0, 1] as const] };
  const rules = [{ ...rule, points: rule.points.map(([x, y]): [number, number] => [x, y]) }];
  const layers = { boxes: true, labels: true, rules: true };

  test('a picture fills the middle, with what was found and the rules over it', async () => {
    const { painter, canvas, record, decoded } = bench(recordingCanvas());
    painter.resize({ width: 80, height: 30 }, 2);
    expect([canvas.width, canvas.height]).toEqual([160, 60]);
    expect(record.calls('setTransform').map(({ args }) => args)).toEqual([[2, 0, 0, 2, 0, 0]]);
    expect(record.calls('drawImage')).toHaveLength(0);
    painter.show(found(1));
    await decoded();
    expect(record.calls('drawImage').map(({ args }) => args.slice(1))).toEqual([[20, 0, 40, 30]]);
    expect(record.calls('clearRect').at(-1)?.args).toEqual([0, 0, 80, 30]);
    expect(record.calls('strokeRect')).toHaveLength(2);
    expect(record.texts()).toEqual(['car 50%']);
    record.drawn.length = 0;
    painter.overlay(layers, rules);
    expect(record.texts()).toEqual(['yard', 'car 50%']);
    record.drawn.length = 0;
    painter.overlay({ ...layers, rules: false, labels: false }, rules);
    expect([record.texts(), record.calls('strokeRect').length]).toEqual([[], 2]);
  });

  test('a canvas of the same size is not begun anew, one of another is', () => {
    const { painter, canvas, record } = bench(recordingCanvas());
    painter.resize({ width: 80, height: 30 }, 1);
    painter.resize({ width: 80.2, height: 29.8 }, 1);
    expect(record.calls('setTransform')).toHaveLength(1);
    painter.resize({ width: 80, height: 31 }, 1);
    painter.resize({ width: 81, height: 31 }, 1);
    expect(record.calls('setTransform')).toHaveLength(3);
    expect([canvas.width, canvas.height]).toEqual([81, 31]);
  });

  test('nothing is drawn before the canvas has a size, nor after the end', async () => {
    const { painter, record, decoded } = bench(recordingCanvas());
    painter.show(found(1));
    await decoded();
    expect(record.drawn).toEqual([]);
    painter.resize({ width: 80, height: 30 }, 1);
    expect(record.calls('drawImage')).toHaveLength(1);
    painter.close();
    record.drawn.length = 0;
    painter.overlay(layers, rules);
    painter.show(found(2));
    await decoded();
    expect(record.drawn).toEqual([]);
  });
});
