/** The client of the API against a real hub; what the dashboard makes of it is tested there. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { API_BASE, clientOver, queryText } from '../../../cloud-hub/client/client.ts';
import { ApiError, type Transport } from '../../../cloud-hub/client/request.ts';
import { device } from '../../../cloud-hub/contract/device.ts';
import { addDevice, testHub } from '../support.ts';

const words: Transport['words'] = {
  unreachable: (error) => `unreachable: ${error instanceof Error ? error.name : error}`,
  refused: (status, output, statusText) => `${status} ${output?.detail ?? 'no words'} ${statusText}`,
  garbled: (path, where) => `garbled ${path}: ${where}`,
};

function clientOf(url: string, token: string, more: Partial<Transport> = {}) {
  const paths: string[] = [];
  const client = clientOver({
    base: url + API_BASE,
    fetch: (input, init) => {
      paths.push(`${init?.method} ${input.slice(url.length)}`);
      return fetch(input, init);
    },
    init: () => ({ headers: { authorization: `Bearer ${token}` } }),
    words,
    ...more,
  });
  return { client, paths };
}

async function other(status: number, body: string, type = 'text/html'): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

test('all items of a list, page by page, and no page more', async () => {
  const hub = await testHub();
  const ids = Array.from({ length: 501 }, (_, i) => `d${String(i).padStart(3, '0')}`);
  for (const id of ids) await addDevice(hub, id);
  const { client, paths } = clientOf(hub.url, hub.token);
  const found: string[] = [];
  for await (const { id } of client.pages('/devices', device, { online: 'false' })) found.push(id);
  expect(found).toEqual(ids);
  expect(paths).toEqual([
    'GET /api/v1/devices?online=false&limit=500',
    'GET /api/v1/devices?online=false&limit=500&cursor=d499',
  ]);
  for await (const _ of client.pages('/devices', device, { online: 'true' })) expect.unreachable();
  expect(paths).toHaveLength(3);
});

describe('what goes wrong', () => {
  const failureOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  test('is told in the words of the hub, with its status, and a lost session is told apart', async () => {
    const hub = await testHub();
    let lost = 0;
    const onUnauthorized = () => {
      lost++;
    };
    const { client } = clientOf(hub.url, hub.token, { onUnauthorized });
    await client.addDevice('cam');
    expect(await failureOf(client.addDevice('cam'))).toMatchObject({
      name: 'ApiError',
      status: 409,
      message: '409 there is a device "cam" already Conflict',
    });
    expect(await failureOf(client.removeModel('a/b', '1'))).toMatchObject({ status: 400 });
    expect(lost).toBe(0);
    const stranger = clientOf(hub.url, 'wrong', { onUnauthorized }).client;
    expect(await failureOf(stranger.me())).toMatchObject({ status: 401 });
    expect(await failureOf(stranger.removeAlias('a', 'b'))).toMatchObject({ status: 401 });
    expect(lost).toBe(2);
    expect(await failureOf(stranger.signIn({ token: 'wrong' }))).toMatchObject({ status: 401 });
    expect(lost).toBe(2);
  });

  test('of somebody else who answers: no problem document, no schema, no JSON', async () => {
    const gateway = clientOf(await other(502, '<html>'), 'x').client;
    expect(await failureOf(gateway.me())).toMatchObject({ status: 502, message: '502 no words Bad Gateway' });
    const shop = clientOf(await other(200, '{"items":[]}', 'application/json'), 'x').client;
    expect(await failureOf(shop.device('cam'))).toMatchObject({
      status: 200,
      message: expect.stringMatching(/^garbled \/devices\/cam: id: /),
    });
    expect(await failureOf(shop.devices({ limit: 1 }))).toBeUndefined();
    const page = clientOf(await other(200, '<html>'), 'x').client;
    expect(await failureOf(page.devices({ limit: 1 }))).toMatchObject({
      message: expect.stringMatching(/^garbled \/devices: \(root\): /),
    });
    // Where only the deed counts the answer is not looked at.
    expect(await failureOf(page.signOut())).toBeUndefined();
  });

  test('of nobody who answers is status 0, with the cause; a question that was taken back is no failure of the hub', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    server.close();
    const { client } = clientOf(url, 'x');
    const failure = await failureOf(client.me());
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ status: 0, message: 'unreachable: TypeError', cause: expect.any(TypeError) });
    const abort = new AbortController();
    abort.abort(new Error('no longer wanted'));
    expect(await failureOf(client.device('cam', abort.signal))).toMatchObject({ message: 'no longer wanted' });
    const slow = clientOf(url, 'x', { init: () => ({ signal: AbortSignal.abort(new Error('too slow')) }) }).client;
    expect(await failureOf(slow.me())).toMatchObject({ name: 'ApiError', status: 0 });
  });
});

test('a query holds what is given, and only that', () => {
  expect(queryText({ a: 0, b: 'x&y', c: undefined, d: '' })).toBe('?a=0&b=x%26y');
});

describe('a change whose answer was lost', () => {
  /** Loses the first answers after the hub has done the work. */
  function losing(hub: { url: string; token: string }, lose: (sent: number) => Response | Error | undefined) {
    const keys: unknown[] = [];
    const { client } = clientOf(hub.url, hub.token, {
      async fetch(input, init) {
        const answer = await fetch(input, init);
        keys.push(new Headers(init?.headers).get('idempotency-key'));
        const lost = lose(keys.length);
        if (lost instanceof Error) throw lost;
        return lost ?? answer;
      },
      sleep: async () => undefined,
    });
    return { client, keys };
  }

  test('is sent again with its key, and done once', async () => {
    const hub = await testHub();
    const { client, keys } = losing(hub, (sent) =>
      sent === 1 ? new TypeError('fetch failed') : sent === 2 ? new Response('', { status: 502 }) : undefined,
    );
    expect(await client.addDevice('cam')).toEqual({ id: 'cam', token: expect.any(String) });
    expect(keys).toEqual([expect.stringMatching(/^"[0-9a-f]{32}"$/), keys[0], keys[0]]);
    await client.addDevice('cam2');
    expect(keys[3]).not.toBe(keys[0]);
    const { items } = await hub.json<{ items: { action: string }[] }>('/audit?action=device.add');
    expect(items).toHaveLength(2);
  });

  test('is not sent for ever, and not when nothing can have come', async () => {
    const hub = await testHub();
    const lost = losing(hub, () => new TypeError('fetch failed'));
    await expect(lost.client.addDevice('cam')).rejects.toThrow('unreachable: TypeError');
    expect(lost.keys).toHaveLength(4);
    const refused = losing(
      hub,
      () => new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
    );
    await expect(refused.client.addDevice('cam')).rejects.toThrow('unreachable');
    expect(refused.keys).toHaveLength(1);
    const read = losing(hub, () => new TypeError('fetch failed'));
    await expect(read.client.device('cam')).rejects.toThrow('unreachable');
    expect(read.keys).toEqual([null]);
  });
});
