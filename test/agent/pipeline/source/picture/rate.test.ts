/** The rate that is asked for is the rate that is given, whatever a camera's stamps say and however it encodes. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { generateClip } from '../../../../../fixtures/clip/generate.ts';
import { type Decoding, startDecoding } from '../../../../support/decoding.ts';
import { hasRtspServer, startRtspCamera } from '../../../../support/rtsp-camera.ts';
import type { Stamps } from '../../../../support/rtsp-server.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

const FPS = 5;
/** Longer than stamps must be wrong until it is said. */
const SECONDS = 10;

interface Camera {
  readonly fps: number;
  readonly stamps: Stamps;
  readonly bFrames: number;
}

async function start(folder: string, { fps, stamps, bFrames }: Camera): Promise<Decoding> {
  const clip = path.join(folder, `${fps}-${bFrames}.mp4`);
  await generateClip(clip, { frames: 6 * fps, width: 320, height: 240, fps, bFrames });
  const camera = await startRtspCamera(clip, fps);
  await camera.send(`stamps-${stamps}`);
  return startDecoding({ url: `rtsp://127.0.0.1:${camera.port}/live` }, { fps: FPS, reconnect: true });
}

/** What came of it, from a second after its first frame on: until then the stamps show what they are worth. */
async function measure(decoding: Decoding) {
  const begun = (await decoding.next('frame')).at;
  const all = () => decoding.all('frame').filter((f) => f.at > begun + 1500);
  const span = () => ((all().at(-1)?.at ?? 0) - (all()[0]?.at ?? 0)) / 1000;
  await until(() => span() >= SECONDS, `${SECONDS} s of frames`, 60_000);
  const [first, ...frames] = all();
  const sum = (of: (frame: (typeof frames)[number]) => number) => frames.reduce((total, f) => total + of(f), 0);
  const played = ((frames.at(-1)?.ptsMs ?? 0) - (first?.ptsMs ?? 0)) / 1000;
  return {
    // By the frames' own time, and with those that a busy machine had to drop.
    rate: sum((f) => 1 + f.dropped) / played,
    speed: played / span(),
    came: sum((f) => f.decoded) / span(),
    accounted: sum((f) => 1 + f.dropped + f.thinned) / sum((f) => f.decoded),
  };
}

test.skipIf(!hasRtspServer)(
  'five frames per second are asked of cameras with stamps and B-frames of every kind, and are given, in their time',
  async () => {
    const folder = tempFolder();
    const cameras: Record<string, Camera> = {
      ...Object.fromEntries(
        (['right', 'still', 'half', 'hz8000', 'steps', 'ahead'] as const).map((stamps) => [
          stamps,
          { fps: 25, stamps, bFrames: 0 },
        ]),
      ),
      // Every third frame is needed by others: 3.3 per second.
      'few needed': { fps: 10, stamps: 'right', bFrames: 2 },
      // Ten per second are needed, so that the others can be left out undecoded.
      'enough needed': { fps: 30, stamps: 'right', bFrames: 2 },
    };
    const decodings = new Map<string, Decoding>();
    for (const [name, camera] of Object.entries(cameras)) decodings.set(name, await start(folder, camera));
    const measured = await Promise.all(
      [...decodings].map(async ([name, decoding]) => ({ name, ...(await measure(decoding)) })),
    );
    for (const { name, rate, speed, came, accounted } of measured) {
      console.log(`${name}: ${rate.toFixed(2)}/s of ${came.toFixed(1)}, time runs at ${speed.toFixed(2)}`);
      expect({ name, rate, speed, accounted }).toEqual({
        name,
        rate: expect.closeTo(FPS, 0),
        speed: expect.closeTo(1, 0.5),
        accounted: expect.closeTo(1, 0.5),
      });
      // Most of them came, and are counted, whether or not they were decoded.
      expect(came).toBeGreaterThan(name === 'few needed' ? 5.5 : 11);
    }
    // Stamps must be wrong for ten seconds without a break: on a busy machine that takes longer. The frames of other cameras may be late as well there.
    for (const name of ['still', 'half', 'hz8000', 'steps']) {
      const output = () =>
        decodings
          .get(name)
          ?.all('note')
          .some((n) => n.message.includes('timestamps'));
      await until(output, `${name}: said that its timestamps are wrong`, 60_000);
    }
  },
  180_000,
);
