/** Puts the parts of second opinions together, over the data folder. */
import path from 'node:path';
import type { Registry } from '../registry/registry.ts';
import { createModelHolder } from './model.ts';
import { createLooker } from './runner.ts';
import { createSecondOpinions, type SecondOpinionOptions, type SecondOpinions } from './second-opinions.ts';

export interface OpenOptions extends Omit<SecondOpinionOptions, 'model' | 'looker'> {
  readonly registry: Registry;
  /** NAME:ALIAS or NAME@VERSION; undefined: none. */
  readonly wanted: string | undefined;
  readonly dataDir: string;
  /** Built `runner-child.js`; default: beside this file, where the build puts it. */
  readonly entry?: string | URL | undefined;
}

export function openSecondOpinions({ registry, wanted, dataDir, entry, ...options }: OpenOptions): SecondOpinions {
  const folder = path.join(dataDir, 'inference');
  return createSecondOpinions({
    ...options,
    model: wanted === undefined ? undefined : createModelHolder(registry, wanted, path.join(folder, 'models')),
    looker: createLooker({
      entry: entry ?? new URL('./runner-child.js', import.meta.url),
      workDir: path.join(folder, 'work'),
      clock: options.clock,
    }),
  });
}
