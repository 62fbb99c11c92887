/** Real processes with real models: several pictures at once, and what becomes of one that kills them. */
import { expect, onTestFinished, test } from 'vitest';
import { createLooker } from '../../../cloud-hub/inference/runner.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { builtFile } from '../../support/built.ts';
import { type BrightOptions, writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';
import { picture } from './asking.ts';

function lookerOn(model: BrightOptions, batch: number) {
  const looker = createLooker({
    entry: builtFile('cloud-hub/inference/runner-child.js'),
    ...{ workDir: tempFolder(), clock: systemClock, log: createLogger('test', 'silent'), batch },
  });
  onTestFinished(() => looker.stop());
  const dir = writeBrightPackage(tempFolder(), model);
  return { looker, chosen: { dir, digest: 'sha256:1', name: 'bright@1.0.0' } };
}

test('pictures that are looked at together get what each gets alone', { timeout: 60_000 }, async () => {
  const { looker, chosen } = lookerOn({ batch: true }, 4);
  const [bright, dark] = [await picture(true), await picture(false)];
  const order = [bright, dark, dark, bright, dark, bright, Buffer.from('no picture')];
  const together = await looker.look(chosen, order);
  const found = together.map((one) => (one.type === 'seen' ? one.detections : one.why));
  expect(found.map((one) => (typeof one === 'string' ? one : one.length))).toEqual([1, 0, 0, 1, 0, 1, 'picture']);
  for (const [index, jpeg] of order.entries()) {
    const [alone] = await looker.look(chosen, [jpeg]);
    expect(alone?.type === 'seen' ? alone.detections : alone?.why).toEqual(found[index]);
  }
  // Whether it gains depends on the machine; what it says of it must fit.
  const { most, gain } = looker.batching ?? { most: 0 };
  expect(gain).toBeGreaterThan(0);
  expect(most).toBe((gain ?? 0) >= 1.15 ? 4 : 1);
});

test('a model of a fixed batch axis takes each alone, and says why', { timeout: 60_000 }, async () => {
  const { looker, chosen } = lookerOn({}, 4);
  expect(await looker.look(chosen, [await picture(true)])).toMatchObject([{ type: 'seen' }]);
  expect(looker.batching).toEqual({ most: 1, reason: "the model's batch axis is fixed to 1" });
  const off = lookerOn({ batch: true }, 1);
  await off.looker.look(off.chosen, [await picture(true)]);
  expect(off.looker.batching).toEqual({ most: 1, reason: 'off by the settings' });
});

test('of pictures that were together when the process died, only the one that kills it is refused', {
  timeout: 60_000,
}, async () => {
  const { looker, chosen } = lookerOn({ deadly: true }, 4);
  const [deadly, dark] = [await picture(true), await picture(false)];
  const answers = await looker.look(chosen, [dark, deadly, dark]);
  expect(answers).toMatchObject([
    { type: 'seen' },
    { type: 'failed', why: 'picture', message: expect.stringContaining('the process ended') },
    { type: 'seen' },
  ]);
});
