/**
 * The floors of the house: which folder stands on which. A file imports from its own folder and from floors below, never from
 * the same floor or from above. So folders form no knot, and a change reaches upwards only.
 */

/** A folder (or one file) that stands on a floor as a whole; the longest path that fits a file counts. */
export type Floors = readonly (readonly string[])[];

/** What agent and hub share, the agent, the hub, and what is built around them; each list from the bottom up. */
export const houses: Readonly<Record<string, Floors>> = {
  shared: [
    ['shared/kit', 'shared/contract'],
    [
      'shared/http',
      'shared/pki',
      'shared/trust',
      'shared/engine/outcome.ts',
      'shared/engine/frames',
      'shared/engine/infer',
      'shared/engine/labels',
      'shared/engine/package',
      'shared/engine/series',
    ],
    ['shared/engine/preprocess', 'shared/engine/heads', 'shared/engine/drawing', 'shared/doctor'],
    ['shared/engine/detections.ts'],
    ['shared/engine/engine.ts'],
    ['shared/engine/golden'],
    ['shared/engine'],
  ],
  agent: [
    ['agent/buffer/file'],
    ['agent/buffer/space', 'agent/buffer/acks'],
    ['agent/buffer', 'agent/pipeline/stage.ts', 'agent/real-paths.ts'],
    [
      'agent/pipeline/sensor',
      'agent/pipeline/source',
      'agent/pipeline/gate',
      'agent/pipeline/track',
      'agent/pipeline/rules',
      'agent/pipeline/choose',
    ],
    ['agent/pipeline'],
    [
      'agent/runner',
      'agent/train',
      'agent/pushed.ts',
      'agent/environment.ts',
      'agent/encryption-config.ts',
      'agent/check-streams.ts',
      'agent/identity',
    ],
    ['agent/config.ts'],
    ['agent/models', 'agent/sync', 'agent/at-rest', 'agent/retain', 'agent/logs', 'agent/traces'],
    ['agent/reconcile', 'agent/escalate'],
    ['agent/health', 'agent/doctor', 'agent/erase'],
    ['agent/api', 'agent/stamps.ts'],
    ['agent/from-runners.ts'],
    ['agent/agent-options.ts'],
    ['agent/model-parts.ts'],
    ['agent/agent.ts'],
    ['agent/commands'],
    ['agent/main.ts'],
  ],
  hub: [
    [
      'cloud-hub/config-addresses.ts',
      'cloud-hub/config-opinions.ts',
      'cloud-hub/config-telemetry.ts',
      'cloud-hub/database-address.ts',
    ],
    [
      'cloud-hub/contract',
      'cloud-hub/connections',
      'cloud-hub/config.ts',
      'cloud-hub/metrics.ts',
      'cloud-hub/quantize',
      'cloud-hub/model-init',
    ],
    ['cloud-hub/store', 'cloud-hub/client', 'cloud-hub/device-logs'],
    ['cloud-hub/identity', 'cloud-hub/dataset'],
    ['cloud-hub/pki'],
    ['cloud-hub/registry', 'cloud-hub/hub-facts.ts'],
    ['cloud-hub/rollout', 'cloud-hub/inference', 'cloud-hub/erase'],
    ['cloud-hub/live', 'cloud-hub/ingest', 'cloud-hub/broker', 'cloud-hub/alerts', 'cloud-hub/retention'],
    ['cloud-hub/api', 'cloud-hub/home-assistant', 'cloud-hub/sparkplug'],
    ['cloud-hub/model-parts.ts'],
    ['cloud-hub/dashboard', 'cloud-hub/hub.ts', 'cloud-hub/doctor', 'cloud-hub/backup'],
    ['cloud-hub/commands'],
    ['cloud-hub/program.ts'],
    ['cloud-hub/main.ts'],
  ],
  around: [['fixtures'], ['deploy']],
};

/** Houses that stand on others as a whole. */
const below: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  agent: ['shared'],
  hub: ['shared'],
  around: ['shared', 'agent', 'hub'],
};

interface Place {
  readonly house: string;
  readonly folder: string;
  /** From 1. */
  readonly floor: number;
}

const places: readonly Place[] = Object.entries(houses)
  .flatMap(([house, floors]) =>
    floors.flatMap((floor, index) => floor.map((folder) => ({ house, folder, floor: index + 1 }))),
  )
  .sort((a, b) => b.folder.length - a.folder.length);

/** Where a file stands; undefined for one that no floor has. */
export function placeOf(file: string): Place | undefined {
  return places.find(({ folder }) => file === folder || file.startsWith(`${folder}/`));
}

/** Why a file may not import another of ours; undefined where it may. */
export function upward(file: string, target: string): string | undefined {
  const from = placeOf(file);
  const to = placeOf(target);
  if (!from || !to || from.folder === to.folder) return undefined;
  if (from.house !== to.house) {
    const may = below[from.house]?.includes(to.house);
    return may ? undefined : `imports upwards: ${from.house} does not stand on ${to.house}`;
  }
  if (to.floor < from.floor) return undefined;
  const how = to.floor === from.floor ? 'sideways' : 'upwards';
  return `imports ${how}: ${from.folder} is on floor ${from.floor}, ${to.folder} on ${to.floor}`;
}

/** The floors as people read them, the highest first. */
export function floorPlan(): string {
  return Object.entries(houses)
    .toReversed()
    .flatMap(([house, floors]) => [
      `${house}:`,
      ...floors.map((floor, i) => `  ${String(i + 1).padStart(2)}  ${floor.join(', ')}`).toReversed(),
    ])
    .join('\n');
}
