/** A golden picture is looked at as a person sees it, whichever way its pixels lie in the file. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { openEngine } from '../../../../shared/engine/engine.ts';
import { runGolden } from '../../../../shared/engine/golden/golden.ts';
import { objectsOf } from '../../../../shared/engine/outcome.ts';
import { readPackage } from '../../../../shared/engine/package/package.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { analyseFile } from '../../../support/analyse.ts';
import { writeBrightPackage } from '../../../support/onnx.ts';
import { RATE, SOUND_WINDOW, tones, writeSoundPackage } from '../../../support/sound-model.ts';
import { tempFolder } from '../../../support/temp.ts';

/** Black, with a bright square at the lower left of what is meant to be seen. */
async function writePicture(file: string): Promise<void> {
  const square = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000' } })
    .composite([{ input: square, left: 8, top: 40 }])
    .png()
    .toFile(file);
}

async function differences(dir: string): Promise<readonly string[]> {
  const pack = await readPackage(dir);
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  onTestFinished(() => engine.close());
  return (await runGolden(pack, engine, 'fp32')).flatMap((verdict) => verdict.differences);
}

test.each([6, 8])('a photo of orientation %i is judged upright', async (orientation) => {
  const dir = path.join(tempFolder(), 'bright');
  const golden = [{ input: 'golden.jpg', output: 'golden.json' }];
  writeBrightPackage(dir, {}, { golden });
  const seen = path.join(dir, 'seen.png');
  await writePicture(seen);
  const upright = objectsOf((await analyseFile(writeBrightPackage(path.join(tempFolder(), 'b')), seen)).outcome);
  expect(upright.length).toBeGreaterThan(0);
  writeFileSync(path.join(dir, 'golden.json'), JSON.stringify({ detections: upright }));
  // The pixels lie as a camera that was held on its side writes them.
  const lying = sharp(seen).rotate(orientation === 6 ? -90 : 90);
  await lying.jpeg({ quality: 100 }).withMetadata({ orientation }).toFile(path.join(dir, 'golden.jpg'));
  expect(await differences(dir)).toEqual([]);
  // Without the note they are another picture.
  await sharp(seen)
    .rotate(orientation === 6 ? -90 : 90)
    .jpeg({ quality: 100 })
    .toFile(path.join(dir, 'golden.jpg'));
  expect(await differences(dir)).not.toEqual([]);
});

test('a golden sound is heard as a stream hears it, by its features', async () => {
  const dir = path.join(tempFolder(), 'pitch');
  const golden = [{ input: 'golden.json', output: 'answer.json' }];
  writeSoundPackage(dir, { golden });
  writeFileSync(path.join(dir, 'golden.json'), JSON.stringify([...tones({ hz: 5000, seconds: SOUND_WINDOW / RATE })]));
  writeFileSync(path.join(dir, 'answer.json'), JSON.stringify({ classes: [{ label: 'high', score: 1 }] }));
  expect(await differences(dir)).toEqual([]);
  writeFileSync(path.join(dir, 'golden.json'), JSON.stringify([...tones({ hz: 300, seconds: SOUND_WINDOW / RATE })]));
  expect(await differences(dir)).not.toEqual([]);
});
