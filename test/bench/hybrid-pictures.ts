/**
 * Part of `bench hybrid`: which pictures of alarms give the best verdicts for their bytes. The hub's model looks at what the agent's
 * encoder made of the clip's frames; a verdict is right when it withdraws an alarm that the hub's model on every frame does not
 * have, and no other.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { regionOf } from '../../agent/pipeline/choose/region.ts';
import { judge } from '../../cloud-hub/inference/judge.ts';
import { createLooker } from '../../cloud-hub/inference/runner.ts';
import type { StreamEscalation } from '../../shared/contract/config/escalate.ts';
import type { Box } from '../../shared/contract/names.ts';
import { createPictureMaker } from '../../shared/engine/frames/picture.ts';
import { allocFrame, openVideo } from '../../shared/engine/frames/reader.ts';
import { createRedactor, NOTHING_HIDDEN } from '../../shared/engine/frames/redact.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { pairedOf } from './events.ts';
import type { Asked, Scene } from './hybrid-policies.ts';

/** `webp`: the same pixels, by another encoder, for comparison: the hub takes JPEG. */
type Setting = Pick<StreamEscalation, 'show' | 'side'> & { readonly quality: number; readonly webp?: true };

const SETTINGS: readonly Setting[] = [
  { show: 'frame', side: 640, quality: 80 },
  { show: 'frame', side: 640, quality: 60 },
  { show: 'frame', side: 640, quality: 40 },
  { show: 'frame', side: 640, quality: 25 },
  { show: 'frame', side: 480, quality: 60 },
  { show: 'region', side: 640, quality: 80 },
  { show: 'region', side: 320, quality: 80 },
  { show: 'region', side: 320, quality: 60 },
  { show: 'region', side: 320, quality: 40 },
  { show: 'crop', side: 320, quality: 80 },
  { show: 'crop', side: 160, quality: 60 },
  { show: 'frame', side: 640, quality: 60, webp: true },
  { show: 'frame', side: 640, quality: 40, webp: true },
  { show: 'frame', side: 640, quality: 25, webp: true },
  { show: 'region', side: 320, quality: 60, webp: true },
];
const CONFIRMS = 0.3;
/** Alarms that are looked at, evenly over the clip. */
const MOST = 400;
/** What WebP is made of, and what the hub's model sees of it: loss of JPEG at these does not count. */
const LOSSLESS_ENOUGH = 100;

/** @param firstFrame of the clip's frames, that of the scene's first */
export async function comparePictures(
  model: string,
  clip: string,
  scene: Scene,
  asked: Asked,
  firstFrame: number,
  print: (line: string) => void,
): Promise<void> {
  const right = pairedOf(scene.truth, asked.events);
  const wanted = asked.samples.flatMap((sample) => {
    const box = sample.event?.box;
    const about = asked.events.filter((event) => event.sample === sample.id);
    return box && about.length > 0 ? [{ sample, box, isTrue: about.some((event) => right.has(event)) }] : [];
  });
  const alarms = wanted.filter(
    (_, i) => Math.floor((i * MOST) / wanted.length) !== Math.floor(((i - 1) * MOST) / wanted.length),
  );
  const workDir = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const looker = createLooker({
    entry: new URL('../../cloud-hub/inference/runner-child.js', import.meta.url),
    workDir,
    clock: systemClock,
    log: createLogger('bench', 'error'),
  });
  const maker = createPictureMaker();
  const redactor = createRedactor(NOTHING_HIDDEN);
  const reader = await openVideo(
    { from: 'file', url: clip, shown: clip, waits: false },
    { onUndecodable: () => undefined },
  );
  const frame = allocFrame();
  const totals = SETTINGS.map((setting) => ({ setting, kept: 0, withdrawn: 0, bytes: 0 }));
  try {
    for (let index = -firstFrame; (await reader.next(frame)) !== undefined; index++) {
      for (const { sample, box, isTrue } of alarms.filter((one) => one.sample.frame === index)) {
        for (const total of totals) {
          const { show, side, quality, webp } = total.setting;
          const region = regionOf(box, show);
          const made = (q: number) => Uint8Array.from(maker.crop(redactor.redact(frame), region, side, q).jpeg);
          const sent = webp ? await sharp(made(LOSSLESS_ENOUGH)).webp({ quality }).toBuffer() : made(quality);
          const jpeg = webp ? await sharp(sent).jpeg({ quality: LOSSLESS_ENOUGH }).toBuffer() : sent;
          const [answer] = await looker.look({ name: 'hub', dir: model, digest: '' }, [jpeg]);
          if (answer?.type !== 'seen') throw new Error(answer?.message ?? 'no answer');
          const seen = answer.detections
            .filter(({ label, score }) => label === 'person' && score >= CONFIRMS)
            .map((one) => ({ ...one, box: inSource(one.box, region) }));
          const isKept = judge({ ...sample, wall: 0 }, seen).outcome !== 'withdrawn';
          if (isKept && isTrue) total.kept++;
          if (!isKept && !isTrue) total.withdrawn++;
          total.bytes += sent.length;
        }
      }
    }
  } finally {
    frame.free();
    for (const part of [maker, redactor, reader]) part.close();
    await looker.stop();
    rmSync(workDir, { recursive: true, force: true });
  }
  print(
    `pictures of ${alarms.length} alarms, ${alarms.filter(({ isTrue }) => isTrue).length} of them true: what, longest side, quality; verdicts that are right; kB each`,
  );
  for (const { setting, kept, withdrawn, bytes } of totals)
    print(
      `${setting.show.padEnd(7)} ${setting.side} px  ${setting.webp ? 'WebP' : 'JPEG'} q${setting.quality}  ${((100 * (kept + withdrawn)) / alarms.length).toFixed(1)} %  ${kept} true ones kept, ${withdrawn} false ones withdrawn  ${(bytes / alarms.length / 1000).toFixed(1)} kB`,
    );
}

function inSource([x, y, w, h]: Box, [left, top, width, height]: Box): Box {
  return [left + x * width, top + y * height, w * width, h * height];
}
