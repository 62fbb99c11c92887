/** Every parameter and every field of a body at its bounds and beyond them; a new one without values here fails. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../../shared/kit/clock.ts';
import { type TestHub, testHub } from '../support.ts';
import { bodies, parameters } from './bounds-table.ts';
import { problemOf } from './problems.ts';
import { routes } from './route-table.ts';
import { World } from './world.ts';

interface Schema {
  readonly type?: string | undefined;
  readonly properties?: Record<string, Schema> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    type: z.string().optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.string().array().optional(),
    additionalProperties: z.union([z.boolean(), schema]).optional(),
    items: schema.optional(),
    anyOf: schema.array().optional(),
    oneOf: schema.array().optional(),
  }),
);

const document = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        parameters: z
          .looseObject({ name: z.string(), in: z.string(), required: z.boolean().optional() })
          .array()
          .optional(),
        requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({ schema })) }).optional(),
      }),
    ),
  ),
});

const join = (...parts: string[]) => parts.filter((part) => part !== '').join('.');

/** Paths of all fields of a schema; objects that take unknown fields; fields that must be there. */
function fieldsOf(of: Schema, at = ''): { fields: string[]; open: string[]; required: string[] } {
  const inner = [
    ...Object.entries(of.properties ?? {}).map(([key, value]) => [join(at, key), value] as const),
    ...(typeof of.additionalProperties === 'object' && Object.keys(of.additionalProperties).length > 0
      ? [[join(at, '*'), of.additionalProperties] as const]
      : []),
    ...(of.items ? [[join(at, '0'), of.items] as const] : []),
  ];
  const found = inner.map(([path, value]) => fieldsOf(value, path));
  const same = [...(of.anyOf ?? []), ...(of.oneOf ?? [])].map((one) => fieldsOf(one, at));
  const all = [...found, ...same];
  const isOpen = of.type === 'object' && of.additionalProperties !== false;
  return {
    fields: [...new Set([...inner.map(([path]) => path), ...all.flatMap((f) => f.fields)])],
    open: [...new Set([...(isOpen ? [at] : []), ...all.flatMap((f) => f.open)])],
    required: [...new Set([...(of.required ?? []).map((key) => join(at, key)), ...all.flatMap((f) => f.required)])],
  };
}

/** The body with another value at a path; `*`: at its first key. Undefined: without it. */
function withField(body: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(body)) return body.map((item, i) => (String(i) === first ? withField(item, rest, value) : item));
  const object = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const key = first === '*' ? (Object.keys(object)[0] ?? '') : first;
  return { ...object, [key]: withField(object[key], rest, value) };
}

async function world(): Promise<{ hub: TestHub; world: World; paths: z.infer<typeof document>['paths'] }> {
  const hub = await testHub({ clock: { ...systemClock, every: () => () => undefined } });
  const { paths } = document.parse(await hub.json('/openapi.json'));
  return { hub, world: await World.of(hub, systemClock.wall()), paths };
}

const each = (paths: z.infer<typeof document>['paths']) =>
  Object.entries(paths).flatMap(([target, methods]) =>
    Object.entries(methods).map(([method, route]) => ({
      name: `${method.toUpperCase()} ${target}`,
      target,
      method,
      route,
    })),
  );

test('each parameter of each route: at its bounds, beyond them, twice, and one that is unknown', async () => {
  const { hub, world: made, paths } = await world();
  const wrong: string[] = [];
  for (const { name: route, target, method, route: described } of each(paths)) {
    const call = await routes[route]?.call(made);
    if (!call) throw new Error(`no entry for ${route}`);
    const ask = async (change: (url: URL, headers: Headers) => void) => {
      const url = new URL(call.path, hub.url);
      const headers = new Headers({ ...call.headers, authorization: `Bearer ${hub.token}` });
      if (call.body !== undefined) headers.set('content-type', 'application/json');
      change(url, headers);
      const body = call.bytes
        ? Buffer.from(call.bytes)
        : call.body === undefined
          ? undefined
          : JSON.stringify(call.body);
      const response = await fetch(url, {
        method: method.toUpperCase(),
        headers,
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, text: await response.text() };
    };
    for (const parameter of described.parameters ?? []) {
      const bounds = parameters[`${route} ${parameter.name}`] ?? parameters[parameter.name];
      if (!bounds) throw new Error(`no bounds for ${parameter.name} of ${route}`);
      const isPath = parameter.in === 'path';
      const put = (value: unknown) => (url: URL, headers: Headers) => {
        const text = String(value);
        if (parameter.in === 'header') headers.set(parameter.name, text);
        else if (parameter.in === 'query') url.searchParams.set(parameter.name, text);
        else {
          const at = target.split('/').indexOf(`{${parameter.name}}`);
          url.pathname = url.pathname
            .split('/')
            .map((part, i) => (i === at ? encodeURIComponent(text) : part))
            .join('/');
        }
      };
      const what = `${route} ${parameter.name}`;
      for (const value of bounds.good) {
        const { status, text } = await ask(put(value));
        if (status === 400 || status >= 500) wrong.push(`${what}=${value}: ${status} ${text}`);
      }
      for (const value of bounds.bad.filter((one) => !(isPath && one === ''))) {
        const { status, text } = await ask(put(value));
        const isNamed = method === 'head' || text.includes(parameter.name);
        if (status !== 400 || !isNamed) wrong.push(`${what}=${value}: ${status} ${text}`);
      }
      if (parameter.in !== 'query') continue;
      const [value] = bounds.good;
      const twice = await ask((url) => {
        url.searchParams.delete(parameter.name);
        for (let i = 0; i < 2; i++) url.searchParams.append(parameter.name, String(value));
      });
      if (twice.status !== 400) wrong.push(`${what} twice: ${twice.status}`);
      const without = await ask((url) => url.searchParams.delete(parameter.name));
      if ((without.status === 400) !== (parameter.required === true)) wrong.push(`${what} left out: ${without.status}`);
    }
    if (method === 'get') {
      const unknown = await ask((url) => url.searchParams.set('unknown', '1'));
      // What asks whether the hub lives may carry anything.
      if (unknown.status !== (target.startsWith('/api/') ? 400 : 200))
        wrong.push(`${route} with an unknown parameter: ${unknown.status}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('each field of each body: at its bounds, beyond them, missing, and one that is unknown', async () => {
  const { hub, world: made, paths } = await world();
  const wrong: string[] = [];
  const described = each(paths).filter(({ route }) => route.requestBody !== undefined);
  expect(described.map(({ name: route }) => route).toSorted()).toEqual(Object.keys(bodies).toSorted());
  for (const {
    name: route,
    method,
    route: { requestBody },
  } of described) {
    const { body, fields, open = [] } = bodies[route] ?? { body: {}, fields: {} };
    const found = fieldsOf(requestBody?.content['application/json']?.schema ?? {});
    const must = Object.entries(fields).filter(([, bounds]) => bounds.required);
    expect(found.fields.toSorted(), route).toEqual(Object.keys(fields).toSorted());
    expect(found.open.toSorted(), route).toEqual(open.toSorted());
    // One of two kinds of credentials is needed: neither alone.
    if (route !== 'POST /api/v1/sign-in') {
      expect(found.required.toSorted(), route).toEqual(must.map(([path]) => path).toSorted());
    }
    const ask = async (sent: unknown) => {
      const { path } = (await routes[route]?.call(made)) ?? { path: '' };
      const headers = { authorization: `Bearer ${hub.token}`, 'content-type': 'application/json' };
      const response = await fetch(hub.url + path, {
        method: method.toUpperCase(),
        headers,
        body: JSON.stringify(sent),
      });
      if (response.status < 400) return { status: response.status, errors: '' };
      const { errors, detail } = await problemOf(response);
      return { status: response.status, errors: JSON.stringify(errors ?? []), detail };
    };
    const plain = await ask(body);
    if (plain.status === 400 || plain.status >= 500) wrong.push(`${route} as it should be: ${plain.status}`);
    for (const [path, bounds] of Object.entries(fields)) {
      const parts = path.split('.');
      for (const value of bounds.good) {
        const { status, errors } = await ask(withField(body, parts, value));
        if (status === 400 || status >= 500)
          wrong.push(`${route} ${path}=${JSON.stringify(value)}: ${status} ${errors}`);
      }
      for (const value of bounds.bad) {
        const { status, errors } = await ask(withField(body, parts, value));
        const named = errors.includes('"path":"body');
        if (status !== 400 || !named) wrong.push(`${route} ${path}=${JSON.stringify(value)}: ${status} ${errors}`);
      }
      if (bounds.required && path !== 'target.revision') {
        const { status } = await ask(withField(body, parts, undefined));
        if (status !== 400) wrong.push(`${route} without ${path}: ${status}`);
      }
    }
    const objects = ['', ...Object.keys(fields)].filter((path) => {
      const value = path.split('.').reduce<unknown>((at, key) => {
        if (key === '' || typeof at !== 'object' || at === null) return at;
        const inside = at as Record<string, unknown>;
        return key === '*' ? Object.values(inside)[0] : inside[key];
      }, body);
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    });
    for (const path of objects) {
      // Of a record every key is a field.
      if (open.includes(path)) continue;
      const { status, errors } = await ask(withField(body, [...path.split('.').filter(Boolean), 'unknown'], 1));
      if (status !== 400 || !errors.includes('unknown'))
        wrong.push(`${route} with ${path}.unknown: ${status} ${errors}`);
    }
    for (const [type, text] of [
      ['text/plain', 'x'],
      ['application/xml', '<x/>'],
    ] as const) {
      const headers = { authorization: `Bearer ${hub.token}`, 'content-type': type };
      const { path } = (await routes[route]?.call(made)) ?? { path: '' };
      const response = await fetch(hub.url + path, { method: method.toUpperCase(), headers, body: text });
      if (response.status !== 415) wrong.push(`${route} with ${type}: ${response.status}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('records hold 64 labels or metrics at most, and streams a megabyte, targets four; other bodies 64 KiB', async () => {
  const { hub, world: made } = await world();
  const put = (path: string, body: string, method = 'PUT') =>
    hub.api(path, { method, body, headers: { 'content-type': 'application/json' } });
  const many = (n: number, value: unknown) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, value])));
  for (const [path, value] of [
    ['/devices/cam/labels', 'x'],
    ['/models/bright/1.0.0/labels', 'x'],
    ['/models/bright/1.0.0/metrics', 1],
  ] as const) {
    expect((await put(path, many(64, value))).status, path).toBe(200);
    const refused = await put(path, many(65, value));
    expect(refused.status, path).toBe(400);
    expect(JSON.stringify((await problemOf(refused)).errors)).toMatch(/at most 64/);
    const odd = await put(path, JSON.stringify({ 'a b': value }));
    expect(odd.status, path).toBe(400);
  }
  const limits: Record<string, number> = {
    'POST /api/v1/stream-sets': 1024 * 1024,
    'PUT /api/v1/trust/root': 512 * 1024,
    'PUT /api/v1/trust/targets': 4 * 1024 * 1024,
  };
  for (const route of Object.keys(bodies)) {
    const [method = '', target = ''] = route.split(' ');
    const path = target
      .slice('/api/v1'.length)
      .replace('{device}', 'cam')
      .replace('{name}', 'bright')
      .replace('{version}', '1.0.0')
      .replace('{alias}', 'stable')
      .replace('{id}', 'r1');
    const most = limits[route] ?? 64 * 1024;
    // Spaces are no JSON: whoever reads it answers 400.
    expect((await put(path, ' '.repeat(most), method)).status, route).toBe(400);
    expect((await put(path, ' '.repeat(most + 1), method)).status, route).toBe(413);
  }
  expect(made.revision).toMatch(/^sha256:/);
});
