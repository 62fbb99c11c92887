/** What an ONNX file may be: on each bound it is read, one step beyond it is refused. */
import type onnxProto from 'onnx-proto';
import { expect, test } from 'vitest';
import { floats, harmless, int64s, modelOf, node, port, spoiled, withNode } from '../../../../fixtures/hostile/kind.ts';
import { list, refusal } from './refusal.ts';

type Graph = onnxProto.onnx.IGraphProto;

const sized = (dims: number[]) => ({
  name: 'x',
  type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
});
const relu = (input: string, output: string) => node('Relu', [input], [output]);
const ints = (name: string, values: number[]) => ({ name, type: 7, ints: values });
/** Graphs in graphs, so many levels below the outermost. */
function nested(levels: number): Graph {
  const inner: Graph = levels === 0 ? { name: 'g', output: [port('x')] } : nested(levels - 1);
  return {
    ...harmless(),
    node: [
      ...(harmless().node ?? []),
      node('If', ['x'], [`o${levels}`], {
        attribute: [
          {
            name: 'then_branch',
            type: 5,
            g: {
              ...inner,
              initializer: [],
              input: [],
              node: (inner.node ?? []).filter((n) => n.opType === 'If'),
              output: [],
            },
          },
        ],
      }),
    ],
  };
}
const version = (domain: string, v: number) => ({ domain, version: v });
const loop = (trips: number) =>
  withNode(node('Loop', ['n', ''], ['y'], { attribute: [{ name: 'body', type: 5, g: { name: 'b' } }] }), [
    int64s('n', [trips]),
  ]);

/** What, the largest that is read, the least that is refused, and what the refusal says. */
const table: readonly [string, Uint8Array, Uint8Array, RegExp][] = [
  ['IR version, least', spoiled({}, { irVersion: 3 }), spoiled({}, { irVersion: 2 }), /irVersion says 2; 3 to 13/],
  ['IR version, most', spoiled({}, { irVersion: 13 }), spoiled({}, { irVersion: 14 }), /irVersion says 14/],
  [
    'version of operators, least',
    spoiled({}, { opsetImport: [version('', 1)] }),
    spoiled({}, { opsetImport: [version('', 0)] }),
    /opsetImport\[0\] says version 0/,
  ],
  [
    'version of operators, most',
    spoiled({}, { opsetImport: [version('', 100)] }),
    spoiled({}, { opsetImport: [version('', 101)] }),
    /opsetImport\[0\] says version 101/,
  ],
  [
    'domains named once',
    spoiled({}, { opsetImport: [version('', 13), version('ai.onnx.ml', 3)] }),
    spoiled({}, { opsetImport: [version('', 13), version('ai.onnx', 13)] }),
    /opsetImport\[1\] names the operator domain "ai\.onnx" twice/,
  ],
  [
    'rank of a tensor',
    spoiled({ input: [sized(list(16, () => 1))] }),
    spoiled({ input: [sized(list(17, () => 1))] }),
    /graph\.input\[0\] has 17 axes; at most 16/,
  ],
  [
    'elements of a tensor',
    spoiled({ input: [sized([2 ** 14, 2 ** 14])] }),
    spoiled({ input: [sized([2 ** 14, 2 ** 14 + 1])] }),
    /graph\.input\[0\] has the shape \[16384,16385\]/,
  ],
  [
    'elements beside a zero',
    spoiled({ input: [sized([0, 2 ** 28])] }),
    spoiled({ input: [sized([0, 2 ** 28 + 1])] }),
    /more than 268435456 elements/,
  ],
  [
    'inputs of a graph',
    spoiled({ input: [port('x'), ...list(4095, (i) => port(`i${i}`))] }),
    spoiled({ input: [port('x'), ...list(4096, (i) => port(`i${i}`))] }),
    /graph has 4097 inputs; at most 4096/,
  ],
  [
    'outputs of a graph',
    spoiled({ output: list(4096, (i) => port(`y${i}`)), node: list(4096, (i) => relu('x', `y${i}`)) }),
    spoiled({ output: list(4097, (i) => port(`y${i}`)), node: list(4097, (i) => relu('x', `y${i}`)) }),
    /graph has 4097 outputs; at most 4096/,
  ],
  [
    'inputs of a node',
    withNode(
      node(
        'Sum',
        list(4096, () => 'x'),
        ['y'],
      ),
    ),
    withNode(
      node(
        'Sum',
        list(4097, () => 'x'),
        ['y'],
      ),
    ),
    /graph\.node\[0\] has 4097 inputs; at most 4096/,
  ],
  [
    'outputs of a node',
    withNode(node('Split', ['x'], ['y', ...list(4095, (i) => `o${i}`)])),
    withNode(node('Split', ['x'], ['y', ...list(4096, (i) => `o${i}`)])),
    /graph\.node\[0\] has 4097 outputs; at most 4096/,
  ],
  [
    'attributes of a node',
    withNode(node('Relu', ['x'], ['y'], { attribute: list(256, (i) => ints(`a${i}`, [1])) })),
    withNode(node('Relu', ['x'], ['y'], { attribute: list(257, (i) => ints(`a${i}`, [1])) })),
    /graph\.node\[0\] has 257 attributes; at most 256/,
  ],
  ...['kernel_shape', 'strides', 'dilations', 'pads', 'output_padding'].flatMap(
    (name): [string, Uint8Array, Uint8Array, RegExp][] =>
      [1, -1].map((sign) => [
        `${name} of ${sign}`,
        withNode(node('Conv', ['x', 'w'], ['y'], { attribute: [ints(name, [1, sign * 65_536])] })),
        withNode(node('Conv', ['x', 'w'], ['y'], { attribute: [ints(name, [1, sign * 65_537])] })),
        new RegExp(`attribute\\[0\\] ${name} says ${sign * 65_537}; at most 65536`),
      ]),
  ),
  ['repetitions of a loop', loop(1_000_000), loop(1_000_001), /repeats 1000001 times; at most 1000000/],
  [
    'elements that are made',
    withNode(node('ConstantOfShape', ['n'], ['y']), [int64s('n', [2 ** 14, 2 ** 14])]),
    withNode(node('ConstantOfShape', ['n'], ['y']), [int64s('n', [2 ** 14, 2 ** 14 + 1])]),
    /makes a tensor of 268451840 elements/,
  ],
  ...(['Expand', 'Tile'] as const).map((op): [string, Uint8Array, Uint8Array, RegExp] => [
    `elements that ${op} makes`,
    withNode(node(op, ['x', 'n'], ['y']), [int64s('n', [2 ** 28])]),
    withNode(node(op, ['x', 'n'], ['y']), [int64s('n', [2 ** 28 + 1])]),
    /makes a tensor of 268435457 elements/,
  ]),
  [
    'elements that Resize makes',
    withNode(node('Resize', ['x', '', '', 'n'], ['y']), [int64s('n', [2 ** 28])]),
    withNode(node('Resize', ['x', '', '', 'n'], ['y']), [int64s('n', [2 ** 28 + 1])]),
    /makes a tensor of 268435457 elements/,
  ],
  ...(
    [
      ['Upsample', ['x', 'f']],
      ['Resize', ['x', '', 'f']],
    ] as const
  ).map(([op, inputs]): [string, Uint8Array, Uint8Array, RegExp] => [
    `the factor of ${op}`,
    withNode(node(op, [...inputs], ['y']), [floats('f', [2], [256, 256])]),
    withNode(node(op, [...inputs], ['y']), [floats('f', [2], [256, 257])]),
    /makes its input 65792 times larger/,
  ]),
  ['graphs in graphs', modelOf(nested(7)), modelOf(nested(8)), /is a graph more than 8 levels deep/],
  [
    'the length of a text',
    spoiled({ docString: 'x'.repeat(1_048_576) }),
    spoiled({ docString: 'x'.repeat(1_048_577) }),
    /docString is a text of 1048577 bytes; at most 1048576/,
  ],
];

test.each(table)('%s', (_what, within, beyond, reason) => {
  expect(refusal(within)).toBeUndefined();
  expect(refusal(beyond)).toMatch(reason);
});

test('nodes are counted over all graphs: a hundred thousand are read', () => {
  const chain = (count: number) =>
    spoiled({ node: list(count, (i) => relu(i === 0 ? 'x' : `n${i - 1}`, i === count - 1 ? 'y' : `n${i}`)) });
  expect(refusal(chain(100_000))).toBeUndefined();
  expect(refusal(chain(100_001))).toMatch(/graph has 100001 nodes with those before; at most 100000/);
});
