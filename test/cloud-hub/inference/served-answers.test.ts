/** What a serving engine may answer besides what it should: each is refused with a reason, in bounded time and memory. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openServed } from '../../../cloud-hub/inference/served.ts';
import { type ServedLimits, ServingError } from '../../../cloud-hub/inference/serving.ts';

const graph = {
  inputs: [{ name: 'x', type: 'float32', shape: [1, 2] }],
  outputs: [{ name: 'y', type: 'float32', shape: [1, 2] }],
};
const fp32 = (name: string, shape = [1, 2]) => ({ name, datatype: 'FP32', shape });

async function serving(metadata: unknown, infer: (response: ServerResponse) => void, more: Partial<ServedLimits> = {}) {
  const server = createServer((request, response) => {
    if (request.method === 'POST') return infer(response);
    response.end(request.url === '/v2' ? 'not json' : JSON.stringify(metadata));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/models/m`;
  const limits = { inferMs: 2000, maxBytes: 100_000, ...more };
  return openServed({ url }, { graph, outputs: ['y'], constants: [], limits });
}

const good = { name: 'm', inputs: [fp32('x', [-1, 2])], outputs: [fp32('y', [-1, 2])] };
const run = async (infer: (response: ServerResponse) => void, more?: Partial<ServedLimits>) =>
  (await serving(good, infer, more)).run(new Float32Array([1, 2]), [1, 2]);
const outputs = (...list: unknown[]) => JSON.stringify({ model_name: 'm', outputs: list });

test('numbers may be nested, other outputs may come too, and other types become floats', async () => {
  const answer = outputs(fp32('more'), { ...fp32('y'), data: [[3.5, 4]] });
  await expect(
    run((r) =>
      r.end(answer.replace('"datatype":"FP32","shape":[1,2]},', '"datatype":"FP32","shape":[1,2],"data":[1,2]},')),
    ),
  ).resolves.toEqual([{ name: 'y', data: new Float32Array([3.5, 4]), shape: [1, 2] }]);
  const whole = outputs({ name: 'y', datatype: 'INT64', shape: [1, 2], parameters: { binary_data_size: 16 } });
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64LE(-7n, 0);
  bytes.writeBigInt64LE(9n, 8);
  const found = await run((r) => {
    r.setHeader('inference-header-content-length', String(whole.length));
    r.end(Buffer.concat([Buffer.from(whole), bytes]));
  });
  expect(found).toEqual([{ name: 'y', data: new Float32Array([-7, 9]), shape: [1, 2] }]);
});

test.each<[string, (response: ServerResponse) => void, string]>([
  ['no JSON', (r) => r.end('<html>'), 'did not answer as the protocol says'],
  ['no outputs', (r) => r.end('{}'), 'outputs'],
  ['another output', (r) => r.end(outputs({ ...fp32('z'), data: [1, 2] })), 'output "y" is missing'],
  ['too few numbers', (r) => r.end(outputs({ ...fp32('y'), data: [1] })), 'has not the 2 numbers of its shape [1, 2]'],
  ['words', (r) => r.end(outputs({ ...fp32('y'), data: ['a', 'b'] })), 'has not the 2 numbers'],
  ['a type that is no number', (r) => r.end(outputs({ ...fp32('y'), datatype: 'BYTES', data: [1, 2] })), 'is BYTES'],
  [
    'bytes that are cut off',
    (r) => r.end(outputs({ ...fp32('y'), parameters: { binary_data_size: 8 } })),
    'is cut off',
  ],
  [
    'a header that is longer than all',
    (r) => {
      r.setHeader('inference-header-content-length', '999999');
      r.end(outputs());
    },
    'inference-header-content-length is "999999"',
  ],
  ['more than it may', (r) => r.end(Buffer.alloc(200_000)), 'answers with more than 100000 bytes'],
  ['a way to somewhere else', (r) => r.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(), 'does not answer'],
  ['an end in the middle', (r) => r.destroy(), 'does not answer'],
])('%s', async (_, infer, reason) => {
  const failed = await run(infer).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(ServingError);
  expect(String(failed)).toContain(reason);
});

test('one that never answers is given up in time', async () => {
  await expect(run(() => undefined, { inferMs: 200 })).rejects.toThrow('it took longer than 0.2 s');
});

test.each<[string, unknown, string]>([
  ['no metadata', [], 'did not answer as the protocol says'],
  [
    'another type',
    { ...good, inputs: [{ ...fp32('x'), datatype: 'BYTES' }] },
    'input "x" is BYTES, which is not supported',
  ],
  ['an axis more', { ...good, inputs: [fp32('x', [1, 1, 2])] }, 'has the shape [1, 1, 2], that of the package [1, 2]'],
  ['an input more', { ...good, inputs: [fp32('x'), fp32('scale')] }, 'wants an input "scale"'],
])('a model with %s is refused before anything is sent', async (_, metadata, reason) => {
  await expect(serving(metadata, (r) => r.end())).rejects.toThrow(reason);
});
