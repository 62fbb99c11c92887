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
