/**
 * A region of a clip that any picture which shows it gives away: noise of a loud magenta that nothing else in the clip has. Colour
 * survives what JPEG and scaling do to noise, so pictures are decoded and their pixels looked at.
 */
import { Encoder, FF_ENCODER_LIBX264 } from 'node-av';
import sharp from 'sharp';
import { createScene } from '../../fixtures/clip/scene.ts';
import { writeVideo } from '../../fixtures/clip/writer.ts';
import { seeded } from './random.ts';

const [width, height] = [320, 240];
/** Beside the line that people cross, so that their crops show it: left, top, right, bottom in fractions. */
const planted = { left: 0.51, top: 0.3, right: 0.57, bottom: 0.9 };
/** A privacy mask over it. */
export const maskOfPlanted = [
  [0.505, 0.29],
  [0.575, 0.29],
  [0.575, 0.91],
  [0.505, 0.91],
];

/** The generated scene with the region. */
export async function writePlantedClip(file: string): Promise<void> {
  const draw = createScene(width, height);
  const noise = seeded(14);
  const grains = Array.from({ length: width * height }, () => 95 + Math.floor(noise() * 30));
  function* pictures() {
    for (let i = 0; i < 110; i++) {
      const pixels = draw(i, i * 20);
      paint(pixels.subarray(0, width * height), width, (at) => grains[at] ?? 110);
      paint(pixels.subarray(width * height, (width * height * 5) / 4), width / 2, () => 210);
      paint(pixels.subarray((width * height * 5) / 4), width / 2, () => 225);
      yield pixels;
    }
  }
  const encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    context: { gopSize: 50, maxBFrames: 0, threadCount: 1 },
    options: { preset: 'ultrafast', crf: 20, 'x264-params': 'log=0' },
  });
  await writeVideo(file, encoder, { width, height, fps: 50 }, pictures());
}

function paint(plane: Buffer, columns: number, valueAt: (at: number) => number): void {
  const rows = plane.length / columns;
  for (let y = Math.ceil(planted.top * rows); y < planted.bottom * rows; y++)
    for (let x = Math.ceil(planted.left * columns); x < Math.floor(planted.right * columns); x++)
      plane[y * columns + x] = valueAt(y * columns + x);
}

export interface Searched {
  /** Pictures that could be decoded. */
  readonly looked: number;
  /** Those of them that show the region. */
  readonly shown: number;
}

export async function searchPlanted(pictures: readonly Buffer[]): Promise<Searched> {
  let [looked, shown] = [0, 0];
  const verdicts = new Map<string, boolean | undefined>();
  for (const picture of pictures) {
    const key = picture.toString('base64');
    // A loop shows the same again.
    if (!verdicts.has(key)) verdicts.set(key, await isLoud(picture));
    const verdict = verdicts.get(key);
    if (verdict !== undefined) looked++;
    if (verdict) shown++;
  }
  return { looked, shown };
}

/** Does it show magenta? Undefined for what is no picture. */
async function isLoud(picture: Buffer): Promise<boolean | undefined> {
  const raw = await sharp(picture, { failOn: 'none' })
    .removeAlpha()
    .raw()
    .toBuffer()
    .catch(() => undefined);
  if (!raw) return undefined;
  let loud = 0;
  for (let i = 0; i < raw.length; i += 3)
    if ((raw[i] ?? 0) > 150 && (raw[i + 2] ?? 0) > 150 && (raw[i + 1] ?? 0) < 90) loud++;
  return loud > 8;
}
