import { expect, test } from 'vitest';
import type { Attribute, Net, NetNode } from '../../../../cloud-hub/quantize/graph/net.ts';
import { boundsOf } from '../../../../cloud-hub/quantize/ranges/bounds.ts';

const node = (op: string, inputs: string[], output: string, more: Partial<NetNode> = {}): NetNode => ({
  name: output,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes: [],
  ...more,
});
const port = (name: string) => ({ name, info: { name } });

/** Bounds of `t`, which a convolution makes. */
function boundOf(nodes: NetNode[], outputs: string[]) {
  const net: Net = {
    opset: 13,
    irVersion: 7,
    otherOpsets: [],
    nodes: [node('Conv', ['x', 'w'], 't'), ...nodes],
    constants: new Map(),
    inputs: [port('x')],
    outputs: outputs.map(port),
  };
  const bounds = boundsOf(net);
  expect([...bounds.keys()].filter((tensor) => tensor !== 't')).toEqual([]);
  return bounds.get('t');
}

const sigmoid = node('Sigmoid', ['t'], 's');
const gate = node('Mul', ['t', 's'], 'y');
const inside: Attribute = { name: 'then_branch', g: { node: [{ opType: 'Relu', input: ['t'], output: ['z'] }] } };

test('a tensor is bounded where all who take it are a sigmoid, and below where they are one and its gate', () => {
  expect(boundOf([sigmoid], ['s'])).toEqual({ min: -7, max: 7 });
  expect(boundOf([sigmoid, gate], ['y'])).toEqual({ min: -7, max: Number.POSITIVE_INFINITY });
});

test('a tensor has no bound that somebody else takes: another node, the caller, a graph in a node', () => {
  expect(boundOf([node('Relu', ['t'], 'y')], ['y'])).toBeUndefined();
  expect(boundOf([node('Sigmoid', ['t'], 'y', { domain: 'com.example' })], ['y'])).toBeUndefined();
  expect(boundOf([sigmoid, gate, node('Relu', ['t'], 'z')], ['y', 'z'])).toBeUndefined();
  expect(boundOf([sigmoid, node('Mul', ['t', 'w'], 'y')], ['s', 'y'])).toBeUndefined();
  for (const others of [[sigmoid], [sigmoid, gate]]) {
    expect(boundOf(others, ['s', 't'])).toBeUndefined();
    expect(boundOf([...others, node('If', ['c'], 'z', { attributes: [inside] })], ['s', 'z'])).toBeUndefined();
  }
});
