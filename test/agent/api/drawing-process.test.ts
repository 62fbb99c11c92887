import path from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { createDrawingProcess } from '../../../agent/api/drawing-process.ts';
import type { Drawing } from '../../../shared/engine/drawing/overlay.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { built } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

const drawing: Drawing = {
  header: { width: 64, height: 48, detections: [] },
  rules: [],
  result: undefined,
};

function drawingProcess() {
  const made = createDrawingProcess({
    entry: built('agent/api/annotate-child.js'),
    workDir: path.join(tempFolder(), 'drawing'),
    clock: systemClock,
  });
  onTestFinished(made.stop);
  return made;
}

const picture = () =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer();

test('pictures are drawn in another process; what is no picture is its own fault alone', async () => {
  const { annotate } = drawingProcess();
  const jpeg = await picture();
  const [first, broken, second] = await Promise.allSettled([
    annotate(jpeg, drawing),
    annotate(Buffer.from('no picture'), drawing),
    annotate(jpeg, drawing),
  ]);
  expect(broken).toMatchObject({
    status: 'rejected',
    reason: expect.objectContaining({ message: expect.stringContaining('unsupported') }),
  });
  for (const made of [first, second]) {
    if (made.status !== 'fulfilled') throw made.reason;
    expect(await sharp(made.value).metadata()).toMatchObject({ format: 'jpeg', width: 64, height: 48 });
  }
});

test('a process that is ended answers what was asked, and the next picture starts another', async () => {
  const { annotate, stop } = drawingProcess();
  const jpeg = await picture();
  const asked = annotate(jpeg, drawing);
  await Promise.all([expect(asked).rejects.toThrow('ended'), stop()]);
  expect((await annotate(jpeg, drawing)).length).toBeGreaterThan(0);
});
