import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { createAnnotator } from '../../../../shared/engine/drawing/annotate.ts';
import { type Drawing, escapeXml, overlayOf } from '../../../../shared/engine/drawing/overlay.ts';

const detection = (label: string, box: [number, number, number, number]) => ({ label, score: 0.5, box, track: 3 });

function drawing(rest: Partial<Drawing> & { detections?: Drawing['header']['detections'] } = {}): Drawing {
  const { detections = [], ...others } = rest;
  return {
    header: { width: 320, height: 240, detections },
    rules: [],
    result: undefined,
    ...others,
  };
}

const grey = () =>
  sharp({ create: { width: 320, height: 240, channels: 3, background: '#808080' } })
    .jpeg({ quality: 95 })
    .toBuffer();

/** How far the pixel is from the grey that it was. */
async function changeAt(jpeg: Uint8Array, x: number, y: number): Promise<number> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const at = (y * info.width + x) * info.channels;
  return Math.max(...[0, 1, 2].map((c) => Math.abs((data[at + c] ?? 0) - 128)));
}

test('boxes, lines and zones are where they belong, on a JPEG of the same size', async () => {
  const annotate = createAnnotator();
  const made = await annotate(
    await grey(),
    drawing({
      detections: [detection('person', [0.5, 0.5, 0.25, 0.25])],
      rules: [{ name: 'door', kind: 'line', points: [[0.1, 0.3], [0.4, 0.3]] }], // biome-ignore format: two points
    }),
  );
  expect(await sharp(made).metadata()).toMatchObject({ format: 'jpeg', width: 320, height: 240 });
  expect(await changeAt(made, 160, 150)).toBeGreaterThan(40); // the box's left side
  expect(await changeAt(made, 200, 150)).toBeLessThan(10); // inside of it
  expect(await changeAt(made, 60, 72)).toBeGreaterThan(40); // the line
  expect(await changeAt(made, 20, 220)).toBeLessThan(10); // nothing there
});

test('what has no box is a caption', async () => {
  const classes = [{ label: 'cat & dog', score: 0.9 }];
  expect(overlayOf(drawing({ result: { outcome: { task: 'classify', classes } } }))).toContain('cat &amp; dog 0.90');
  const anomaly = { task: 'anomaly' as const, score: 3.2, threshold: 1, anomalous: true };
  expect(overlayOf(drawing({ result: { outcome: anomaly } }))).toContain('ANOMALY 3.20 of 1.00');
});

test('no text breaks out of the drawing, and each drawing can be drawn', async () => {
  const annotate = createAnnotator();
  const picture = await grey();
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('<script>', ']]>', '&amp;', '"/><image href="file:///etc/passwd"/>', '\u0000\uffff', '\ud800'),
  );
  const number = fc.oneof(fc.double({ min: -2, max: 2, noNaN: true }), fc.constant(Number.NaN));
  await fc.assert(
    fc.asyncProperty(text, fc.tuple(number, number, number, number), async (label, box) => {
      const rules = [{ name: label, kind: 'zone', points: [[0, 0], [1, 0], [1, 1]] as [number, number][] }]; // biome-ignore format: three points
      const svg = overlayOf(drawing({ detections: [detection(label, box)], rules }));
      expect(svg).not.toMatch(/<(?!\/?(svg|rect|text|polygon|polyline|line|circle)\b)/);
      expect(svg).not.toContain('NaN');
      await annotate(picture, drawing({ detections: [detection(label, box)], rules }));
    }),
    { numRuns: 40 },
  );
});

test('escaping keeps what XML allows', () => {
  expect(escapeXml(`a<b>&"'ü🚗\u0001`)).toBe('a&lt;b&gt;&amp;&quot;&apos;ü🚗');
});

test('a mask is a veil with its hole, and keypoints are dots joined by bones', async () => {
  const annotate = createAnnotator();
  const square = (from: number, to: number): [number, number][] => [
    [from, from],
    [to, from],
    [to, to],
    [from, to],
  ];
  const masked = { ...detection('person', [0.1, 0.1, 0.5, 0.5]), mask: [square(0.1, 0.6), square(0.3, 0.4)] };
  const veiled = await annotate(await grey(), drawing({ detections: [masked] }));
  expect(await changeAt(veiled, 64, 48)).toBeGreaterThan(25); // within the mask
  expect(await changeAt(veiled, 112, 84)).toBeLessThan(10); // in its hole
  expect(await changeAt(veiled, 224, 168)).toBeLessThan(10); // outside
  const keypoints = [
    { name: 'left_knee', x: 0.2, y: 0.5, score: 0.9 },
    { name: 'left_hip', x: 0.8, y: 0.5, score: 0.9 },
    { name: 'nose', x: 0.5, y: 0.9, score: 0.1 },
  ];
  const posed = await annotate(
    await grey(),
    drawing({ detections: [{ ...detection('person', [0.05, 0.05, 0.9, 0.9]), keypoints }] }),
  );
  expect(await changeAt(posed, 64, 120)).toBeGreaterThan(40); // a joint
  expect(await changeAt(posed, 160, 120)).toBeGreaterThan(40); // the bone
  expect(await changeAt(posed, 160, 200)).toBeLessThan(10); // nothing joins them here
  expect(await changeAt(posed, 160, 216)).toBeLessThan(10); // a keypoint that is guessed
});
