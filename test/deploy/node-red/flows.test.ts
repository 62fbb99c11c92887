/** The flows for Node-RED: whole, without secrets, and their functions do with a real hub what they say. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { receiver } from '../../cloud-hub/alerts/receiver.ts';
import { addDevice, testHub } from '../../cloud-hub/support.ts';

const node = z.looseObject({
  id: z.string().regex(/^vedette-[a-z-]+$/),
  type: z.string(),
  z: z.string().optional(),
  name: z.string().optional(),
  wires: z.array(z.array(z.string())).optional(),
  outputs: z.number().optional(),
  func: z.string().optional(),
  libs: z.array(z.strictObject({ var: z.string(), module: z.string() })).optional(),
  credentials: z.never().optional(),
});
const file = path.resolve(import.meta.dirname, '../../../deploy/node-red/flows.json');
const flows = z.array(node).parse(JSON.parse(readFileSync(file, 'utf8')));
const SECRET = 'a secret of the test';

/** Nodes that Node-RED brings along. */
const CORE = ['tab', 'comment', 'inject', 'debug', 'function', 'switch', 'http in', 'http response', 'http request'];

test('each wire goes to a node that is there, of a kind that Node-RED brings', () => {
  const ids = flows.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, type, z: tab, wires = [], outputs } of flows) {
    expect(CORE, id).toContain(type);
    if (type !== 'tab') expect(ids, id).toContain(tab);
    if (outputs !== undefined) expect(wires, id).toHaveLength(outputs);
    for (const target of wires.flat()) expect(ids, id).toContain(target);
  }
  // Each flow that begins ends where something is seen.
  const reached = new Set(flows.flatMap(({ wires = [] }) => wires.flat()));
  const sources = flows.filter(({ id, wires }) => wires && wires.length > 0 && !reached.has(id));
  expect(sources.map(({ type }) => type).toSorted()).toEqual(['http in', 'inject', 'inject']);
});

type Message = Record<string, unknown>;

/** A function node, as Node-RED runs it: `msg`, `env`, `context`, `node`, and what it imports. */
function functionOf(id: string, env: Readonly<Record<string, string>>) {
  const found = flows.find((one) => one.id === id);
  const memory = new Map<string, unknown>();
  const complaints: string[] = [];
  const code = new vm.Script(`(async () => { ${found?.func} })()`);
  return {
    complaints,
    async run(msg: Message): Promise<unknown> {
      const modules = (found?.libs ?? []).map(async (lib) => [lib.var, (await import(lib.module)).default] as const);
      const complain = (text: string) => complaints.push(text);
      return code.runInNewContext({
        ...Object.fromEntries(await Promise.all(modules)),
        ...{ msg, Buffer, env: { get: (name: string) => env[name] } },
        context: {
          get: (key: string) => memory.get(key),
          set: (key: string, value: unknown) => memory.set(key, value),
        },
        node: { warn: complain, error: complain, status: () => undefined },
      });
    },
  };
}

test('an alert of a real hub is taken once, and one without its signature never', async () => {
  const { url, get } = await receiver();
  const hub = await testHub({ config: { alertNetworks: '127.0.0.1' as never } });
  const channel = { kind: 'webhook', url, secret: SECRET };
  const headers = { 'content-type': 'application/json' };
  const put = { method: 'PUT', headers, body: JSON.stringify(channel) };
  expect((await hub.api('/alert-channels/red', put)).status).toBe(200);
  expect(await (await hub.post('/alert-channels/red/test', {})).json()).toMatchObject({ ok: true });
  const [got] = await get(1);
  const message = () => ({ payload: Buffer.from(got?.text ?? ''), req: { headers: got?.headers } });
  const { run, complaints } = functionOf('vedette-check', { VEDETTE_WEBHOOK_SECRET: SECRET });
  const [taken, answer] = z
    .tuple([z.looseObject({ payload: z.looseObject({}) }), z.unknown()])
    .parse(await run(message()));
  expect(answer).toMatchObject({ statusCode: 204, payload: '' });
  expect(await functionOf('vedette-words', {}).run({ ...taken })).toMatchObject({
    payload: expect.stringContaining('\n'),
    severity: expect.stringMatching(/^(info|warning|critical)$/),
  });
  expect(await run(message())).toEqual([null, expect.objectContaining({ statusCode: 204 })]);
  expect(complaints).toEqual([]);
  const bad = [
    { ...message(), payload: `${got?.text} ` },
    { ...message(), req: { headers: {} } },
  ];
  for (const one of bad) expect(await run(one)).toEqual([null, expect.objectContaining({ statusCode: 401 })]);
  const blind = functionOf('vedette-check', {});
  expect(await blind.run(message())).toEqual([null, expect.objectContaining({ statusCode: 401 })]);
  expect(complaints).toHaveLength(2);
});

test.each([
  ['vedette-offline', 'vedette-names', ['cam'], 'GET'],
  ['vedette-silence', 'vedette-silenced', expect.stringMatching(/^quiet until 20/), 'POST'],
] as const)('%s asks the hub what it says, and an error is told', async (asks, reads, expected, method) => {
  const hub = await testHub();
  await addDevice(hub, 'cam');
  const env = { VEDETTE_URL: hub.url, VEDETTE_TOKEN: hub.token };
  const request = z
    .looseObject({
      method: z.literal(method),
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      payload: z.unknown(),
    })
    .parse(await functionOf(asks, env).run({ payload: '' }));
  const ask = async (headers: Record<string, string>) => {
    const body = method === 'GET' ? {} : { body: JSON.stringify(request.payload) };
    const answer = await fetch(request.url, { method, headers, ...body });
    const { run, complaints } = functionOf(reads, {});
    return { told: await run({ statusCode: answer.status, payload: await answer.json() }), complaints };
  };
  expect((await ask(request.headers)).told).toMatchObject({ payload: expected });
  const refused = await ask({ ...request.headers, authorization: 'Bearer wrong' });
  expect(refused).toEqual({ told: null, complaints: [expect.stringContaining('401')] });
});
