import path from 'node:path';
import { type GenerateOptions, generateClip } from '../../fixtures/clip/generate.ts';
import { writeBrightPackage } from './onnx.ts';

/** A generated clip in `folder`: one bright walker from right to left, two dark ones. */
export async function writeClip(folder: string, options: Partial<GenerateOptions> = {}): Promise<string> {
  const file = path.join(folder, 'clip.mp4');
  await generateClip(file, { frames: 60, width: 320, height: 240, fps: 10, ...options });
  return file;
}

/** A package that finds the bright walker of such a clip, as label `person`. */
export function writeWalkerPackage(folder: string): string {
  return writeBrightPackage(path.join(folder, 'walker-model'), { size: 128, boxCells: 6 }, { threshold: 0.7 });
}
