/**
 * Every route, asked by chance out of the hub's own OpenAPI document, by callers of every kind: kinds, sizes, encodings, foreign ids,
 * methods and headers. Nothing answers 5xx, what is refused changes nothing, and nobody sees what is of another group.
 *
 * `VEDETTE_TEST_FUZZ_S` says for how many seconds (default 20), `VEDETTE_TEST_SEED` repeats a run: a failure names it.
 */
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { problemDocument } from '../../../shared/contract/problem-document.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { seeded } from '../../support/random.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord, type TestHub, testDevice, testHub } from '../support.ts';
import { changed, type Operation, odd, openApi, pick, type Random, valueFor } from './fuzz.ts';
import { routes } from './route-table.ts';
import { watchWrites } from './watch-writes.ts';
import { World } from './world.ts';

const SECONDS = Number(process.env.VEDETTE_TEST_FUZZ_S ?? 20);
/** Who gets no answer by then waits for ever. */
const ANSWER_MS = 15_000;
/** What a call needs is made by then, or not at all. */
const MADE_MS = 5_000;

const later = (ms: number): Promise<undefined> => systemClock.sleep(ms).then(() => undefined);

const SEED = Number(process.env.VEDETTE_TEST_SEED ?? randomInt(2 ** 31));
/** On a busy machine it takes longer. */
const LEAST = 800;
/** A hub is used so often: changes that worked take away what the next requests speak of. */
const REQUESTS_PER_HUB = 600;
/** Only records and labels of the other group have it; no request does. */
const MARK = 'mark-of-oslo';
const INTERNALS = /node_modules|SQLITE_|\.[cm]?[jt]s:\d+|\n\s+at \w|SELECT .* FROM/;

interface Route {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly operation: Operation;
}

interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isScoped?: boolean;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | undefined;
}

async function stage() {
  const folder = tempFolder();
  const hub = await testHub({ folder, clock: { ...systemClock, every: () => () => undefined } });
  const world = await World.of(hub, systemClock.wall());
  const gate = await testDevice(hub, 'gate');
  await gate.publish('records', { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1, { label: MARK })] });
  await gate.nextAck();
  await world.put('/devices/cam/labels', { site: 'berlin' });
  await world.put('/devices/gate/labels', { site: 'oslo', note: MARK });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const made = async (name: string, body: object) => {
    const { token } = await world.made<{ token: string }>('/tokens', { name, ...body });
    return bearer(token);
  };
  const scope = { site: 'berlin' };
  const callers: Caller[] = [
    { name: 'admin', headers: bearer(hub.token) },
    { name: 'operator', headers: await made('operator', { role: 'operator' }) },
    { name: 'viewer', headers: await made('viewer', { role: 'viewer' }) },
    { name: 'operator of berlin', headers: await made('operator-b', { role: 'operator', scope }), isScoped: true },
    { name: 'viewer of berlin', headers: await made('viewer-b', { role: 'viewer', scope }), isScoped: true },
    { name: 'nobody', headers: {}, isScoped: true },
    { name: 'wrong token', headers: bearer('wrong'), isScoped: true },
    { name: 'device', headers: { authorization: `Basic ${btoa(`cam:${world.cam.token}`)}` } },
  ];
  const known = [
    'cam',
    'gate',
    'bright',
    '1.0.0',
    'stable',
    'site',
    'berlin',
    'r1',
    '1',
    '2',
    '99',
    'snapshot',
    world.revision,
  ];
  return { hub, world, callers, known, hasWritten: watchWrites(folder) };
}

const ENCODINGS: readonly ((text: string) => { type: string; body: Buffer; more?: Record<string, string> })[] = [
  (text) => ({ type: 'application/json', body: Buffer.from(text.slice(0, -1)) }),
  (text) => ({ type: 'application/json', body: Buffer.from(text, 'utf16le') }),
  (text) => ({
    type: 'application/json',
    body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf, 0xff]), Buffer.from(text)]),
  }),
  (text) => ({ type: 'application/json; charset=latin1', body: Buffer.from(text, 'latin1') }),
  (text) => ({ type: 'text/plain', body: Buffer.from(text) }),
  (text) => ({ type: 'application/x-www-form-urlencoded', body: Buffer.from(text) }),
  (text) => ({ type: 'multipart/form-data; boundary=x', body: Buffer.from(`--x\r\n\r\n${text}\r\n--x--`) }),
  (text) => ({ type: '', body: Buffer.from(text) }),
  (text) => ({ type: 'application/json', body: Buffer.from(text), more: { 'content-encoding': 'gzip' } }),
  () => ({ type: 'application/json', body: Buffer.from(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) }),
  () => ({ type: 'application/json', body: Buffer.from(`"${'x'.repeat(70_000)}"`) }),
  (text) => ({ type: 'application/gzip', body: Buffer.from(text) }),
];

/** Printable: a header with other bytes never leaves fetch. */
const headerText = (value: unknown) =>
  String(value)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 4000);

function requestOf({ method, target, operation }: Route, random: Random, known: readonly string[]): Sent {
  const text = (value: unknown) =>
    typeof value === 'string' ? value.replaceAll(/[\ud800-\udfff]/g, '?') : (JSON.stringify(value) ?? '');
  const headers: Record<string, string> = {};
  const query = new URLSearchParams();
  let path = target;
  for (const { in: where, name, schema, required } of operation.parameters) {
    const value = text(valueFor(schema, random, known));
    if (where === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value.slice(0, 3000)));
    else if (required === true || random() < 0.25) {
      if (where === 'query') query.append(name, value);
      else if (where === 'header')
        headers[name] = headerText(random() < 0.5 ? pick(random, ['*', '"x"', '"0123456789abcdef"']) : value);
    }
  }
  if (random() < 0.03) query.append(pick(random, ['unknown', 'limit', '__proto__']), text(odd(random)));
  if (random() < 0.05)
    headers[
      pick(random, ['x-forwarded-for', 'range', 'if-match', 'accept', 'cookie', 'origin', 'x-http-method-override'])
    ] = headerText(odd(random));
  const sentMethod =
    random() < 0.04 ? pick(random, ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) : method;
  const mayHaveBody = sentMethod !== 'GET' && sentMethod !== 'HEAD';
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? ['application/json', {}];
  const hasBody = mayHaveBody && random() < (operation.requestBody ? 0.97 : 0.3);
  let body: Buffer | undefined;
  if (hasBody) {
    const json = JSON.stringify(content?.schema ? valueFor(content.schema, random, known) : odd(random)) ?? '';
    const made = random() < 0.1 ? pick(random, ENCODINGS)(json) : { type, body: Buffer.from(json) };
    body = made.body;
    if (made.type !== '') headers['content-type'] = made.type;
    Object.assign(headers, 'more' in made ? made.more : {});
  }
  const asked = query.size > 0 ? `?${query}` : '';
  return { method: sentMethod, path: path + asked, headers, body };
}

/** What is of the other group, by its id; lists whole. */
function foreign({ method, target }: Route): Sent {
  const path = target.replaceAll(/\{(\w+)\}/g, (_, name) =>
    name === 'device' ? 'gate' : name === 'id' ? '2' : 'bright',
  );
  return { method, path, headers: {}, body: undefined };
}

/** A call that works, with one thing changed, or none. Undefined: what the requests before have done is in its way. */
async function nearlyRight({ name, method }: Route, world: World, random: Random): Promise<Sent | undefined> {
  // A device that was deleted or got a new token gets no more answers, and the call would wait for one.
  if (!world.cam.client.connected) return undefined;
  const call = await Promise.race([Promise.resolve(routes[name]?.call(world)).catch(() => undefined), later(MADE_MS)]);
  if (!call) return undefined;
  const json = call.body !== undefined;
  const text = call.bytes ? Buffer.from(call.bytes) : Buffer.from(JSON.stringify(call.body) ?? '');
  const isChanged = random() < 0.7;
  const body = !isChanged
    ? text
    : json
      ? Buffer.from(JSON.stringify(changed(call.body, random)) ?? '')
      : text.subarray(1);
  const headers = { ...call.headers, ...(json ? { 'content-type': 'application/json' } : {}) };
  return {
    method,
    path: call.path,
    headers,
    body: method === 'GET' || method === 'HEAD' || (!json && !call.bytes) ? undefined : body,
  };
}

async function send(hub: TestHub, { method, path, headers, body }: Sent, caller: Caller) {
  const answer = await fetch(hub.url + path, {
    signal: AbortSignal.timeout(ANSWER_MS),
    method,
    headers: { ...headers, ...caller.headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', text: await answer.text() };
}

/** What is wrong with an answer; undefined: nothing. */
function faultOf(
  { status, type, text }: Awaited<ReturnType<typeof send>>,
  { method }: Sent,
  caller: Caller,
  token: string,
): string | undefined {
  if (status >= 500) return 'answers 5xx';
  if (INTERNALS.test(text)) return 'shows internals';
  if (caller.name !== 'admin' && text.includes(token)) return 'shows a token';
  if (caller.isScoped && text.includes(MARK)) return 'shows what is of another group';
  if (status < 400 || method === 'HEAD') return undefined;
  if (!type.startsWith('application/problem+json')) return `is no problem document (${type})`;
  return problemDocument.safeParse(JSON.parse(text)).success ? undefined : 'is no valid problem document';
}

test(
  `no request that chance makes breaks the hub, shows what it must not, or changes something and is refused (seed ${SEED})`,
  async () => {
    const random = seeded(SEED);
    const end = performance.now() + SECONDS * 1000;
    const seen = new Map<string, Set<number>>();
    const faults = new Map<string, string>();
    let asked = 0;
    let documented: Route[] = [];
    while (performance.now() < end || asked < LEAST) {
      const { hub, world, callers, known, hasWritten } = await stage();
      const { paths } = openApi.parse(await hub.json('/openapi.json'));
      documented = Object.entries(paths).flatMap(([target, methods]) =>
        Object.entries(methods).map(([method, operation]) => {
          const name = `${method.toUpperCase()} ${target}`;
          return { name, method: method.toUpperCase(), target, operation };
        }),
      );
      for (let n = 0; n < REQUESTS_PER_HUB && (performance.now() < end || asked < LEAST); n++) {
        // Each once before chance has its way.
        const route = documented[asked++] ?? pick(random, documented);
        // What admins may is looked at most; it also reaches the deepest.
        const someone = random() < 0.5 ? (callers[0] ?? pick(random, callers)) : pick(random, callers);
        const near = random() < 0.3 ? await nearlyRight(route, world, random) : undefined;
        // First of all, what is of the other group is asked for, by somebody who must not see it.
        const isFirst = asked <= documented.length && route.method === 'GET';
        const caller = isFirst ? (callers.find(({ name }) => name === 'operator of berlin') ?? someone) : someone;
        const sent = isFirst ? foreign(route) : (near ?? requestOf(route, random, known));
        hasWritten();
        const answer = await send(hub, sent, caller).catch((error: unknown) => {
          const why = error instanceof Error ? `${error.name} ${String(error.cause)}` : String(error);
          throw new Error(
            `seed ${SEED}: ${route.name} by ${caller.name} has no answer (${why}): ${JSON.stringify({ ...sent, body: sent.body?.toString().slice(0, 500) })}`,
          );
        });
        let fault = faultOf(answer, sent, caller, hub.token);
        const mustNotChange = answer.status >= 400 || ['GET', 'HEAD', 'OPTIONS'].includes(sent.method);
        if (!fault && mustNotChange && hasWritten()) {
          // Work of a request before may have ended only now: what is a fault comes again.
          const again = await send(hub, sent, caller);
          if (again.status === answer.status && hasWritten())
            fault = 'was refused, or only read, and changed something';
        }
        seen.set(route.name, (seen.get(route.name) ?? new Set()).add(answer.status));
        if (fault)
          faults.set(
            `${route.name} ${fault}`,
            `${caller.name}: ${JSON.stringify({ ...sent, body: sent.body?.toString().slice(0, 500) })} → ${answer.status} ${answer.text.slice(0, 500)}`,
          );
        if (fault && faults.size > 20) break;
      }
      await hub.hub.stop();
    }
    expect(Object.fromEntries(faults), `seed ${SEED}, ${asked} requests`).toEqual({});
    // The search reaches the routes: many of those that can work on this hub were answered well at least once.
    const works = [...seen.values()].filter((statuses) => [...statuses].some((status) => status < 300));
    const reachable = documented.filter(({ name }) => (routes[name]?.status ?? 0) < 300);
    expect(works.length / reachable.length).toBeGreaterThan(0.4);
    console.info(`${asked} requests, ${works.length} of ${documented.length} routes did what was asked (seed ${SEED})`);
  },
  (SECONDS + 300) * 1000,
);
