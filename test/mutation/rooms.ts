/** The rooms whose logic decides: what is mutated, which tests have to notice, and the least score. */

export interface Room {
  /** Folder from the root. */
  readonly path: string;
  /** Least share of the mutants, in percent, that tests have to notice. */
  readonly floor: number;
  /** Folders inside this one that are rooms of their own, and files that no test can reach (they end in `.ts`). */
  readonly without?: readonly string[];
  /** Tests beside `test/PATH`, as globs from the root. */
  readonly tests?: readonly string[];
}

/** What only a browser runs: `test/e2e/dashboard.test.ts` sees it. Components (`.tsx`) are not mutated at all. */
const dashboardWiring = [
  'vite.config.ts',
  'services.ts',
  'hub/jitless.ts',
  'charts/use-course.ts',
  'lists/use-live-list.ts',
  'lists/use-visible-rows.ts',
  'lists/use-whole-list.ts',
  'rollouts/use-rollouts.ts',
  'session/use-role.ts',
  'ui/use-act.ts',
  'ui/use-media.ts',
].map((file) => `cloud-hub/dashboard/${file}`);

export const rooms: readonly Room[] = [
  { path: 'agent/buffer', floor: 85 },
  { path: 'agent/sync', floor: 85 },
  { path: 'agent/reconcile', floor: 85 },
  { path: 'agent/models', floor: 75 },
  { path: 'agent/runner', floor: 75 },
  { path: 'agent/pipeline/gate', floor: 75 },
  { path: 'agent/pipeline/track', floor: 75 },
  { path: 'agent/pipeline/rules', floor: 85 },
  { path: 'agent/pipeline/source', floor: 75 },
  { path: 'cloud-hub/ingest', floor: 85 },
  { path: 'cloud-hub/rollout', floor: 85 },
  { path: 'cloud-hub/identity', floor: 85 },
  { path: 'cloud-hub/broker', floor: 85 },
  { path: 'cloud-hub/registry', floor: 75 },
  { path: 'cloud-hub/quantize', floor: 75 },
  { path: 'cloud-hub/api/routes', floor: 75, tests: ['test/cloud-hub/api/**'] },
  { path: 'cloud-hub/dashboard', floor: 75, without: dashboardWiring },
  { path: 'shared/contract', floor: 85 },
  { path: 'shared/trust', floor: 85 },
  { path: 'shared/kit', floor: 75 },
  { path: 'shared/engine/heads', floor: 85 },
  { path: 'shared/engine/preprocess', floor: 75 },
  { path: 'shared/engine/series', floor: 75 },
  { path: 'shared/engine/package', floor: 75 },
];

/** What is mutated of a room, as globs from the root; `changed` keeps only these files. */
export function sourcesOf(room: Room, changed?: ReadonlySet<string>): string[] {
  const within = (file: string, place: string) => file === place || file.startsWith(`${place}/`);
  if (changed === undefined) {
    const without = (room.without ?? []).map((place) => (place.endsWith('.ts') ? `!${place}` : `!${place}/**`));
    return [`${room.path}/**/*.ts`, ...without];
  }
  return [...changed].filter(
    (file) =>
      within(file, room.path) && file.endsWith('.ts') && !(room.without ?? []).some((inner) => within(file, inner)),
  );
}

/** The tests that have to notice, as globs from the root. */
export function testsOf(room: Room): string[] {
  return [`test/${room.path}/**/*.test.ts`, ...(room.tests ?? []).map((glob) => `${glob}/*.test.ts`)];
}

/** The rooms in or around the paths that were asked for; all when none were. Throws for a path that no room has. */
export function roomsOf(paths: readonly string[]): Room[] {
  if (paths.length === 0) return [...rooms];
  const asked = paths.map((path) => path.replace(/^\.\//, '').replace(/\/$/, ''));
  const found = asked.map((path) => {
    const around = rooms.filter((room) => path === room.path || path.startsWith(`${room.path}/`));
    const nearest = around.sort((a, b) => b.path.length - a.path.length)[0];
    const inside = rooms.filter((room) => room.path.startsWith(`${path}/`));
    const of = nearest === undefined ? inside : path === nearest.path ? [nearest, ...inside] : [nearest];
    if (of.length === 0)
      throw new Error(`no room at ${path}; there are:\n${rooms.map((r) => `  ${r.path}`).join('\n')}`);
    return of;
  });
  return [...new Set(found.flat())];
}
