import { expect, test } from 'vitest';
import { writeClip } from '../../../support/clip.ts';
import { startDecoding } from '../../../support/decoding.ts';
import { tempFolder } from '../../../support/temp.ts';

test('what else the thread has to do has its turn after each frame, also of those that are left out', async () => {
  let turns = 0;
  let counting = true;
  const count = () => {
    turns++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const decoding = startDecoding({ url: await writeClip(tempFolder(), { frames: 60 }) }, { fps: 0.1 });
  const before = turns;
  await decoding.ended;
  counting = false;
  expect(decoding.all('frame').length).toBe(1);
  expect(turns - before).toBeGreaterThanOrEqual(60);
});
