/** A busy and a quiet scene at 720p10, written once beside the other fetched material. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { writeQuietClip } from '../../fixtures/clip/quiet.ts';
import { transcodeClip } from '../../fixtures/clip/transcode.ts';

export interface Scenes {
  /** The clip as it is: the whole of it where it has been fetched. */
  readonly original: string;
  readonly street: string;
  /** The same camera when nobody is there. */
  readonly quiet: string;
}

export async function scenes(clip: string, print: (line: string) => void): Promise<Scenes> {
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vedette');
  const whole = path.join(cache, 'vtest.avi');
  const original = existsSync(whole) ? whole : clip;
  const { name } = path.parse(original);
  const size = { width: 1280, height: 720, fps: 10 };
  const street = path.join(cache, `${name}-720p10.mp4`);
  const quiet = path.join(cache, `${name}-quiet-720p10.mp4`);
  if (!existsSync(street)) {
    print(`writing ${street}`);
    await transcodeClip(original, street, size);
  }
  if (!existsSync(quiet)) {
    print(`writing ${quiet}`);
    await writeQuietClip(original, quiet, { ...size, frames: 300, noise: 3 });
  }
  return { original, street, quiet };
}
