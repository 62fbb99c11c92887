/** Puts the parts of second opinions together, over the data folder. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../shared/kit/errors.ts';
import { type HubConfig, pictureLimitsOf } from '../config.ts';
import type { Registry } from '../registry/registry.ts';
import { createLabelMap } from './labels.ts';
import { createModelHolder } from './model.ts';
import { createLooker } from './runner.ts';
import { createSecondOpinions, type SecondOpinionOptions, type SecondOpinions } from './second-opinions.ts';

export interface OpenOptions extends Omit<SecondOpinionOptions, 'model' | 'looker' | 'labels' | 'pictures'> {
  readonly registry: Registry;
  readonly config: HubConfig;
  readonly dataDir: string;
  /** Built `runner-child.js`; default: beside this file, where the build puts it. */
  readonly entry?: string | URL | undefined;
}

export function openSecondOpinions({ registry, config, dataDir, entry, ...options }: OpenOptions): SecondOpinions {
  const folder = path.join(dataDir, 'inference');
  const { secondOpinion: wanted, secondOpinionUrl: url, secondOpinionTokenFile: file } = config;
  // Some systems renew a token: it is read for each sample.
  const served =
    url === undefined ? undefined : () => ({ url, ...(file === undefined ? {} : { token: tokenIn(file) }) });
  return createSecondOpinions({
    ...options,
    model: wanted === undefined ? undefined : createModelHolder(registry, wanted, path.join(folder, 'models'), served),
    pictures: pictureLimitsOf(config),
    labels: createLabelMap(config.secondOpinionLabels),
    looker: createLooker({
      entry: entry ?? new URL('./runner-child.js', import.meta.url),
      workDir: path.join(folder, 'work'),
      clock: options.clock,
    }),
  });
}

/** @throws Error that names the setting */
function tokenIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`--second-opinion-token-file: ${messageOf(error)}`);
  }
}
