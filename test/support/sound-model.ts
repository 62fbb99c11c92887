/** A real ONNX classifier of log-mel features: is the sound low or high? */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

export const RATE = 16_000;
const BANDS = 32;
const HOP = 320;
const WINDOW = 8000;
const FRAMES = WINDOW / HOP + 1;

/** Half a second, a new window each quarter of a second. */
const input = {
  sampleRate: RATE,
  window: WINDOW,
  step: WINDOW / 2,
  logMel: { frame: 640, hop: HOP, bands: BANDS, scale: 'slaney', area: true, center: true, log: 'db' },
};

/** Softmax over the mean of the lower bands and that of the upper ones. */
function soundModel(): Uint8Array {
  const tensor = (name: string, shape: number[]) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
  });
  const isLow = (at: number) => Math.floor(at / 2) < BANDS / 2;
  const weights = Array.from({ length: BANDS * 2 }, (_, at) => (isLow(at) === (at % 2 === 0) ? 1 / BANDS : 0));
  const model = onnx.ModelProto.fromObject({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    graph: {
      name: 'sound',
      input: [tensor('features', [1, FRAMES, BANDS])],
      output: [tensor('scores', [1, 2])],
      initializer: [{ name: 'weights', dims: [BANDS, 2], dataType: 1, floatData: weights }],
      node: [
        {
          opType: 'ReduceMean',
          input: ['features'],
          output: ['mean'],
          attribute: [
            { name: 'axes', type: 7, ints: [1] },
            { name: 'keepdims', type: 2, i: 0 },
          ],
        },
        { opType: 'MatMul', input: ['mean', 'weights'], output: ['logits'] },
        { opType: 'Softmax', input: ['logits'], output: ['scores'], attribute: [{ name: 'axis', type: 2, i: 1 }] },
      ],
    },
  });
  return onnx.ModelProto.encode(model).finish();
}

/** Writes the package; `manifest` overrides lines of its model.yaml. */
export function writeSoundPackage(dir: string, manifest: Record<string, unknown> = {}): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'fp32.onnx'), soundModel());
  const lines = {
    name: 'pitch',
    version: '1.0.0',
    task: 'audio',
    license: 'Apache-2.0',
    input,
    head: { kind: 'classify' },
    labels: ['low', 'high'],
    threshold: 0.5,
    variants: [{ file: 'fp32.onnx', precision: 'fp32' }],
    ...manifest,
  };
  // JSON is YAML.
  writeFileSync(path.join(dir, 'model.yaml'), JSON.stringify(lines));
  return dir;
}

/** Tones, one after the other, each of so many seconds. */
export function tones(...parts: readonly { hz: number; seconds: number }[]): Float32Array {
  return Float32Array.from(
    parts.flatMap(({ hz, seconds }) =>
      Array.from({ length: seconds * RATE }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / RATE)),
    ),
  );
}

export const SOUND_WINDOW = WINDOW;
