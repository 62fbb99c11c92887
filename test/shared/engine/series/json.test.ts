import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonRows, stepsOf } from '../../../../shared/engine/series/json.ts';

/** The only row of a text. */
function readJsonRow(text: string) {
  const rows = readJsonRows(text);
  return typeof rows === 'string' ? rows : (rows[0] ?? 'has no row');
}

test.each([
  ['$', []],
  ['', []],
  ['$.', []],
  ['a', ['a']],
  ['$.a.b', ['a', 'b']],
  ['a.b[0].c', ['a', 'b', '0', 'c']],
  ['$.a[10][2]', ['a', '10', '2']],
  ['$[3].x', ['3', 'x']],
  ['[3]', ['3']],
  ['a[x]', ['a[x]']],
  ['a$.b', ['a$', 'b']],
  ['a[-1]', ['a', '-1']],
  ["$['air']['PM2.5']", ['air', 'PM2.5']],
  ['air["PM2.5"]', ['air', 'PM2.5']],
  ["$['it\\'s'].x", ["it's", 'x']],
  ["['a b'][0]", ['a b', '0']],
  ['a b.c', ['a b', 'c']],
  ["a['x", ['a', "'x"]],
  ['$x', ['$x']],
])('%s', (path, steps) => {
  expect(stepsOf(path)).toEqual(steps);
});

test('each place of a value is found by its path, with and without the leading $.', () => {
  const key = fc.stringMatching(/^[a-z_]{1,4}$/);
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.constantFrom(null, true, 'x', ''),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const row = readJsonRow(JSON.stringify([value]));
      if (typeof row === 'string') throw new Error(row);
      const walk = (found: unknown, path: string): void => {
        expect(row(`$${path}`)).toEqual(found);
        if (path !== '') expect(row(path.replace(/^\./, ''))).toEqual(found);
        if (Array.isArray(found)) for (const [i, item] of found.entries()) walk(item, `${path}[${i}]`);
        else if (typeof found === 'object' && found !== null)
          for (const [k, item] of Object.entries(found)) walk(item, `${path}.${k}`);
      };
      walk(JSON.parse(JSON.stringify(value)), '');
    }),
  );
});

test('a path that leads nowhere gives nothing: through numbers, texts, null, past the end, or what only JavaScript has', () => {
  const row = readJsonRow('{"n":1,"s":"text","z":null,"l":[1,2],"o":{}}');
  if (typeof row === 'string') throw new Error(row);
  for (const path of [
    'n.x',
    's.length',
    's[0]',
    'z.x',
    'l[2]',
    'l.length.x',
    'o.toString',
    'o.__proto__',
    'constructor',
    'x',
    'x.y.z',
  ])
    expect(row(path), path).toBeUndefined();
  expect(row('z')).toBeNull();
  expect(readJsonRow('')).toBe('is not JSON');
  expect(readJsonRow('{a:1}')).toBe('is not JSON');
});

test('keys with dots, and places from the end of a list', () => {
  const row = readJsonRow('{"air":{"PM2.5":7,"a.b":{"c.d":8}},"list":[1,2,3],"a":{"b":1},"a.b":2}');
  if (typeof row === 'string') throw new Error(row);
  for (const [path, value] of [
    ["$['air']['PM2.5']", 7],
    ['air["PM2.5"]', 7],
    ['air.PM2.5', 7],
    ['air.a.b.c.d', 8],
    ['$.list[-1]', 3],
    ['list[-3]', 1],
    ['list[-4]', undefined],
    // The shorter names win.
    ['a.b', 1],
    ["['a.b']", 2],
  ] as const)
    expect(row(path), path).toBe(value);
});

test('any key is found by its name in brackets and quotes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }), (keys) => {
      const text = JSON.stringify(keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), 'here'));
      const escaped = keys.map((key) => `['${key.replaceAll(/['\\]/g, '\\$&')}']`);
      if (keys.includes('__proto__')) return;
      expect(readJsonRow(text)).toBeTypeOf('function');
      const row = readJsonRow(text);
      expect(typeof row === 'string' ? row : row(`$${escaped.join('')}`)).toBe('here');
    }),
  );
});

test('a list is as many rows, also where it stands inside of a message', () => {
  const values = (text: string, rows?: string) => {
    const found = readJsonRows(text, rows);
    return typeof found === 'string' ? found : found.map((row) => row('v'));
  };
  expect(values('[{"v":1},{"v":2}]')).toEqual([1, 2]);
  expect(values('{"d":{"list":[{"v":1},{"v":2}]}}', '$.d.list')).toEqual([1, 2]);
  expect(values('{"d":{"v":3}}', 'd')).toEqual([3]);
  expect(values('[]')).toEqual([]);
  expect(values('{"v":1}', 'd')).toBe('has nothing at "d"');
});

test('numbers that are none, as some programs write them, are null; in texts they stay', () => {
  const value = (text: string, place: string) => {
    const row = readJsonRow(text);
    return typeof row === 'string' ? row : row(place);
  };
  expect(value('{"v":NaN,"w":2}', 'v')).toBeNull();
  expect(value('{"v":-Infinity,"w":2}', 'w')).toBe(2);
  expect(value('{"v":NaN,"w":"NaN of it"}', 'w')).toBe('NaN of it');
  expect(value('{"v":NaNo}', 'v')).toBe('is not JSON');
});
