/** Real packages for a device, how each of them fares, and what a comparison of them says. */
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Installed } from '../../../agent/models/tools.ts';
import { type DesiredModel, desiredModel, targetPathOf } from '../../../shared/contract/messages/desired.ts';
import type { ShadowResult } from '../../../shared/contract/messages/model-report.ts';
import { packPackage } from '../../../shared/engine/package/archive.ts';
import { writeBrightPackage } from '../../support/onnx.ts';

/** How a package fares: `half starts` takes over stream `gate` and not `yard`. */
export type Fate = 'good' | 'no bytes' | 'bad proof' | 'bad shadow' | 'does not start' | 'half starts';

export interface Made {
  readonly wanted: DesiredModel;
  readonly archive: string;
}

export const HOME = '0.0.0';
export const MODEL = 'walker';
export const STREAMS = ['gate', 'yard'];

export const stream = { source: { url: 'test:testsrc2' }, model: MODEL };

/** Real packages of these versions, and the one of `agent.yaml` in the folder `home`. */
export async function makePackages(folder: string, versions: readonly string[]): Promise<Map<string, Made>> {
  const made = new Map<string, Made>();
  const write = (version: string, dir: string) => writeBrightPackage(dir, { size: 16 }, { name: MODEL, version });
  write(HOME, path.join(folder, 'home'));
  for (const version of versions) {
    const archive = path.join(folder, `${version}.tar.gz`);
    const { digest, bytes } = await packPackage(write(version, path.join(folder, version)), archive);
    const target = targetPathOf({ name: MODEL, version });
    made.set(version, { archive, wanted: desiredModel.parse({ name: MODEL, version, digest, bytes, target }) });
  }
  return made;
}

/** The variant that proofs choose: it alone is compared, and serves. */
const CHOSEN = 'fp32';

/** Versions that run, or are compared, as another variant. */
export const wrongVariants = (all: readonly Installed[], versionOf: (modelDir: string) => string): string[] =>
  all
    .filter(({ modelDir, variant }) => versionOf(modelDir) !== HOME && variant !== CHOSEN)
    .map(({ modelDir, variant }) => `${versionOf(modelDir)} runs as ${variant}, not as ${CHOSEN}`);

/** As a download that has come to its end. */
export function bring({ archive }: Made, part: string): void {
  mkdirSync(path.dirname(part), { recursive: true });
  copyFileSync(archive, part);
}

export const shadowOf = (frames: number, wanted: number): ShadowResult => ({
  frames,
  wanted,
  agreement: 1,
  seen: 0,
  confidenceShift: 0,
  latencyMs: { incumbent: { p50: 1, p95: 2 }, candidate: { p50: 1, p95: 2 } },
  errors: { incumbent: 0, candidate: 0 },
  scores: { incumbent: new Array<number>(10).fill(0), candidate: new Array<number>(10).fill(0) },
});
