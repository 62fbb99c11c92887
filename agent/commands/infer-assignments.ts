/** What `infer` runs: its model on each of its sources. */
import path from 'node:path';
import { type StreamConfig, streamConfig } from '../../shared/contract/config/stream.ts';
import { isImageInput, isWindowInput } from '../../shared/contract/model-manifest.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { complaintsOf, describeComplaints } from '../../shared/kit/schema.ts';
import { shownAddress } from '../../shared/kit/shown-address.ts';
import { type TunerOptions, tuneAll } from '../models/tuner.ts';
import { absoluteAddress } from '../pipeline/source/address.ts';
import type { Assignment } from '../runner/messages.ts';
import { inFlags } from './infer-flags.ts';
import { type SeriesFlags, sourceOf } from './infer-series.ts';

export interface Inference {
  /** A folder; undefined: the online detector, on series of a sensor. */
  readonly model?: string;
  readonly sources: readonly string[];
  /** What is said of the rows of series. */
  readonly series?: SeriesFlags;
  readonly fps?: number;
  readonly threads: number;
  readonly variant: string;
  /** What relative sources and the model are relative to. */
  readonly folder: string;
}

const NOTHING_SAID: SeriesFlags = {};

/** One a source, called `s0`, `s1`, …; with the fastest variant where that is asked for. */
export async function assignmentsFor(options: Inference, measuring: TunerOptions): Promise<readonly Assignment[]> {
  if (options.model === undefined) return await assignmentsOf(options, 'sensor', '');
  const modelDir = path.resolve(options.folder, options.model);
  const kind = await kindOf(modelDir);
  return tuneAll(await assignmentsOf(options, kind, modelDir), measuring);
}

/** What a model looks at decides how its sources are read. A package that cannot be read is the runner's to refuse. */
async function kindOf(modelDir: string): Promise<StreamConfig['kind']> {
  const pack = await readPackage(modelDir).catch(() => undefined);
  if (!pack || isImageInput(pack.manifest.input)) return 'picture';
  return isWindowInput(pack.manifest.input) ? 'sensor' : 'audio';
}

async function assignmentsOf(
  options: Inference,
  kind: StreamConfig['kind'],
  modelDir: string,
): Promise<readonly Assignment[]> {
  const { model, folder, fps, variant, threads, series = NOTHING_SAID } = options;
  const addresses = options.sources.map((url) => absoluteAddress(url, folder));
  const said = await Promise.all(
    addresses.map((url) => (kind === 'sensor' ? sourceOf(url, series, model === undefined) : {})),
  );
  return options.sources.map((url, index) => ({
    stream: `s${index}`,
    config: configOf(url, {
      kind,
      source: { url: addresses[index], pace: 'fast', ...said[index] },
      ...(model === undefined ? { detector: 'online' } : { model: 'model' }),
      ...(fps === undefined || kind !== 'picture' ? {} : { fps }),
    }),
    modelDir,
    variant,
    batch: 1,
    runtime: { threads, provider: 'cpu' },
    once: true,
  }));
}

/** @throws CodedError `config-invalid` for a source that an address alone does not describe */
function configOf(url: string, input: Readonly<Record<string, unknown>>): StreamConfig {
  const parsed = streamConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  const why = describeComplaints(complaintsOf(parsed.error, input, ''));
  throw new CodedError(
    'config-invalid',
    `--source ${shownAddress(url)}: ${inFlags(why)}. \`infer\` takes what an address alone describes; put a source that needs more into agent.yaml, ` +
      'and try it with `vedette-agent doctor`',
  );
}
