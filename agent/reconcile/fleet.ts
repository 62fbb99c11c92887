/** From what is remembered to what runners do: which streams are in force, with which packages, and making it so. */

import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import { type AgentConfig, checkStreams, type RefusedStream } from '../config.ts';
import type { Store } from '../models/store.ts';
import type { Assignment } from '../runner/messages.ts';
import type { FailedChange, Supervisor } from '../runner/supervisor.ts';
import type { DeviceState, Slot } from './state.ts';

/** The streams in force, and whose word they are. */
export interface StreamSet {
  readonly streams: ReadonlyMap<string, StreamConfig>;
  readonly refused: readonly RefusedStream[];
  /** Of the configuration, for records. */
  readonly revision: string;
}

/** A package on this device, and how it is run. */
export interface Installed {
  readonly modelDir: string;
  /** `auto` or a precision. */
  readonly variant: string;
}

export interface FleetOptions {
  readonly config: AgentConfig;
  readonly store: Pick<Store, 'open'>;
  readonly supervisor: Pick<Supervisor, 'apply'>;
  /** Chooses variants and batches by what this machine is fast at. */
  readonly tune: (assignments: readonly Assignment[]) => Promise<readonly Assignment[]>;
  /** Told which streams are in force, before they start. */
  readonly onStreams: (set: StreamSet) => void;
}

export interface Fleet {
  /** The streams that a state means. */
  streamsOf(state: DeviceState): StreamSet;
  /** The package of a slot; undefined when it is not here, or spoiled. @param slot absent: of `agent.yaml` */
  find(model: string, slot: Slot | undefined): Promise<Installed | undefined>;
  /** A slot for the package that `agent.yaml` names; undefined when that cannot be read. */
  home(model: string): Promise<Slot | undefined>;
  /** Makes runners do what a state means. @returns what failed, and goes on as it was */
  apply(state: DeviceState): Promise<readonly FailedChange[]>;
}

const REVISION = 'sha256:'.length + 12;

export function createFleet({ config, store, supervisor, tune, onStreams }: FleetOptions): Fleet {
  const own: StreamSet = { streams: config.streams, refused: config.refused, revision: config.revision };
  let shown: StreamSet = own;

  /** Asked for each summary, and parsed once. */
  let parsed: { from: DeviceState['goodStreams']; set: StreamSet } | undefined;

  const streamsOf = ({ goodStreams }: DeviceState): StreamSet => {
    if (!goodStreams) return own;
    if (parsed?.from !== goodStreams) parsed = { from: goodStreams, set: parse(goodStreams) };
    return parsed.set;
  };

  const parse = (goodStreams: NonNullable<DeviceState['goodStreams']>): StreamSet => {
    const { streams, refused } = checkStreams(goodStreams.streams, Object.keys(config.models), config.folder);
    return { streams, refused, revision: goodStreams.revision.slice(0, REVISION) };
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
      const installed = found.get(model) ?? (await find(model, state.models[model]?.active));
      if (!installed) throw new Error(`the package of model "${model}" is not whole on this device`);
      found.set(model, installed);
      assignments.push({
        stream,
        config: streamConfig,
        ...installed,
        batch: 1,
        runtime: { threads, provider },
        once: false,
      });
    }
    return assignments;
  };

  return {
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
      const set = streamsOf(state);
      const assignments = await tune(await assignmentsOf(state, set));
      if (set.revision !== shown.revision) onStreams(set);
      shown = set;
      return supervisor.apply(assignments);
    },
  };
}
