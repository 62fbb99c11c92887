import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blazeface } from '../../../../shared/engine/heads/blazeface.ts';
import type { AnyHeadKind, DetectHead } from '../../../../shared/engine/heads/head.ts';
import { ultraface } from '../../../../shared/engine/heads/ultraface.ts';
import { yunet } from '../../../../shared/engine/heads/yunet.ts';
import { type Thing, writeBlazeface, writeUltraface, writeYunet } from '../../../support/head-layouts.ts';
import { broken, expectThings, float32, output, thing } from './things.ts';

const size = { width: 128, height: 128 };
const PRIORS = 50;

interface FaceHead {
  readonly kind: AnyHeadKind;
  readonly outputs: ReturnType<typeof float32>[];
  readonly write: (things: readonly Thing[]) => Map<string, Float32Array>;
}

const cells = (stride: number) => (size.width / stride) * (size.height / stride);

const heads: Record<string, FaceHead> = {
  ultraface: {
    kind: ultraface,
    outputs: [float32('scores', [1, PRIORS, 2]), float32('boxes', [1, PRIORS, 4])],
    write: (things) => new Map(Object.entries(writeUltraface(things, size, PRIORS))),
  },
  yunet: {
    kind: yunet,
    outputs: [8, 16, 32].flatMap((s) => [
      float32(`cls_${s}`, [1, cells(s), 1]),
      float32(`obj_${s}`, [1, cells(s), 1]),
      float32(`bbox_${s}`, [1, cells(s), 4]),
      float32(`kps_${s}`, [1, cells(s), 10]),
    ]),
    write: (things) => writeYunet(things, size),
  },
  'blazeface, joined': {
    kind: blazeface,
    outputs: [float32('regressors', [1, 896, 16]), float32('classificators', [1, 896, 1])],
    write(things) {
      const { scores, boxes } = writeBlazeface(things, 128);
      return new Map([
        ['regressors', boxes],
        ['classificators', scores],
      ]);
    },
  },
  // One output a layer, and not in the order of the layers.
  'blazeface, split': {
    kind: blazeface,
    outputs: [
      float32('a', [1, 384, 1]),
      float32('b', [1, 512, 1]),
      float32('c', [1, 512, 16]),
      float32('d', [1, 384, 16]),
    ],
    write(things) {
      const { scores, boxes } = writeBlazeface(things, 128);
      return new Map([
        ['a', scores.slice(512)],
        ['b', scores.slice(0, 512)],
        ['c', boxes.slice(0, 512 * 16)],
        ['d', boxes.slice(512 * 16)],
      ]);
    },
  },
};

const context = (outputs: FaceHead['outputs'], labels = 1) => ({ inputWidth: 128, inputHeight: 128, labels, outputs });

function decode(head: DetectHead, values: Map<string, Float32Array>, threshold = 0.4) {
  return head.decode(
    head.outputs.map((name) => output(name, values.get(name) ?? new Float32Array())),
    threshold,
  );
}

describe.each(Object.entries(heads))('%s', (_name, { kind, outputs, write }) => {
  const create = (changed = outputs, labels = 1) => kind.create({}, context(changed, labels)) as DetectHead;

  test('a face written by the published formula is read back', () => {
    const made = create();
    fc.assert(
      fc.property(thing({ ...size, labels: 1, least: 8, most: 100 }), (t) =>
        expectThings(decode(made, write([t])), [t]),
      ),
    );
  });

  test('the threshold is on the score', () => {
    const values = write([{ label: 0, score: 0.6, x1: 20, y1: 30, x2: 60, y2: 80 }]);
    expect(decode(create(), values, 0.599)).toHaveLength(1);
    expect(decode(create(), values, 0.601)).toEqual([]);
  });

  test.each(broken)('%s in a score or a box is an error, not a result', (wrong) => {
    const good = write([{ label: 0, score: 0.6, x1: 20, y1: 30, x2: 61, y2: 85 }]);
    const empty = write([]);
    const made = create();
    let tried = 0;
    for (const name of made.outputs) {
      const values = good.get(name) ?? new Float32Array();
      // Where the face was written, and what is read of it: the background's score is not.
      const written = [...values.keys()].filter((i) => values[i] !== empty.get(name)?.[i]);
      for (const at of written.filter((i) => name !== 'scores' || i % 2 === 1)) {
        const changed = values.slice();
        changed[at] = wrong;
        expect(() => decode(made, new Map([...good, [name, changed]]))).toThrow(
          /(ultraface|yunet|blazeface): .*(row|anchor) /,
        );
        tried++;
      }
    }
    expect(tried).toBeGreaterThanOrEqual(5);
  });

  test('outputs of the wrong size are an error', () => {
    const made = create();
    for (const name of made.outputs) {
      const values = write([]);
      values.set(name, new Float32Array(3));
      expect(() => decode(made, values)).toThrow(/: 3 values instead of |values instead of 6/);
    }
  });

  test('more than one label, or an output of another shape or name, is refused', () => {
    expect(() => create(outputs, 2)).toThrow(/labels says 2 labels, head\.kind ".*" finds one thing/);
    for (const read of create().outputs) {
      const [longer, renamed] = [[1, 7, 7], undefined].map((shape) =>
        outputs.map((o) => (o.name === read ? float32(shape ? o.name : 'other', shape ?? [3]) : o)),
      );
      expect(() => create(longer)).toThrow(/ sa(y|ys) .*, the graph says .*\[1, 7, 7\] in/);
      expect(() => create(renamed)).toThrow(/ sa(y|ys) .*, the graph says .*other/);
    }
  });
});

test('ultraface: scores that have not passed their softmax are an error', () => {
  const made = ultraface.create({}, context(heads.ultraface?.outputs ?? [])) as DetectHead;
  const values = writeUltraface([{ label: 0, score: 7.5, x1: 20, y1: 30, x2: 60, y2: 80 }], size, PRIORS);
  expect(() => decode(made, new Map(Object.entries(values)))).toThrow(/has not passed its softmax/);
});

test('yunet: both scores are cut to 0 … 1 before their root', () => {
  const made = yunet.create({}, context(heads.yunet?.outputs ?? [])) as DetectHead;
  const values = writeYunet([{ label: 0, score: 0.6, x1: 20, y1: 30, x2: 60, y2: 80 }], size);
  const at = values.get('cls_8')?.findIndex((v) => v > 0.5) ?? -1;
  values.get('cls_8')?.set([2], at);
  values.get('obj_8')?.set([0.49], at);
  expect(decode(made, values)[0]?.score).toBeCloseTo(0.7, 5);
});

test('blazeface: other layers, as the full-range model has them, and outputs by name', () => {
  const outputs = [float32('s', [1, 2304, 1]), float32('b', [1, 2304, 16]), float32('more', [1, 9, 16])];
  const options = { layers: [{ cells: 48, anchors: 1 }], scores: ['s'], boxes: ['b'] };
  const made = blazeface.create(options, { ...context(outputs), inputWidth: 192, inputHeight: 192 }) as DetectHead;
  const [scores, boxes] = [new Float32Array(2304).fill(-9), new Float32Array(2304 * 16)];
  scores[48 * 3 + 5] = 2;
  boxes.set([1, -1, 20, 30], (48 * 3 + 5) * 16);
  const found = made.decode([output('s', scores), output('b', boxes)], 0.5);
  const [cx, cy] = [5.5 * 4 + 1, 3.5 * 4 - 1];
  expectThings(found, [
    { label: 0, score: 1 / (1 + Math.exp(-2)), x1: cx - 10, y1: cy - 15, x2: cx + 10, y2: cy + 15 },
  ]);
  expect(() => blazeface.create({}, context(outputs))).toThrow(
    /scores of \[1, 512, 1\] and \[1, 384, 1\], alone or joined, the graph says \[1, 2304, 1\] in "s"/,
  );
});
