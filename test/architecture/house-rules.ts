/** The rules of the house (ARCHITECTURE 2.3) as a pure function of the sources, so that the rules themselves can be tested. */
import path from 'node:path';
import { placeOf, upward } from './floors.ts';

/** Path from the root, with forward slashes, to source text. */
export type Sources = ReadonlyMap<string, string>;

const SMALL = 300;

/** Beside programs' own files these alone know the environment. */
const OF_THE_ENVIRONMENT: ReadonlySet<string> = new Set([
  'shared/kit/inherited-env.ts',
  'shared/engine/infer/no-telemetry.ts',
]);

/** Each outside package has one home: a folder (ending in a slash) or a file. */
const homes: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['shared/engine/infer/onnxruntime.ts'],
  'onnx-proto': ['shared/engine/package/', 'agent/train/', 'cloud-hub/quantize/', 'fixtures/'],
  tar: ['shared/engine/package/', 'shared/doctor/bundle/', 'cloud-hub/backup/'],
  'node-av': ['shared/engine/frames/', 'fixtures/'],
  '@tufjs/canonical-json': ['shared/trust/'],
  mqtt: ['shared/kit/link.ts', 'cloud-hub/doctor/conformance/'],
  http_ece: ['cloud-hub/alerts/push/'],
  protobufjs: ['cloud-hub/sparkplug/payload.ts', 'cloud-hub/inference/served-grpc.ts'],
  '@grpc/grpc-js': ['cloud-hub/inference/served-grpc.ts'],
  nodemailer: ['cloud-hub/alerts/channels/email.ts'],
  '@peculiar/x509': ['shared/pki/', 'cloud-hub/pki/'],
  ws: ['shared/pki/', 'cloud-hub/api/'],
  serialport: ['agent/pipeline/source/series/serial.ts'],
  'openid-client': ['cloud-hub/identity/oidc/'],
  otpauth: ['cloud-hub/identity/second-factor.ts'],
  uqr: ['cloud-hub/dashboard/'],
  'better-sqlite3': ['shared/kit/sqlite.ts'],
  pino: ['shared/kit/log.ts'],
  koffi: ['shared/kit/local-datagrams.ts'],
  '@opentelemetry/api': ['shared/kit/otel.ts'],
  '@opentelemetry/core': ['shared/kit/otel.ts'],
  '@opentelemetry/exporter-trace-otlp-proto': ['shared/kit/otel.ts'],
  '@opentelemetry/resources': ['shared/kit/otel.ts'],
  '@opentelemetry/sdk-trace-base': ['shared/kit/otel.ts'],
  'node-cron': ['shared/contract/config/schedule.ts'],
  aedes: ['cloud-hub/broker/'],
  kysely: ['cloud-hub/store/'],
  pg: ['cloud-hub/store/postgres/'],
  fastify: ['cloud-hub/api/', 'agent/api/', 'shared/http/'],
  '@fastify/static': ['cloud-hub/api/'],
  '@fastify/swagger': ['cloud-hub/api/'],
  '@fastify/swagger-ui': ['cloud-hub/api/'],
  '@fastify/cookie': ['cloud-hub/api/'],
  '@fastify/websocket': ['cloud-hub/api/'],
  'fastify-type-provider-zod': ['shared/http/', 'cloud-hub/api/', 'agent/api/'],
  'prom-client': ['cloud-hub/metrics.ts', 'agent/api/', 'shared/kit/process-metrics.ts'],
  '@cyclonedx/cyclonedx-library': ['deploy/package/sbom.ts'],
  sharp: ['shared/engine/drawing/', 'fixtures/screenshot/'],
  commander: [
    'agent/main.ts',
    'cloud-hub/program.ts',
    'cloud-hub/commands/',
    'deploy/demo/main.ts',
    'deploy/dev/main.ts',
    'deploy/mosquitto/main.ts',
    'deploy/package/main.ts',
    'fixtures/main.ts',
    'fixtures/screenshot/main.ts',
    'test/attack/main.ts',
    'test/bench/main.ts',
    'test/chaos/main.ts',
    'test/mutation/main.ts',
    'agent/commands/arguments.ts',
    'agent/commands/infer-command.ts',
    'agent/commands/train-command.ts',
    'test/proof/main.ts',
  ],
};

/** Every breach of the rules, as a line naming the file and what it does. */
export function breaches(sources: Sources): string[] {
  const product = [...sources].filter(([file]) => !file.startsWith('test/'));
  return [
    ...product.flatMap(([file, text]) => importsOf(file, text).flatMap((target) => importBreaches(file, target))),
    ...product.flatMap(([file, text]) => floorBreaches(file, text)),
    ...product.flatMap(([file, text]) => makerBreaches(file, text)),
    ...product.flatMap(([file, text]) => textBreaches(file, text)),
    ...[...sources].flatMap(([file, text]) => sizeBreaches(file, text)),
    ...cycles(new Map(product)),
  ];
}

/** Files of a folder that a reader takes in without a map. */
const FEW = 12;
/** Names that say nothing of what is inside. */
const JUNK = /^(utils?|helpers?|misc|common|stuff|shared|functions|types)\.tsx?$/;

/**
 * Folders that are too full to be read without a map, and files whose name says nothing. The map of a folder of tests is that
 * of the folder that it mirrors.
 * @param files every file of the repository, as paths from the root
 */
export function folderBreaches(files: readonly string[]): string[] {
  const folders = new Map<string, number>();
  for (const file of files) {
    const folder = path.posix.dirname(file);
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  const has = (folder: string) => [...folders.keys()].some((other) => other.startsWith(`${folder}/`));
  const isMirror = (folder: string) => folder.startsWith('test/') && folders.has(folder.slice('test/'.length));
  const full = [...folders].filter(
    ([folder, count]) =>
      count > FEW && folder !== '.' && !files.includes(`${folder}/README.md`) && !has(folder) && !isMirror(folder),
  );
  return [
    ...full.map(
      ([folder, count]) => `${folder}: ${count} files without a README or folders; more than ${FEW} need a map`,
    ),
    ...files
      .filter((file) => JUNK.test(path.posix.basename(file)))
      .map((file) => `${file}: its name says nothing of what is inside`),
  ];
}

/** What a file imports: files of ours as paths from the root, packages by name, Node's own as `node:…`. */
export function importsOf(file: string, text: string): string[] {
  const found = text.matchAll(/(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|import\('([^']+)'\)/g);
  return [...found].map((match) => {
    const specifier = match[1] ?? match[2] ?? '';
    if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(file), specifier);
    return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  });
}

function importBreaches(file: string, target: string): string[] {
  const from = (folder: string) => file.startsWith(folder);
  const to = (folder: string) => target.startsWith(folder);
  const rules: [boolean, string][] = [
    [from('agent/') && to('cloud-hub/'), 'the agent imports the hub'],
    [from('cloud-hub/') && to('agent/'), 'the hub imports the agent'],
    [from('shared/') && (to('agent/') || to('cloud-hub/')), 'shared imports agent or hub'],
    [from('shared/contract/') && to('shared/') && !to('shared/contract/'), 'the contract imports what is not contract'],
    [from('shared/kit/') && to('shared/') && !to('shared/kit/'), 'the kit imports what is not kit'],
    [isOtherStage(file, target), 'a stage imports another stage or the walk'],
    [to('test/'), 'the product imports a test'],
    [!from('deploy/') && to('deploy/'), 'the product imports its deployment'],
    [(from('agent/') || from('cloud-hub/') || from('shared/')) && to('fixtures/'), 'the product imports a fixture'],
  ];
  const allowed = homes[target];
  const homeless = allowed !== undefined && !allowed.some((home) => (home.endsWith('/') ? from(home) : file === home));
  const broken = rules.filter(([breach]) => breach).map(([, what]) => what);
  if (homeless) broken.push(`${target} lives only in ${allowed.join(', ')}`);
  return broken.map((what) => `${file}: ${what} (${target})`);
}

/** Imports that lead upwards in the house, and files that stand nowhere. */
function floorBreaches(file: string, text: string): string[] {
  if (!placeOf(file)) return [`${file}: stands on no floor; give its folder one in test/architecture/floors.ts`];
  return importsOf(file, text).flatMap((target) => {
    const why = upward(file, target);
    return why ? [`${file}: ${why} (${target})`] : [];
  });
}

/** Where parts of several rooms may be put together: composition roots, entry points of processes, commands, the doctor. */
const makers =
  /^(agent\/(agent|model-parts)|agent\/models\/shadow-child|cloud-hub\/(hub|model-parts)|agent\/runner\/(runner|child))\.ts$|\/main\.ts$|^(agent|cloud-hub)\/commands\/|^agent\/(health\/)?doctor\/|^(deploy|fixtures|shared)\//;

/** Only composition roots make parts of another room (`new X(…)`, `createX(…)`); all others are handed them. */
function makerBreaches(file: string, text: string): string[] {
  if (makers.test(file)) return [];
  const room = (of: string) => of.split('/').slice(0, 2).join('/');
  const named = text.matchAll(/(?:^|\n)\s*import\s(?!type\s)\{([^}]*)\}\sfrom\s'(\.[^']+)'/g);
  return [...named].flatMap(([, list = '', specifier = '']) => {
    const target = path.posix.join(path.posix.dirname(file), specifier);
    if (!/^(agent|cloud-hub)\//.test(target) || room(target) === room(file)) return [];
    const names = list.split(',').map((one) => one.trim().replace(/^.* as /, ''));
    // An error is thrown, not put together.
    const made = names.filter((name) => /^\w+$/.test(name) && !name.endsWith('Error') && makes(text, name));
    return made.map((name) => `${file}: makes ${name} of another room; a composition root hands it in (${target})`);
  });
}

function makes(text: string, name: string): boolean {
  const calls = /^create[A-Z]/.test(name) ? `${name}[(<]` : `new\\s+${name}\\b`;
  return new RegExp(`(?<![\\w.])${calls}`).test(text);
}

/** Within agent/pipeline a stage sees its own folder and the contracts in stage.ts. */
function isOtherStage(file: string, target: string): boolean {
  const stage = /^agent\/pipeline\/([^/]+)\//.exec(file)?.[1];
  if (stage === undefined || !target.startsWith('agent/')) return false;
  return target !== 'agent/pipeline/stage.ts' && !target.startsWith(`agent/pipeline/${stage}/`);
}

function textBreaches(file: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  const product = /^(agent|cloud-hub|shared)\//.test(file) && !file.startsWith('cloud-hub/dashboard/');
  const main = /\/main\.ts$/.test(file) || file === 'agent/runner/child.ts';
  const rules: [boolean, RegExp, string][] = [
    [
      product && file !== 'shared/kit/clock.ts',
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|process\.hrtime|(?<!socket\.)\bset(Timeout|Interval)\(/,
      'reads a clock or makes a timer; take a Clock',
    ],
    [product && file !== 'shared/contract/channels.ts', /vedette\/v1/, 'writes a topic literal'],
    [
      product && !main && !OF_THE_ENVIRONMENT.has(file),
      /process\.(env|argv)\b|process\.on\('SIG/,
      'reads env, argv or signals; only main.ts may',
    ],
    [
      file.startsWith('cloud-hub/') && product,
      /(?:^|[;{})])[ \t]*void [\w#(]/m,
      'waits for nobody by `void`; say what happens when it fails (shared/kit/background.ts)',
    ],
    [product, /^(let|var)\s/m, 'has mutable state at module level'],
    [product, /@ts-(ignore|expect-error|nocheck)|\bas any\b|:\s*any\b/, 'has a hole in its types'],
  ];
  return rules.filter(([applies, pattern]) => applies && pattern.test(code)).map(([, , what]) => `${file}: ${what}`);
}

function sizeBreaches(file: string, text: string): string[] {
  const lines = text.split('\n').length - 1;
  return lines > SMALL ? [`${file}: ${lines} lines; past ${SMALL} a file has two jobs`] : [];
}

function cycles(product: Sources): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push(`import cycle: ${[...trail.slice(trail.indexOf(file)), file].join(' → ')}`);
      return;
    }
    state.set(file, 'open');
    for (const target of importsOf(file, product.get(file) ?? ''))
      if (product.has(target)) visit(target, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of product.keys()) visit(file, []);
  return found;
}
