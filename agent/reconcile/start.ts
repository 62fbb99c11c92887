/** What a start makes of the state that the last run left, before any runner lives. Pure. */
import { clipped } from '../../shared/contract/names.ts';
import { limits } from './plan.ts';
import type { DeviceState, ModelState, Slot } from './state.ts';

export interface Found {
  /** Digests of packages that lie whole in the store. */
  readonly whole: ReadonlySet<string>;
  /** Slots of the packages of `agent.yaml`, by name; of those that can be read. */
  readonly homes: ReadonlyMap<string, Slot>;
}

/**
 * The last run had no orderly end: that counts against packages on probation, and one that has had too many is taken back at
 * once. A package that is damaged on disk is not run: the one before it is, or the one of `agent.yaml`.
 */
export function startingState(state: DeviceState, { whole, homes }: Found): DeviceState {
  const ids = new Set([...Object.keys(state.models), ...homes.keys()]);
  const models: Record<string, ModelState> = {};
  for (const id of ids) {
    const before = state.models[id] ?? { failures: [] };
    models[id] = withRunnableSlots(state.running ? counted(before) : before, homes.get(id), whole);
  }
  return { ...state, running: true, models };
}

function counted(model: ModelState): ModelState {
  const { active } = model;
  if (!active?.probation) return model;
  return { ...model, active: { ...active, probation: { ...active.probation, crashes: active.probation.crashes + 1 } } };
}

function withRunnableSlots(model: ModelState, home: Slot | undefined, whole: ReadonlySet<string>): ModelState {
  const isHere = (slot: Slot | undefined) => slot?.digest === undefined || whole.has(slot.digest);
  const { active, previous, ...rest } = model;
  if (active?.digest === undefined)
    return withSlots(rest, homeAgain(active, home), isHere(previous) ? previous : undefined);
  const crashes = active.probation?.crashes ?? 0;
  if (isHere(active) && crashes < limits.crashes)
    return withSlots(rest, active, isHere(previous) ? previous : undefined);
  const back = previous?.digest !== undefined && isHere(previous) ? fresh(previous) : home;
  if (crashes < limits.crashes) return withSlots(rest, back, undefined);
  const reason = `the agent or its runner ended ${crashes} times since it took over`;
  return withSlots({ ...rest, failures: withFailure(model, active, reason) }, back, undefined);
}

/** The package of `agent.yaml` may have been replaced meanwhile: then its figures begin anew. */
function homeAgain(active: Slot | undefined, home: Slot | undefined): Slot | undefined {
  const isSame = active && home && active.name === home.name && active.version === home.version;
  return isSame ? active : home;
}

/** A slot whose figures begin anew, because its package takes over again. */
export function fresh({ name, version, digest, variant, proof, shadow }: Slot): Slot {
  return {
    name,
    version,
    ...(digest === undefined ? {} : { digest }),
    ...(variant === undefined ? {} : { variant }),
    serviceMs: 0,
    frames: 0,
    errors: 0,
    ...(proof ? { proof } : {}),
    ...(shadow ? { shadow } : {}),
  };
}

/** The failures of a model with that of a package that was taken back. */
export function withFailure({ failures }: ModelState, slot: Slot, reason: string): ModelState['failures'] {
  const { name, version, digest, proof, shadow } = slot;
  const failure = {
    name,
    version,
    ...(digest === undefined ? {} : { digest }),
    stage: 'service' as const,
    reason: clipped(reason),
    ...(proof ? { proof } : {}),
    ...(shadow ? { shadow } : {}),
  };
  return [...failures.filter((f) => f.digest !== digest), failure].slice(-8);
}

function withSlots(
  rest: Omit<ModelState, 'active' | 'previous'>,
  active: Slot | undefined,
  previous: Slot | undefined,
): ModelState {
  return { ...rest, ...(active ? { active } : {}), ...(previous ? { previous } : {}) };
}
