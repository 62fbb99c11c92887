/** From what is remembered to what runners do: which streams are in force, with which packages, and making it so. */

import path from 'node:path';
import { isOnline, type StreamConfig } from '../../shared/contract/config/stream.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import { checkStreams, type RefusedStream } from '../check-streams.ts';
import type { AgentConfig } from '../config.ts';
import type { Store } from '../models/store.ts';
import type { Installed } from '../models/tools.ts';
import { offerOf } from '../pushed.ts';
import type { RealPaths } from '../real-paths.ts';
import type { Assignment } from '../runner/messages.ts';
import type { FailedChange, Supervisor } from '../runner/supervisor.ts';
import type { DeviceState, Slot } from './state.ts';

/** The streams in force, and the configuration that they come from. */
export interface StreamSet {
  readonly streams: ReadonlyMap<string, StreamConfig>;
  readonly refused: readonly RefusedStream[];
  /** Of the configuration, for records. */
  readonly revision: string;
}

export interface FleetOptions {
  readonly config: AgentConfig;
  readonly store: Pick<Store, 'open'>;
  readonly supervisor: Pick<Supervisor, 'apply'>;
  /** Chooses variants and batches by what this machine is fast at. */
  readonly tune: (assignments: readonly Assignment[]) => Promise<readonly Assignment[]>;
  /** Told which streams are in force, before they start. */
  readonly onStreams: (set: StreamSet) => void;
  readonly realPaths: RealPaths;
  /** Base64 of the key of what online detectors keep; undefined: it stays plain. */
  readonly stateKey?: string | undefined;
}

export interface Fleet {
  /** Finds out which streams a state means. */
  read(state: DeviceState): Promise<StreamSet>;
  /** The streams that a state means; none before those of the hub have been read. */
  streamsOf(state: DeviceState): StreamSet;
  /** The package of a slot; undefined when it is missing or damaged. @param slot undefined: the package of `agent.yaml` */
  find(model: string, slot: Slot | undefined): Promise<Installed | undefined>;
  /** A slot for the package that `agent.yaml` names; undefined when that cannot be read. */
  home(model: string): Promise<Slot | undefined>;
  /** Makes runners do what a state means. @returns what failed, and goes on as it was */
  apply(state: DeviceState): Promise<readonly FailedChange[]>;
}

type GoodStreams = NonNullable<DeviceState['goodStreams']>;

/** Folder of what online detectors have learned, in the data folder. */
export const DETECTORS = 'detectors';
const NO_STREAMS = { streams: new Map<string, StreamConfig>(), refused: [] } as const;
const REVISION = 'sha256:'.length + 12;

const revisionOf = ({ revision }: GoodStreams): string => revision.slice(0, REVISION);

export function createFleet({ config, store, supervisor, tune, onStreams, realPaths, stateKey }: FleetOptions): Fleet {
  const own: StreamSet = { streams: config.streams, refused: config.refused, revision: config.revision };
  const offer = offerOf(config.streams.values(), config.pushed, realPaths);
  let shown: StreamSet = own;

  /** Asked for each summary, and parsed once. */
  const known = new WeakMap<GoodStreams, StreamSet>();

  const streamsOf = ({ goodStreams }: DeviceState): StreamSet =>
    goodStreams ? (known.get(goodStreams) ?? { ...NO_STREAMS, revision: revisionOf(goodStreams) }) : own;

  const read = async ({ goodStreams }: DeviceState): Promise<StreamSet> => {
    if (!goodStreams) return own;
    const set = known.get(goodStreams) ?? (await parse(goodStreams));
    known.set(goodStreams, set);
    return set;
  };

  const parse = async (goodStreams: GoodStreams): Promise<StreamSet> => {
    const { streams, refused } = checkStreams(goodStreams.streams, Object.keys(config.models), config.folder);
    for (const [stream, streamConfig] of [...streams]) {
      const complaints = await offer.refuse(stream, streamConfig);
      if (complaints.length === 0) continue;
      streams.delete(stream);
      refused.push({ stream, complaints });
    }
    return { streams, refused, revision: revisionOf(goodStreams) };
  };

  const find: Fleet['find'] = async (model, slot) => {
    const home = config.models[model];
    if (slot?.digest === undefined) return home && { modelDir: home.path, variant: home.variant };
    const modelDir = await store.open(slot.digest);
    return modelDir === undefined ? undefined : { modelDir, variant: slot.variant ?? home?.variant ?? 'auto' };
  };

  const assignmentsOf = async (state: DeviceState, { streams }: StreamSet): Promise<Assignment[]> => {
    const { threads, provider } = config.runners;
    const assignments: Assignment[] = [];
    const found = new Map<string, Installed>();
    for (const [stream, streamConfig] of streams) {
      const { model } = streamConfig;
      const common = { stream, config: streamConfig, batch: 1, runtime: { threads, provider }, once: false };
      const memory = {
        stateFile: path.join(config.dataDir, DETECTORS, `${stream}.json`),
        ...(stateKey === undefined ? {} : { stateKey }),
      };
      if (isOnline(streamConfig)) {
        assignments.push({ ...common, modelDir: '', variant: 'auto', ...memory });
        continue;
      }
      const installed = found.get(model) ?? (await find(model, state.models[model]?.active));
      if (!installed) throw new Error(`the package of model "${model}" is missing or damaged on this device`);
      found.set(model, installed);
      assignments.push({ ...common, ...installed, ...(remembers(streamConfig) ? memory : {}) });
    }
    return assignments;
  };

  return {
    read,
    streamsOf,
    find,
    async home(model) {
      const own = config.models[model];
      if (!own) return undefined;
      const pack = await readPackage(own.path).catch(() => undefined);
      if (!pack) return undefined;
      const { name, version } = pack.manifest;
      return { name, version, serviceMs: 0, frames: 0, errors: 0 };
    },
    async apply(state) {
      const set = await read(state);
      const assignments = await tune(await assignmentsOf(state, set));
      if (set.revision !== shown.revision) onStreams(set);
      shown = set;
      return supervisor.apply(assignments);
    },
  };
}

/** Does one of its selectors of samples learn? */
function remembers(config: StreamConfig): boolean {
  return 'escalate' in config && config.escalate?.choose.some(({ kind }) => kind === 'novelty') === true;
}
