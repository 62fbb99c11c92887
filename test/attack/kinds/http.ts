/** Requests made out of the hub's own OpenAPI document: every route, with wrong kinds, sizes, encodings and credentials. */
import { z } from 'zod';
import type { Attack } from '../attack.ts';
import type { Stage } from '../stage.ts';

const REQUESTS = 600;

const openApi = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

const words: readonly ((random: () => number) => string)[] = [
  () => '',
  () => '../../etc/passwd',
  () => '%00',
  () => 'a'.repeat(5000),
  () => '-1',
  () => '1e309',
  () => "' OR 1=1 --",
  () => '\u{1f600}',
  () => '__proto__',
  (random) => String(Math.floor(random() * 1e15)),
];

const bodies: readonly (() => { type: string; text: string })[] = [
  () => ({ type: 'application/json', text: '{' }),
  () => ({ type: 'application/json', text: '[]' }),
  () => ({ type: 'application/json', text: 'null' }),
  () => ({ type: 'application/json', text: `${'['.repeat(20_000)}${']'.repeat(20_000)}` }),
  () => ({ type: 'application/json', text: '{"__proto__":{"role":"admin"},"id":{}}' }),
  () => ({ type: 'application/json', text: JSON.stringify({ name: 'x'.repeat(100_000) }) }),
  () => ({ type: 'text/plain', text: 'hello' }),
  () => ({ type: 'application/octet-stream', text: 'no archive' }),
  () => ({ type: 'application/xml', text: '<a/>' }),
];

export const oddRequests: Attack = {
  name: 'odd-requests',
  summary: 'somebody sends each route wrong kinds, sizes, encodings and credentials',
  async run(stage, random) {
    const document = openApi.parse(await (await fetch(`${base(stage)}/api/v1/openapi.json`)).json());
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
    );
    const pick = <T>(list: readonly T[], fallback: T): T => list[Math.floor(random() * list.length)] ?? fallback;
    const failed = new Set<string>();
    for (let n = 0; n < REQUESTS; n++) {
      const { path, method } = pick(routes, { path: '/healthz', method: 'GET' });
      const word = () => encodeURIComponent(pick(words, () => '')(random));
      const target =
        path.replaceAll(/\{[^}]+\}/g, word) + (random() < 0.5 ? `?${word()}=${word()}&limit=${word()}` : '');
      const headers: Record<string, string> = {};
      const credentials = random();
      if (credentials < 0.6) headers.authorization = `Bearer ${stage.adminToken()}`;
      else if (credentials < 0.8) headers.authorization = 'Bearer nonsense';
      const body =
        method === 'GET' || method === 'HEAD' || random() < 0.2
          ? undefined
          : pick(bodies, () => ({ type: '', text: '' }))();
      if (body) headers['content-type'] = body.type;
      // Ending the hub's own credentials or signing in is not what this is about.
      if (path.includes('/tokens') || path.includes('/session')) continue;
      const response = await fetch(base(stage) + target, { method, headers, ...(body && { body: body.text }) });
      await response.arrayBuffer();
      if (response.status >= 500 && response.status !== 503) failed.add(`${method} ${path}: ${response.status}`);
    }
    return [...failed];
  },
};

export const guesses: Attack = {
  name: 'guesses',
  summary: 'somebody tries wrong tokens; meanwhile a valid one still signs in',
  async run(stage) {
    const ask = (token: string) =>
      fetch(`${base(stage)}/api/v1/devices`, { headers: { authorization: `Bearer ${token}` } });
    for (let n = 0; n < 40; n++) await (await ask(`wrong-${n}`)).arrayBuffer();
    const good = await ask(stage.adminToken());
    await good.arrayBuffer();
    return good.ok ? [] : [`a valid token is answered ${good.status} after 40 wrong tries from the same address`];
  },
};

const base = (stage: Stage) => `http://127.0.0.1:${stage.httpPort()}`;
