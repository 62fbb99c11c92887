/** Graphs in graphs in graphs, written byte by byte: no encoder would get so deep. */
import { expect, test } from 'vitest';
import { readGraph } from '../../../../shared/engine/package/graph.ts';

const field = (number: number, bytes: Buffer): Buffer => {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest >= 128 ? (rest % 128) + 128 : rest);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([number * 8 + 2]), Buffer.from(length), bytes]);
};

/** ModelProto.graph(7) { node(1) { op_type(4), attribute(5) { name(1), type(20), g(6) { … } } } } */
function nested(opType: string, depth: number): Buffer {
  let graph: Buffer = Buffer.alloc(0);
  for (let i = 0; i < depth; i++) {
    const attribute = Buffer.concat([field(1, Buffer.from('body')), field(6, graph), Buffer.from([0xa0, 0x01, 5])]);
    graph = field(1, Buffer.concat([field(4, Buffer.from(opType)), field(5, attribute)]));
  }
  return Buffer.concat([Buffer.from([8, 8]), field(7, graph)]);
}

/** It takes some ten; what grows with the square of the depth takes minutes. */
const MOST_CPU_MS = 5000;

test.each([
  ['Loop', 10_000],
  ['If', 500],
  ['Scan', 100],
] as const)('%s nested %i deep is refused at once, by its path, and no stack overflows', (opType, depth) => {
  const bytes = nested(opType, depth);
  const before = process.cpuUsage();
  expect(() => readGraph(bytes, 'model')).toThrow(/graph\.node\[0\]\.attribute\[0\]\.g\..*lies deeper than 64 levels/s);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
});
