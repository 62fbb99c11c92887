/** When a watch sees a picture, and when what it finds is said: a real frame, and a watch that finds what the test says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { createLooks } from '../../../../../agent/pipeline/source/picture/looks.ts';
import type { PictureFault } from '../../../../../shared/contract/messages/report.ts';
import { allocFrame, openVideo } from '../../../../../shared/engine/frames/reader.ts';

type Frame = ReturnType<typeof allocFrame>;
let grey: Frame;
beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  const file = path.join(folder, 'picture.png');
  const create = { width: 64, height: 48, channels: 3, background: { r: 128, g: 128, b: 128 } } as const;
  writeFileSync(file, await sharp({ create }).png().toBuffer());
  const fail = (message: string): never => {
    throw new Error(message);
  };
  const from = { from: 'file', url: file, options: {}, waits: false, shown: file } as const;
  const reader = await openVideo(from, { onUndecodable: fail });
  grey = allocFrame();
  await reader.next(grey);
  reader.close();
  return () => rmSync(folder, { recursive: true, force: true });
});

/** @param finds what the watch finds, by the time; it wants a picture each second */
function looking(finds: (atMs: number) => PictureFault | undefined) {
  const said: [number, PictureFault | undefined][] = [];
  const saw: { readonly at: number; readonly bytes: number; readonly mid: number | undefined }[] = [];
  let now = 0;
  const looks = createLooks(
    {
      plane: { width: 32, height: 24 },
      due: (atMs) => atMs % 1000 === 0,
      see(luma, atMs) {
        saw.push({ at: atMs, bytes: luma.length, mid: luma[luma.length / 2] });
        return finds(atMs);
      },
    },
    (fault) => void said.push([now, fault]),
  );
  onTestFinished(() => looks.close());
  const look = (atMs: number) => {
    now = atMs;
    looks.look(grey, atMs);
  };
  const through = (fromMs: number, toMs: number) => {
    for (let at = fromMs; at <= toMs; at += 500) look(at);
  };
  return { said, saw, through };
}

test('the watch gets the whole picture in brightness, in the size and at the times that it wants', () => {
  const { saw, through } = looking(() => undefined);
  through(0, 3000);
  expect(saw.map(({ at }) => at)).toEqual([0, 1000, 2000, 3000]);
  for (const { bytes, mid } of saw) {
    expect(bytes).toBe(32 * 24);
    expect(Math.abs((mid ?? 0) - 128)).toBeLessThan(8);
  }
});

test('what changes is said at once, and what stays each minute from then on', () => {
  const { said, through } = looking((at) => (at >= 5000 && at < 100_000 ? 'dark' : undefined));
  through(0, 230_000);
  expect(said).toEqual([
    [5000, 'dark'],
    [65_000, 'dark'],
    [100_000, undefined],
    [160_000, undefined],
    [220_000, undefined],
  ]);
});

test('one that is well from the start is said after a minute; one that is not at once, by its own kind', () => {
  const well = looking(() => undefined);
  well.through(7000, 70_000);
  expect(well.said).toEqual([[67_000, undefined]]);
  const ill = looking((at) => (at < 2000 ? 'dark' : 'frozen'));
  ill.through(0, 3000);
  expect(ill.said).toEqual([
    [0, 'dark'],
    [2000, 'frozen'],
  ]);
});
