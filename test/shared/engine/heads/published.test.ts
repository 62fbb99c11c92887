/**
 * Heads whose models no package ships: a generated graph of the exact published layout, with the example's model.yaml, through
 * the whole engine. A white picture makes the graph give the boxes, a black one nothing.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEngine } from '../../../../shared/engine/engine.ts';
import { objectsOf } from '../../../../shared/engine/outcome.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { analyseLevel } from '../../../support/analyse.ts';
import {
  type Thing,
  transposed,
  writeDetr,
  writeNanodet,
  writeUltraface,
  writeYoloChannels,
  writeYoloSuppressed,
  writeYunet,
} from '../../../support/head-layouts.ts';
import { type LayoutOutput, layoutModel, writeLayoutPackage } from '../../../support/layout-model.ts';
import { tempFolder } from '../../../support/temp.ts';
import { example, labels } from './examples.ts';

type Outputs = Record<string, { shape: number[]; write: (things: readonly Thing[]) => Float32Array }>;

interface Published {
  readonly example: string;
  readonly width: number;
  readonly height: number;
  /** One label: faces. */
  readonly faces?: boolean;
  readonly outputs: Outputs;
  readonly changes?: Record<string, unknown>;
}

const square = { width: 640, height: 640 };
const ultra = { width: 320, height: 240 };
const anchors416 = 52 * 52 + 26 * 26 + 13 * 13;

/** YOLOX: cx, cy, log w, log h in strides from the cell, objectness and scores; everything in the grid of stride 8. */
function writeYolox(things: readonly Thing[]): Float32Array {
  const values = new Float32Array(anchors416 * 85);
  for (const [i, t] of things.entries()) {
    const [column, row] = [i * 3 + 1, i * 5 + 2];
    const at = (row * 52 + column) * 85;
    const [cx, cy] = [(t.x1 + t.x2) / 16 - column, (t.y1 + t.y2) / 16 - row];
    values.set([cx, cy, Math.log((t.x2 - t.x1) / 8), Math.log((t.y2 - t.y1) / 8), 1], at);
    values[at + 5 + t.label] = t.score;
  }
  return values;
}

const published: Record<string, Published> = {
  'NanoDet-Plus-m 416': {
    example: 'nanodet',
    width: 416,
    height: 416,
    outputs: {
      output: {
        shape: [1, anchors416 + 7 * 7, 112],
        write: (things) => writeNanodet(things, { width: 416, height: 416 }, 80),
      },
    },
  },
  'YOLOX-nano 416': {
    example: 'yolox',
    width: 416,
    height: 416,
    outputs: { output: { shape: [1, anchors416, 85], write: writeYolox } },
  },
  'YOLO11 640': {
    example: 'yolo',
    ...square,
    outputs: { output0: { shape: [1, 84, 8400], write: (things) => writeYoloChannels(things, 80, 8400) } },
  },
  'YOLO11 640, transposed': {
    example: 'yolo',
    ...square,
    outputs: {
      output0: { shape: [1, 8400, 84], write: (things) => transposed(writeYoloChannels(things, 80, 8400), 84, 8400) },
    },
  },
  'YOLO11 640 with NMS': {
    example: 'yolo-nms',
    ...square,
    outputs: { output0: { shape: [1, 300, 6], write: (things) => writeYoloSuppressed(things, 300) } },
  },
  'YOLO11 640 with NMS, told by its shape': {
    example: 'yolo',
    ...square,
    outputs: { output0: { shape: [1, 300, 6], write: (things) => writeYoloSuppressed(things, 300) } },
  },
  'D-FINE 640': {
    example: 'detr',
    ...square,
    outputs: {
      pred_logits: { shape: [1, 300, 80], write: (things) => writeDetr(things, square, 80, 300).logits },
      pred_boxes: { shape: [1, 300, 4], write: (things) => writeDetr(things, square, 80, 300).boxes },
    },
  },
  'UltraFace RFB 320': {
    example: 'ultraface',
    ...ultra,
    faces: true,
    outputs: {
      scores: { shape: [1, 4420, 2], write: (things) => writeUltraface(things, ultra, 4420).scores },
      boxes: { shape: [1, 4420, 4], write: (things) => writeUltraface(things, ultra, 4420).boxes },
    },
  },
  'YuNet 2023': {
    example: 'yunet',
    ...square,
    faces: true,
    outputs: Object.fromEntries(
      [8, 16, 32].flatMap((s) =>
        Object.entries({ cls: 1, obj: 1, bbox: 4, kps: 10 }).map(([part, columns]) => [
          `${part}_${s}`,
          {
            shape: [1, (640 / s) ** 2, columns],
            write: (things: readonly Thing[]) => writeYunet(things, square).get(`${part}_${s}`) ?? new Float32Array(),
          },
        ]),
      ),
    ),
  },
};

/** Two things apart from each other, and one of another label over the first where there are labels. */
const thingsFor = ({ faces, width, height }: Published): Thing[] => {
  const [w, h] = [width / 416, height / 416];
  const things = [
    { label: faces ? 0 : 2, score: 0.9, x1: 30 * w, y1: 40 * h, x2: 130 * w, y2: 120 * h },
    { label: 0, score: 0.8, x1: 220 * w, y1: 250 * h, x2: 330 * w, y2: 400 * h },
  ];
  return faces ? things : [...things, { label: 79, score: 0.75, x1: 36 * w, y1: 50 * h, x2: 150 * w, y2: 140 * h }];
};

function write(what: Published, things: readonly Thing[], spoil?: string): string {
  const outputs = Object.entries(what.outputs).map(([name, { shape, write: values }]): LayoutOutput => {
    const bright = values(things);
    if (spoil === name) bright.fill(Number.NaN);
    return { name, shape, dark: values([]), bright };
  });
  return writeLayoutPackage(path.join(tempFolder(), 'm'), example(what.example), outputs, labels, what.changes);
}

describe.each(Object.entries(published))('%s', (_name, what) => {
  test('the engine finds in a white picture what the graph says, and nothing in a black one', async () => {
    const things = thingsFor(what);
    const dir = write(what, things);
    const found = objectsOf((await analyseLevel(dir, 255)).outcome);
    expect(found).toEqual(
      things.map((t) => ({
        label: what.faces ? 'face' : labels[t.label],
        score: expect.closeTo(t.score, 3),
        box: [t.x1 / what.width, t.y1 / what.height, (t.x2 - t.x1) / what.width, (t.y2 - t.y1) / what.height].map((v) =>
          expect.closeTo(v, 3),
        ),
      })),
    );
    expect((await analyseLevel(dir, 0)).outcome).toEqual({ task: 'detect', detections: [] });
  });

  test('a graph that gives NaN fails loudly', async () => {
    const read = Object.keys(what.outputs).filter((name) => !name.startsWith('kps'));
    const dir = write(what, thingsFor(what), read[0]);
    await expect(analyseLevel(dir, 255)).rejects.toMatchObject({ code: 'model-failed' });
  });

  test('a manifest with other labels is refused, naming the package', async () => {
    const dir = write({ ...what, changes: { labels: ['a', 'b'] } }, []);
    const opened = openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
    // With suppression in the graph the number of labels shows only in what it finds.
    if (what.outputs.output0?.shape[2] === 6) await opened.then((engine) => engine.close());
    else await expect(opened).rejects.toThrow(new RegExp(`${dir}: .*labels`));
  });
});

test("D-FINE's deploy export, with sizes as a second input, is refused", async () => {
  const what = published['D-FINE 640'];
  if (!what) throw new Error('no such layout');
  const dir = write(what, []);
  const outputs = Object.entries({ labels: [1, 300], boxes: [1, 300, 4], scores: [1, 300] }).map(([name, shape]) => {
    const zeros = new Float32Array(shape.reduce((a, b) => a * b, 1));
    return { name, shape, dark: zeros, bright: zeros };
  });
  const model = layoutModel([1, 3, 640, 640], { black: 0, white: 1 }, outputs, [
    { name: 'orig_target_sizes', shape: [1, 2] },
  ]);
  writeFileSync(path.join(dir, 'fp32.onnx'), model);
  await expect(openEngine({ dir, variant: 'auto', threads: 1 }, systemClock)).rejects.toThrow(/orig_target_sizes/);
});
