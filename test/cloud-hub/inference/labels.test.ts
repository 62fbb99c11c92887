import { expect, test } from 'vitest';
import { createLabelMap } from '../../../cloud-hub/inference/labels.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import { eventOf, header } from './asking.ts';

type Box = [number, number, number, number];
const at = (label: string, x = 0.3): Detection => ({ label, score: 0.9, box: [x, 0.3, 0.2, 0.2] as Box });
const fine = ['car', 'truck', 'dog'];

test('several labels of the model mean one of the edge', () => {
  const map = createLabelMap(['car=vehicle', 'truck=vehicle']);
  expect(map.translate(header(), [at('truck'), at('dog')]).map(({ label }) => label)).toEqual(['vehicle', 'dog']);
  expect(map.foreign(header({ event: eventOf('vehicle') }), 'm', fine)).toBeUndefined();
  // It means the other now, and no longer itself.
  expect(map.foreign(header({ event: eventOf('car') }), 'm', fine)).toContain('m has no label "car"');
});

test('one label of the model means several of the edge: that of the event, or of the object that lies there', () => {
  const map = createLabelMap(['vehicle=car', 'vehicle=truck']);
  const labels = (sample = header()) => map.translate(sample, [at('vehicle')]).map(({ label }) => label);
  expect(labels(header({ event: eventOf('truck') }))).toEqual(['truck']);
  const { event: _, ...frame } = header({ objects: [at('car', 0.8), at('truck', 0.32)] });
  expect(labels(frame)).toEqual(['truck']);
  expect(labels(header({ objects: [] }))).toEqual(['car']);
});

test('without a mapping labels mean themselves, and objects stay the same', () => {
  const map = createLabelMap([]);
  const seen = [at('car')];
  expect(map.translate(header(), seen)[0]).toBe(seen[0]);
  expect(map.foreign(header({ event: eventOf('dog') }), 'm', fine)).toBeUndefined();
});

test('what cannot be compared is refused with the labels of both sides and the setting that mends it', () => {
  const map = createLabelMap([]);
  const zebra = header({ event: eventOf('zebra'), labels: ['zebra', 'horse'] });
  expect(map.foreign(zebra, 'big@1.0.0', fine)).toBe(
    'big@1.0.0 has no label "zebra". labels of the edge: "zebra", "horse"; of the hub\'s model: "car", "truck", "dog". ' +
      'Say which are the same: --second-opinion-labels MODEL=EDGE,… of the hub',
  );
  const { event: _, ...frame } = header({ labels: ['zebra'] });
  expect(map.foreign(frame, 'big@1.0.0', fine)).toContain("has none of the edge's labels");
  const many = Array.from({ length: 1000 }, (_, i) => `label ${i}`);
  expect(map.foreign(zebra, 'm', many)).toContain('"label 19" and 980 more');
});

test('a mapping of a label that the model does not have is told by its setting', () => {
  const map = createLabelMap(['lorry=vehicle', 'car=vehicle']);
  expect(map.problemWith('big@1.0.0', fine)).toBe(
    '--second-opinion-labels: big@1.0.0 has no label "lorry"; its labels are "car", "truck", "dog"',
  );
  expect(createLabelMap(['car=vehicle']).problemWith('m', fine)).toBeUndefined();
});
