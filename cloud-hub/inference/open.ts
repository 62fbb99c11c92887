/** Puts the parts of second opinions together, over the data folder. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../shared/kit/errors.ts';
import { type HubConfig, pictureLimitsOf } from '../config.ts';
import { readRule } from '../config-opinions.ts';
import type { Registry } from '../registry/registry.ts';
import { createAnswerCache } from './answer-cache.ts';
import { chooseModel, modelsOf } from './choose.ts';
import { createLabelMap, pairsOf } from './labels.ts';
import { createModelHolder } from './model.ts';
import { createLooker } from './runner.ts';
import { createSecondOpinions, type SecondOpinionOptions, type SecondOpinions } from './second-opinions.ts';
import type { Served } from './serving.ts';

export interface OpenOptions extends Omit<SecondOpinionOptions, 'models' | 'choose' | 'cache' | 'waitMs' | 'pictures'> {
  readonly registry: Registry;
  readonly config: HubConfig;
  readonly dataDir: string;
  /** Built `runner-child.js`; default: beside this file, where the build puts it. */
  readonly entry?: string | URL | undefined;
}

const MB = 1_000_000;

export function openSecondOpinions({ registry, config, dataDir, entry, ...options }: OpenOptions): SecondOpinions {
  const folder = path.join(dataDir, 'inference');
  const { secondOpinion: wanted, secondOpinionUrl: url } = config;
  const served = url === undefined ? undefined : () => servedAt(url, config);
  const rules = config.secondOpinionModels.flatMap((text) => readRule(text) ?? []);
  const names = wanted === undefined ? [] : modelsOf(rules, wanted);
  const folderOf = (name: string) => path.join(folder, 'models', encodeURIComponent(name));
  keepOnly(path.join(folder, 'models'), names.map(encodeURIComponent));
  return createSecondOpinions({
    ...options,
    models: names.map((name) => ({
      // The engine serves the one for all others.
      holder: createModelHolder(registry, name, folderOf(name), name === wanted ? served : undefined),
      labels: createLabelMap(pairsOf(config.secondOpinionLabels, names, name)),
      looker: createLooker({
        entry: entry ?? new URL('./runner-child.js', import.meta.url),
        workDir: path.join(folder, 'work'),
        clock: options.clock,
        log: options.log,
        batch: config.secondOpinionBatch,
        maxMb: config.secondOpinionMb,
      }),
    })),
    choose: (device, header) => (wanted === undefined ? '' : chooseModel(rules, wanted, device, header)),
    cache: createAnswerCache(config.secondOpinionCacheMb * MB),
    waitMs: config.secondOpinionWaitMs,
    pictures: pictureLimitsOf(config),
  });
}

/** What is unpacked of models that the settings name no more can be unpacked again. */
function keepOnly(folder: string, names: readonly string[]): void {
  if (!existsSync(folder)) return;
  for (const one of readdirSync(folder))
    if (!names.includes(one)) rmSync(path.join(folder, one), { recursive: true, force: true });
}

/** Some systems renew a token: files are read for each sample. */
function servedAt(url: string, { secondOpinionTokenFile: token, secondOpinionCaFile: ca }: HubConfig): Served {
  return {
    url,
    ...(token === undefined ? {} : { token: textIn(token, '--second-opinion-token-file') }),
    ...(ca === undefined ? {} : { ca: textIn(ca, '--second-opinion-ca-file') }),
  };
}

/** @throws Error that names the setting */
function textIn(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${setting}: ${messageOf(error)}`);
  }
}
