/** What benchmarks look at: the development assets when they are there, else what `npm start` uses. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { ensureClip } from '../../fixtures/clip/clip.ts';
import { ensureDetector } from '../../fixtures/detector/detector.ts';

export interface Material {
  readonly model: string;
  readonly clip: string;
}

/** Where the development assets lie, if they are there. */
export function assetsFolder(): string {
  return path.resolve(import.meta.dirname, '../../../../shared/assets');
}

export async function material(print: (line: string) => void): Promise<Material> {
  // dist/test/bench → the folder beside the repository
  const assets = assetsFolder();
  if (existsSync(assets)) {
    return { model: path.join(assets, 'models/yolox-nano-416'), clip: path.join(assets, 'media/vtest-20s.mp4') };
  }
  const clip = await streetClip(print);
  const { dir: model } = await ensureDetector({ cacheDir: cacheDir(), print });
  return { model, clip };
}

/** The whole clip of the demonstration: 80 seconds. */
export async function streetClip(print: (line: string) => void): Promise<string> {
  return (await ensureClip({ cacheDir: cacheDir(), print })).path;
}

const cacheDir = () => path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vedette');
