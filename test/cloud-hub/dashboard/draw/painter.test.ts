import { expect, test } from 'vitest';
import { Painter } from '../../../../cloud-hub/dashboard/draw/painter.ts';
import type { LivePicture } from '../../../../cloud-hub/dashboard/state/picture.ts';

function picture(frame: number): LivePicture {
  const header = { device: 'd', stream: 's', frame, ptsMs: 0, wall: 0, width: 4, height: 3, detections: [] };
  return { header, jpeg: new Uint8Array([0xff, 0xd8]) };
}

/** The browser's edge: a decoder that finishes when told, and a canvas that has no context, so that nothing is drawn. */
function bench() {
  const waiting: { resolve: (bitmap: ImageBitmap) => void; reject: (error: Error) => void }[] = [];
  const drawn: number[] = [];
  const state = { open: 0, broken: 0 };
  const canvas = { width: 0, height: 0, getContext: () => null };
  const painter = new Painter({
    canvas: canvas as unknown as HTMLCanvasElement,
    decode: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
    onDrawn: ({ header }) => drawn.push(header.frame),
    onBroken: () => {
      state.broken++;
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const decoded = async () => {
    state.open++;
    const bitmap = { width: 4, height: 3, close: () => state.open-- };
    waiting.shift()?.resolve(bitmap as unknown as ImageBitmap);
    await settle();
  };
  const broken = async () => {
    waiting.shift()?.reject(new Error('not a JPEG'));
    await settle();
  };
  return { painter, waiting, drawn, state, decoded, broken };
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
  const { painter, drawn, state, decoded } = bench();
  painter.show(picture(1));
  painter.close();
  await decoded();
  expect(drawn).toEqual([]);
  expect(state.open).toBe(0);
});
