import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openQueue } from '../../../agent/escalate/queue.ts';
import { createSealer } from '../../../shared/kit/seal.ts';
import { filesWith } from '../../support/files-with.ts';
import { tempFolder } from '../../support/temp.ts';

const MOST = 1000;
const idOf = (n: number) => n.toString(16).padStart(32, '0');
const payloadOf = (n: number, bytes: number) => Buffer.alloc(bytes, n % 256);
const bytesIn = (folder: string) =>
  readdirSync(folder).reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0);

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('add' as const), bytes: fc.integer({ min: 0, max: 1200 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  ),
  { maxLength: 60 },
);

test('the files never have more than they may, the oldest make room, and a restart finds the same', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const folder = path.join(tempFolder(), 'samples');
      let queue = openQueue(folder, MOST, 0);
      let model: { id: string; bytes: number; n: number }[] = [];
      for (const [n, step] of all.entries()) {
        if (step.kind === 'restart') {
          // What a crash left of a sample that was being written.
          writeFileSync(path.join(folder, 'draft'), 'half');
          queue = openQueue(folder, MOST, n);
        } else if (step.kind === 'remove') {
          const one = model[step.which];
          queue.remove(one?.id ?? idOf(999));
          model = model.filter((other) => other !== one);
        } else {
          const { bytes } = step;
          const gone: string[] = [];
          const added = { id: idOf(n), bytes, n };
          if (bytes > MOST) gone.push(added.id);
          else {
            while (model.reduce((sum, one) => sum + one.bytes, bytes) > MOST) gone.push(model.shift()?.id ?? '');
            model.push(added);
          }
          const made = queue.add({ id: added.id, stream: 'door', payload: payloadOf(n, bytes) }, n);
          expect(made.map(({ id }) => id)).toEqual(gone);
        }
        expect(queue.list().map(({ id, bytes, stream }) => [id, bytes, stream])).toEqual(
          model.map(({ id, bytes }) => [id, bytes, 'door']),
        );
        expect(bytesIn(folder)).toBe(model.reduce((sum, one) => sum + one.bytes, 0));
      }
      for (const { id, bytes, n } of model) expect(queue.payload(id)).toEqual(payloadOf(n, bytes));
    }),
    { numRuns: 60 },
  );
});

test('a start with less room gives up the oldest, and the numbers go on behind the last', () => {
  const folder = tempFolder();
  const first = openQueue(folder, MOST, 0);
  for (const n of [1, 2, 3]) first.add({ id: idOf(n), stream: 'door', payload: payloadOf(n, 300) }, n);
  const next = openQueue(folder, 700, 50);
  expect(next.list().map(({ id, since }) => [id, since])).toEqual([
    [idOf(2), 50],
    [idOf(3), 50],
  ]);
  next.add({ id: idOf(4), stream: 'yard', payload: payloadOf(4, 10) }, 60);
  expect(
    readdirSync(folder)
      .toSorted()
      .map((file) => file.slice(0, 12)),
  ).toEqual([2, 3, 4].map((n) => `${n}`.padStart(12, '0')));
});

test('what is no sample is removed by a start; a sample whose file is gone has no payload; only the owner may read', () => {
  const folder = tempFolder();
  mkdirSync(path.join(folder, 'a-folder'));
  writeFileSync(path.join(folder, '000000000001-short-door'), 'x');
  const queue = openQueue(folder, MOST, 0);
  expect(readdirSync(folder)).toEqual([]);
  queue.add({ id: idOf(1), stream: 'door', payload: payloadOf(1, 10) }, 0);
  const [file = ''] = readdirSync(folder);
  expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o600);
  expect(readFileSync(path.join(folder, file))).toEqual(payloadOf(1, 10));
  rmSync(path.join(folder, file));
  expect(queue.payload(idOf(1))).toBeUndefined();
  expect(queue.payload(idOf(2))).toBeUndefined();
  queue.remove(idOf(1));
  expect(queue.list()).toEqual([]);
});

test('with a key no file has the picture; a new key takes what waits over, and a lost one costs it, which is said', () => {
  const folder = path.join(tempFolder(), 'samples');
  const planted = Buffer.from('PLANTED-PICTURE');
  const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  openQueue(folder, MOST, 0).add({ id: idOf(1), stream: 'door', payload: planted }, 0);
  expect(filesWith(folder, planted)).toHaveLength(1);
  const queue = openQueue(folder, MOST, 0, createSealer(first));
  queue.add({ id: idOf(2), stream: 'yard', payload: planted }, 0);
  expect(filesWith(folder, planted)).toEqual([]);
  const rotated = openQueue(folder, MOST, 0, createSealer(second, [first]));
  expect(rotated.list().map(({ id }) => rotated.payload(id)?.equals(planted))).toEqual([true, true]);
  const after = openQueue(folder, MOST, 0, createSealer(second));
  expect([after.unopened, after.payload(idOf(2))?.toString()]).toEqual([[], 'PLANTED-PICTURE']);
  const lost = openQueue(folder, MOST, 0, createSealer(third));
  expect([lost.unopened.map(({ stream }) => stream), lost.list(), readdirSync(folder)]).toEqual([
    ['door', 'yard'],
    [],
    [],
  ]);
});

test('samples that cannot be put under a new key now (a full disk) wait under the old one, and are sent', () => {
  const folder = path.join(tempFolder(), 'samples');
  const [first, second] = [randomBytes(32), randomBytes(32)];
  openQueue(folder, MOST, 0, createSealer(first)).add({ id: idOf(1), stream: 's', payload: payloadOf(1, 50) }, 0);
  // Where it would write its draft.
  mkdirSync(path.join(folder, 'draft'));
  const queue = openQueue(folder, MOST, 0, createSealer(second, [first]));
  expect(queue.unopened).toEqual([]);
  expect(queue.payload(idOf(1))).toEqual(payloadOf(1, 50));
  expect(openQueue(folder, MOST, 0, createSealer(second, [first])).payload(idOf(1))).toEqual(payloadOf(1, 50));
  expect(openQueue(folder, MOST, 0, createSealer(second)).payload(idOf(1))).toEqual(payloadOf(1, 50));
});
