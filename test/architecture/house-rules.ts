/** The rules of the house (DESIGN part 2) as a pure function of the sources, so that the rules themselves can be tested. */
import path from 'node:path';

/** Path from the root, with forward slashes, to source text. */
export type Sources = ReadonlyMap<string, string>;

const SMALL = 300;

/** Each outside package has one home: a folder (ending in a slash) or a file. */
const homes: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['shared/engine/infer/', 'fixtures/'],
  'onnx-proto': ['shared/engine/package/', 'agent/train/', 'cloud-hub/registry/quantize/', 'fixtures/'],
  tar: ['shared/engine/package/'],
  'node-av': ['shared/engine/frames/', 'fixtures/'],
  '@tufjs/canonical-json': ['shared/trust/'],
  mqtt: ['shared/kit/link.ts'],
  'better-sqlite3': ['shared/kit/sqlite.ts'],
  pino: ['shared/kit/log.ts'],
  'node-cron': ['shared/contract/config/schedule.ts'],
  aedes: ['cloud-hub/broker/'],
  kysely: ['cloud-hub/store/'],
  fastify: ['cloud-hub/api/', 'agent/api/', 'shared/http/'],
  '@fastify/static': ['cloud-hub/api/'],
  '@fastify/swagger': ['cloud-hub/api/'],
  '@fastify/swagger-ui': ['cloud-hub/api/'],
  '@fastify/cookie': ['cloud-hub/api/'],
  '@fastify/websocket': ['cloud-hub/api/'],
  'fastify-type-provider-zod': ['shared/http/', 'cloud-hub/api/', 'agent/api/'],
  'prom-client': ['cloud-hub/api/', 'agent/api/'],
  sharp: ['agent/api/'],
  commander: [
    'agent/main.ts',
    'cloud-hub/main.ts',
    'cloud-hub/commands/',
    'deploy/demo/main.ts',
    'deploy/mosquitto/main.ts',
    'fixtures/main.ts',
    'fixtures/screenshot/main.ts',
    'test/bench/main.ts',
    'test/chaos/main.ts',
  ],
};

/** Every breach of the rules, as a line naming the file and what it does. */
export function breaches(sources: Sources): string[] {
  const product = [...sources].filter(([file]) => !file.startsWith('test/'));
  return [
    ...product.flatMap(([file, text]) => importsOf(file, text).flatMap((target) => importBreaches(file, target))),
    ...product.flatMap(([file, text]) => textBreaches(file, text)),
    ...[...sources].flatMap(([file, text]) => sizeBreaches(file, text)),
    ...cycles(new Map(product)),
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
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|process\.hrtime|\bset(Timeout|Interval)\(/,
      'reads a clock or makes a timer; take a Clock',
    ],
    [product && file !== 'shared/contract/channels.ts', /vedette\/v1/, 'writes a topic literal'],
    [product && !main, /process\.(env|argv)\b|process\.on\('SIG/, 'reads env, argv or signals; only main.ts may'],
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
