/**
 * Which tests are unit tests: what `npm run test:unit` runs, in seconds and without a build; and which run whole programs.
 *
 * 1. A unit test starts no process: neither it nor a helper of `test/` that it imports reaches `node:child_process`. Whole programs,
 *    browsers, cameras, brokers and small disks come that way.
 * 2. It is not in a folder of whole systems.
 * 3. It is not in the list of those that compute for long.
 */
import { importsOf, type Sources } from './architecture/house-rules.ts';

/** Whole programs as their users start them: they run by a command of their own (`npm run test:e2e`), for minutes. */
const WHOLE_PROGRAMS = /^test\/(chaos|deploy|e2e|(agent|cloud-hub)\/commands)\//;

const WHOLE_SYSTEMS = /^test\/(architecture|attack|bench|chaos|e2e|integration)\//;

/** Tests that take more than five seconds on an idle core, or start processes through what they test; and what they need it for. */
export const slowTests: Readonly<Record<string, string>> = {
  'test/agent/buffer/space/quota.test.ts': 'fills outboxes of many megabytes to their quota',
  'test/agent/doctor/device.test.ts': 'starts several hubs with TLS',
  'test/agent/identity/renewer.test.ts': 'starts hubs with TLS, and renews certificates at them',
  'test/agent/pipeline/online-walk.test.ts':
    'plays an online detector through whole series, stopped and killed at many places',
  'test/agent/pipeline/source/picture/http.test.ts': 'asks servers for pictures at their pace, for seconds',
  'test/agent/pipeline/source/series/asked-rows.test.ts': 'asks real devices that do not answer, by the real clock',
  'test/agent/pipeline/source/series/modbus/asker.test.ts': 'asks real devices that fall silent, by the real clock',
  'test/agent/reconcile/chance.test.ts': 'plays updates, crashes and power cuts in random order',
  'test/agent/reconcile/crash.test.ts': 'cuts the power between any two effects of whole updates',
  'test/agent/runner/takeover.test.ts': 'the supervisor that it tests starts runner processes',
  'test/agent/sync/uplink.test.ts': 'drains backlogs over a real broker',
  'test/agent/train/vibration.test.ts': 'trains models of vibrations',
  'test/cloud-hub/alerts/storm.test.ts': 'lets ten thousand devices go offline',
  'test/cloud-hub/alerts/webhook.test.ts': 'waits for receivers that hang',
  'test/cloud-hub/api/bounds.test.ts': 'sends every field of every route at its bounds and beyond',
  'test/cloud-hub/api/documents.test.ts': 'the hub that it tests starts a process to look into an upload',
  'test/cloud-hub/api/fuzz.test.ts': 'asks every route by chance for twenty seconds',
  'test/cloud-hub/api/live.test.ts': 'the hub that it tests starts a process to look into an upload',
  'test/cloud-hub/api/pages.test.ts': 'the hub that it tests starts a process to look into an upload',
  'test/cloud-hub/api/repeats.test.ts': 'the hub that it tests starts a process to look into an upload',
  'test/cloud-hub/api/roles.test.ts': 'calls every route with every role, and looks for what it changed',
  'test/cloud-hub/api/scope.test.ts': 'calls every route with every scope',
  'test/cloud-hub/api/second-factor.test.ts': 'hashes passwords, which is slow on purpose',
  'test/cloud-hub/api/secrets.test.ts': 'the hub that it tests starts a process to look into an upload',
  'test/cloud-hub/api/users.test.ts': 'hashes passwords, which is slow on purpose',
  'test/cloud-hub/device-logs/device-logs.test.ts': 'sends more than a device may, for seconds',
  'test/cloud-hub/doctor/examine.test.ts': 'starts and stops many hubs with TLS',
  'test/cloud-hub/identity/oidc/attacks.test.ts': 'starts a real identity provider and hubs, and signs in many times',
  'test/cloud-hub/identity/oidc/people.test.ts': 'starts a real identity provider and hubs, and signs in many times',
  'test/cloud-hub/identity/passwords.test.ts': 'hashes passwords, which is slow on purpose',
  'test/cloud-hub/identity/users.test.ts': 'hashes passwords, which is slow on purpose',
  'test/cloud-hub/inference/second-opinions.test.ts': 'the hub that it tests starts a process that looks at pictures',
  'test/cloud-hub/inference/served.test.ts': 'the hub that it tests starts a process that asks the serving engine',
  'test/cloud-hub/quantize/quantize.test.ts': 'quantizes whole networks',
  'test/cloud-hub/registry/delivery.test.ts': 'the hub that it tests starts a process to look into an upload',
  'test/cloud-hub/registry/models.test.ts': 'the hub that it tests starts a process to look into an upload',
  'test/cloud-hub/registry/registry.test.ts': 'the hub that it tests starts a process to look into an upload',
  'test/cloud-hub/registry/trust.test.ts': 'the hub that it tests starts a process to look into an upload',
  'test/cloud-hub/rollout/executor-faults.test.ts': 'plays rollouts through random faults, restarts and clocks',
  'test/cloud-hub/rollout/rollouts.test.ts': 'plays rollouts by real time, with soaks of seconds',
  'test/cloud-hub/store/migrations.test.ts': 'migrates a database of each version',
  'test/deploy/demo/own.test.ts': 'the demo starts a process to make a package of an ONNX file',
  'test/deploy/dev/compiler.test.ts': "starts TypeScript's compiler",
  'test/fixtures/detector.test.ts': 'evaluates a whole network in plain JavaScript',
  'test/fixtures/screenshot/picture.test.ts': 'encodes a large picture until it is small enough',
  'test/shared/engine/heads/published.test.ts': 'runs graphs of the full size of sixteen published models',
  'test/shared/engine/heads/real.test.ts': 'runs real networks on pictures, and evaluates one in plain JavaScript',
  'test/shared/engine/package/hostile.test.ts': 'builds 87 kinds of hostile files, and opens each',
  'test/shared/engine/series/online/quiet-series.test.ts': 'plays months of sixteen series through the online detector',
};

/** Tests of the store, ingest, API and rollouts that say nothing of PostgreSQL, and why. */
export const sqliteTests: Readonly<Record<string, string>> = {
  'test/cloud-hub/api/audit.test.ts': 'writes into hub.db behind the back of the hub',
  'test/cloud-hub/api/errors.test.ts': 'drops a table of hub.db',
  'test/cloud-hub/api/fuzz.test.ts': 'looks into hub.db for what was changed',
  'test/cloud-hub/api/readiness.test.ts': 'takes hub.db away, and locks it',
  'test/cloud-hub/api/roles.test.ts': 'looks into hub.db for what was changed',
  'test/cloud-hub/api/second-factor.test.ts': 'looks into hub.db for secrets',
  'test/cloud-hub/api/secrets.test.ts': 'looks into hub.db and a backup for secrets',
  'test/cloud-hub/ingest/failure.test.ts': 'failures as SQLite reports them',
  'test/cloud-hub/ingest/fields.test.ts': 'looks into hub.db',
  'test/cloud-hub/ingest/group.test.ts': 'counts turns of the event loop, in which a server does not answer',
  'test/cloud-hub/ingest/hostile.test.ts': 'measures turns of the event loop',
  'test/cloud-hub/ingest/ingest.test.ts': 'looks into hub.db',
  'test/cloud-hub/ingest/model.test.ts': 'failures as SQLite reports them',
  'test/cloud-hub/ingest/parts.test.ts': 'failures as SQLite reports them',
  'test/cloud-hub/rollout/executor-faults.test.ts': 'thousands of steps, each of which waits for the server',
  'test/cloud-hub/rollout/executor.test.ts': 'counts turns of the event loop, in which a server does not answer',
  'test/cloud-hub/store/audit.test.ts': 'writes into hub.db behind the back of the hub',
  'test/cloud-hub/store/device-progress.test.ts': 'begins with an older hub.db',
  'test/cloud-hub/store/chunks/moving.test.ts': 'begins with an older hub.db',
  'test/cloud-hub/store/migrations.test.ts': 'begins with an older hub.db',
  'test/cloud-hub/store/postgres/migrations.test.ts': 'compares both databases',
  'test/cloud-hub/store/store.test.ts': 'looks at hub.db',
};

/** Tests that measure rates and delays by the real clock: they run one after the other when all others are done. */
export const timedTests: readonly string[] = [
  'test/agent/pipeline/source/picture/camera.test.ts',
  'test/agent/pipeline/source/picture/rate.test.ts',
  'test/e2e/bad-versions.test.ts',
];

/** @param sources at least all of `test/` */
export function unitTests(sources: Sources, slow: Readonly<Record<string, string>> = slowTests): string[] {
  return [...sources.keys()].filter(
    (file) =>
      file.endsWith('.test.ts') &&
      !WHOLE_SYSTEMS.test(file) &&
      !Object.hasOwn(slow, file) &&
      !startsProcesses(file, sources),
  );
}

function startsProcesses(file: string, sources: Sources, seen = new Set<string>()): boolean {
  if (file === 'node:child_process') return true;
  if (!file.startsWith('test/') || seen.has(file)) return false;
  seen.add(file);
  return importsOf(file, sources.get(file) ?? '').some((target) => startsProcesses(target, sources, seen));
}

/**
 * Which tests run whole programs.
 * @param files all of `test/`
 * @param units of them the unit tests, which are none wherever they lie
 */
export function programTests(files: Iterable<string>, units: readonly string[]): string[] {
  const others = new Set([...units, ...timedTests]);
  return [...files].filter((file) => file.endsWith('.test.ts') && WHOLE_PROGRAMS.test(file) && !others.has(file));
}
