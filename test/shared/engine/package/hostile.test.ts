import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileModels } from '../../../../fixtures/hostile/hostile.ts';
import { harmless, modelOf } from '../../../../fixtures/hostile/kind.ts';
import { readGraph } from '../../../../shared/engine/package/graph.ts';
import { CodedError } from '../../../../shared/kit/errors.ts';
import { brightModel } from '../../../support/onnx.ts';

test('what the hostile models are made of is accepted when nobody spoils it', () => {
  expect(readGraph(modelOf(harmless()), 'm').outputs).toHaveLength(1);
  expect(hostileModels.length).toBeGreaterThanOrEqual(80);
  expect(new Set(hostileModels.map((k) => k.name)).size).toBe(hostileModels.length);
});

test.each(hostileModels)('$name is refused with the path and the reason', ({ bytes, reason }) => {
  const refused = refusalOf(bytes());
  expect(refused?.code).toBe('model-invalid');
  expect(refused?.message).toMatch(/^evil\.onnx: /);
  expect(refused?.message).toMatch(reason);
  expect(refused?.message.length).toBeLessThan(2000);
});

const models = fc.constantFrom(brightModel(), modelOf(harmless()));
/** Far above what the largest of these models takes; a quadratic or endless walk is longer. */
const MOST_CPU_MS = 5000;

test('a file with wrong bytes is read or refused with a code, and never takes long', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 16 });
  fc.assert(
    fc.property(models, damage, (model, changes) => {
      const bytes = Uint8Array.from(model);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      readOrRefused(bytes);
    }),
    { numRuns: 1500, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
  );
});

test('a file that is cut off, doubled, or has something put in is read or refused with a code', () => {
  const change = fc.record({ from: fc.nat(), to: fc.nat(), put: fc.uint8Array({ maxLength: 64 }) });
  fc.assert(
    fc.property(models, change, (model, { from, to, put }) => {
      const a = from % (model.length + 1);
      const b = to % (model.length + 1);
      readOrRefused(Uint8Array.from([...model.subarray(0, a), ...put, ...model.subarray(b)]));
    }),
    { numRuns: 1000 },
  );
});

test('every cut of a model is refused', () => {
  const model = modelOf(harmless());
  for (let length = 0; length < model.length; length++) {
    const refused = refusalOf(model.subarray(0, length));
    // What is left out at the end may be whole fields; a graph that is there is whole.
    if (refused) expect(refused.code).toBe('model-invalid');
    else expect(readGraph(model.subarray(0, length), 'm').outputs).toHaveLength(1);
  }
});

test('any bytes at all are refused or read', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 512 }), readOrRefused), { numRuns: 2000 });
});

function refusalOf(bytes: Uint8Array): CodedError | undefined {
  try {
    readGraph(bytes, 'evil.onnx');
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

function readOrRefused(bytes: Uint8Array): void {
  const before = process.cpuUsage();
  const refused = refusalOf(bytes);
  if (refused) expect(refused.code).toBe('model-invalid');
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
}
