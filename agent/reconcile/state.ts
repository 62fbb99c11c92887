/**
 * What the device has made of the hub's desired document: `models.json` in the data folder.
 *
 * Format: one JSON object, `format: 1`; `desired` the document last taken up, as it came; `streams` the last good stream
 * configuration of the hub; `models` by the names of `agent.yaml`: the slots `active`, `candidate`, `previous` and `failures`;
 * `running` while an agent runs.
 *
 * Invariants:
 * 1. The file is replaced as a whole and forced to disk before anything acts on what it says (`shared/kit/durable-file.ts`).
 * 2. A slot without a digest is the package that `agent.yaml` names ("home"). `active` is absent while nothing can answer.
 * 3. A package comes into `active` after it has taken over, never before: until then a start runs the one before.
 * 4. Times are sums of monotonic time, `serviceMs`; no wall clock is kept, so none can be wrong.
 * 5. `probation` is set when a package takes over and counts what went wrong, over restarts; when it is gone the package has
 *    proven itself in service.
 *
 * Crash behaviour: the state before or the state after. `running` that a start finds set tells that the last run had no
 * orderly end, which counts against packages on probation: one that takes the whole machine down is taken back as well.
 * A file that cannot be read is moved aside (`models.json.damaged`) and the packages of `agent.yaml` run until the hub's
 * document comes again; it is retained, so it comes with the next connection.
 */
import { readFileSync, renameSync } from 'node:fs';
import { z } from 'zod';
import { desired, desiredModel, digest } from '../../shared/contract/messages/desired.ts';
import {
  modelFailure,
  proofResult,
  scoreHistogram,
  shadowResult,
} from '../../shared/contract/messages/model-report.ts';
import { count, name } from '../../shared/contract/names.ts';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import { isMissing, messageOf } from '../../shared/kit/errors.ts';

const milliseconds = z.number().nonnegative();

export const probation = z.object({
  /** Crashes of its runners, and runs of the agent that had no orderly end. */
  crashes: count,
  /** By which it came in. */
  maxErrorRate: z.number().min(0).max(1),
});

export const slot = z.object({
  name,
  version: z.string().max(64),
  /** Absent: the package of `agent.yaml`. */
  digest: digest.optional(),
  variant: z.string().max(32).optional(),
  /** What it did in this slot. */
  serviceMs: milliseconds,
  frames: count,
  errors: count,
  latencyMs: z.object({ p50: milliseconds, p95: milliseconds }).optional(),
  prepareMs: milliseconds.optional(),
  scores: scoreHistogram.optional(),
  proof: proofResult.optional(),
  shadow: shadowResult.optional(),
  probation: probation.optional(),
  /** Streams that the package before answered up to the end, and this one has not answered yet. */
  awaited: z.array(name).max(1024).optional(),
});
export type Slot = z.infer<typeof slot>;

export const candidate = z.object({
  package: desiredModel,
  proof: proofResult.optional(),
  shadow: shadowResult.optional(),
});
export type Candidate = z.infer<typeof candidate>;

export const modelState = z.object({
  active: slot.optional(),
  candidate: candidate.optional(),
  previous: slot.optional(),
  failures: z.array(modelFailure).max(8),
});
export type ModelState = z.infer<typeof modelState>;

const streamSet = z.object({
  revision: digest,
  state: z.enum(['applied', 'refused']),
  complaints: z.array(z.object({ path: z.string().max(512), message: z.string().max(1024) })).max(64),
  /** Streams that it brought or changed, and that have given nothing since. */
  awaited: z.array(name).max(1024).optional(),
});

export const deviceState = z.object({
  format: z.literal(1),
  desired: desired.optional(),
  /** What became of `desired.streams`. */
  streams: streamSet.optional(),
  /** The last set that was good, as it came. */
  goodStreams: z.object({ revision: digest, streams: z.record(name, z.unknown()) }).optional(),
  models: z.record(name, modelState),
  running: z.boolean(),
});
export type DeviceState = z.infer<typeof deviceState>;

export interface StateFile {
  readonly state: DeviceState;
  /** Forces the new state to disk, then it is the state. @throws the file system's error; then the old one stands */
  set(next: DeviceState): void;
  /** Changes one model. */
  setModel(id: string, change: (model: ModelState) => ModelState): void;
}

const NEW: DeviceState = { format: 1, models: {}, running: false };
const NO_MODEL: ModelState = { failures: [] };
const MODE = 0o600;

/** @param onDamaged told when a file that was there cannot be used */
export function openState(file: string, onDamaged: (reason: string) => void): StateFile {
  let state = read(file, onDamaged);
  const set = (next: DeviceState) => {
    writeDurably(file, JSON.stringify(next), MODE);
    state = next;
  };
  return {
    get state() {
      return state;
    },
    set,
    setModel(id, change) {
      set({ ...state, models: { ...state.models, [id]: change(state.models[id] ?? NO_MODEL) } });
    },
  };
}

function read(file: string, onDamaged: (reason: string) => void): DeviceState {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!isMissing(error)) onDamaged(messageOf(error));
    return NEW;
  }
  try {
    return deviceState.parse(JSON.parse(text));
  } catch (error) {
    renameSync(file, `${file}.damaged`);
    onDamaged(messageOf(error));
    return NEW;
  }
}
