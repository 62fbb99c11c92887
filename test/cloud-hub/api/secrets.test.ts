/**
 * Secrets that people and programs send, and those that the hub makes: planted in every field of a body that takes one, in each kind of
 * credential, and looked for in the log, the audit, every answer, the metrics, the document of the API, the database and a backup.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeBackup } from '../../../cloud-hub/backup/write.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { keptLog } from '../../support/kept-log.ts';
import { tempFolder } from '../../support/temp.ts';
import { testHub } from '../support.ts';
import { openApi, type Schema } from './fuzz.ts';
import { routes } from './route-table.ts';
import { World } from './world.ts';

/** Names of fields that hold one. */
const SECRET = /secret|password|passphrase|^before$|^after$|token|^code$|invitation|claim|recovery|totp|^auth$/i;

const alternatives = (schema: Schema): readonly Schema[] => {
  const inner = schema.anyOf ?? schema.oneOf;
  return inner ? inner.flatMap(alternatives) : [schema];
};

/** Long enough for a password, a token and a key; `n` tells them apart. */
const plant = (n: number) => `planted${n}x0123456789abcdefghijklmnopqrstuvwxyz`;

test('no secret comes out again: not in logs, answers, the audit, metrics, the database or a backup', async () => {
  const folder = tempFolder();
  const { log, lines } = keptLog();
  const hub = await testHub({ folder, log, clock: { ...systemClock, every: () => () => undefined } });
  const world = await World.of(hub, systemClock.wall());
  const secrets = new Map<string, string>([
    [hub.token, 'the admin token'],
    [world.cam.token, 'the token of a device'],
  ]);
  const planted = (where: string) => {
    const secret = plant(secrets.size);
    secrets.set(secret, where);
    return secret;
  };
  const answers: [string, string][] = [];
  const ask = async (what: string, target: string, init: RequestInit, made?: readonly string[]) => {
    const answer = await fetch(hub.url + target, { redirect: 'manual', ...init });
    let text = await answer.text();
    // What the hub makes is shown once, in this answer, and is a secret from then on.
    for (const [, name = '', value = ''] of made ? text.matchAll(/"(\w+)":"([\w-]{20,})"/g) : [])
      if (SECRET.test(name)) {
        secrets.set(value, `${name} of ${what}`);
        text = text.replaceAll(value, '');
      }
    for (const cookie of answer.headers.getSetCookie()) {
      const [, value] = /=([\w-]{20,})/.exec(cookie) ?? [];
      if (value !== undefined) secrets.set(value, `cookie of ${what}`);
    }
    answers.push([what, text]);
    return answer.status;
  };
  const admin = { authorization: `Bearer ${hub.token}` };
  const json = (method: string, body: unknown, headers: Record<string, string> = admin) => ({
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

  const { paths } = openApi.parse(await hub.json('/openapi.json'));
  const operations = Object.entries(paths).flatMap(([target, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), target, operation })),
  );
  const taken: string[] = [];
  for (const { method, target, operation } of operations) {
    const route = `${method} ${target}`;
    const schema = operation.requestBody?.content['application/json']?.schema;
    for (const one of schema ? alternatives(schema) : []) {
      const names = Object.keys(one.properties ?? {}).filter((name) => SECRET.test(name));
      if (names.length === 0) continue;
      const call = await routes[route]?.call(world);
      const known = Object.keys(one.properties ?? {});
      const body = {
        ...Object.fromEntries(Object.entries(Object(call?.body)).filter(([name]) => known.includes(name))),
      };
      for (const name of names) {
        body[name] = planted(`${name} of ${route}`);
        taken.push(`${name} of ${route}`);
      }
      await ask(route, call?.path ?? target, json(method, body, admin), []);
      // Of the wrong kind, and with something unknown beside it: refusals must not show it either.
      await ask(
        route,
        call?.path ?? target,
        json(method, { ...body, [names[0] ?? '']: [planted(route)], unknown: planted(route) }),
      );
    }
    if (method === 'POST') {
      const call = await routes[route]?.call(world);
      if (call && !call.bytes) {
        const sent = json(method, call.body ?? {});
        await ask(
          route,
          call.path,
          { ...sent, headers: { ...sent.headers, 'idempotency-key': planted('Idempotency-Key') } },
          [],
        );
      }
    }
  }
  // It finds the fields, or it finds nothing.
  expect(taken.length).toBeGreaterThan(7);

  await ask(
    'a user of an address',
    '/api/v1/alert-channels/hook2',
    json('PUT', { kind: 'webhook', url: `http://ann:${planted('address of a channel')}@127.0.0.1:9/` }),
  );
  for (const header of ['authorization', 'cookie']) {
    for (const form of ['Bearer *', 'Basic *', 'vedette_session=*', '*']) {
      const value = form.replace('*', planted(`${header} ${form}`));
      await ask(`${header} ${form}`, '/api/v1/devices', { headers: { [header]: value } });
      await ask(`${header} ${form}`, '/api/v1/devices', json('POST', { id: 'x' }, { [header]: value }));
    }
  }
  await ask('query', `/api/v1/devices?token=${planted('query')}`, { headers: admin });
  await ask(
    'sign-in of nobody',
    '/api/v1/sign-in',
    json('POST', { name: 'ann', password: planted('wrong password') }, {}),
  );

  for (const { method, target } of operations) {
    const call = method === 'GET' ? await routes[`GET ${target}`]?.call(world) : undefined;
    if (call) await ask(`GET ${target}`, call.path, { headers: admin });
  }
  await ask('audit', '/api/v1/audit?limit=500', { headers: admin });
  await hub.hub.stop();
  const backup = path.join(tempFolder(), 'b.tar');
  await writeBackup({ dataDir: folder, file: backup, version: '1', now: 0 });

  const databases = readdirSync(folder).filter((name) => /\.db/.test(name));
  expect(databases).toContain('hub.db');
  const outputs: [string, string][] = [
    ['the log', JSON.stringify(lines)],
    ...answers,
    ...databases.map((name): [string, string] => [name, readFileSync(path.join(folder, name), 'latin1')]),
  ];
  const found = outputs.flatMap(([what, text]) =>
    [...secrets].filter(([secret]) => text.includes(secret)).map(([, where]) => `${where}: in ${what}`),
  );
  // The file of the admin token is in a backup, which says so; nothing else is.
  const bytes = readFileSync(backup, 'latin1');
  const inBackup = [...secrets].filter(([secret]) => bytes.includes(secret)).map(([, where]) => where);
  expect({ found, inBackup }).toEqual({ found: [], inBackup: ['the admin token'] });
}, 120_000);
