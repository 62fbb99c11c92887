import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detailsOf, withinPoints } from '../../../../shared/contract/messages/detail.ts';
import { detection, previewHeader } from '../../../../shared/contract/messages/preview.ts';

const object = (keypoints: number, mask: readonly number[]) => ({
  label: 'person',
  score: 0.9,
  box: [0, 0, 1, 1] as [number, number, number, number],
  ...(keypoints > 0
    ? { keypoints: Array.from({ length: keypoints }, (_, i) => ({ name: `${i}`, x: 0.5, y: 0.5 })) }
    : {}),
  ...(mask.length > 0
    ? { mask: mask.map((n) => Array.from({ length: n }, (_, i): [number, number] => [i / 64, 0.25])) }
    : {}),
});

test('the first objects keep their details, as far as there is room; all keep their boxes', () => {
  const objects = [object(2, []), object(0, [4, 3]), object(0, []), object(1, []), object(0, [3])];
  const kept = (most: number) =>
    withinPoints(objects, most).map(({ label, box, ...rest }) => {
      expect([label, box]).toEqual(['person', [0, 0, 1, 1]]);
      return Object.keys(rest)
        .filter((key) => key !== 'score')
        .join();
    });
  expect(kept(100)).toEqual(['keypoints', 'mask', '', 'keypoints', 'mask']);
  expect(kept(13)).toEqual(['keypoints', 'mask', '', '', '']);
  expect(kept(12)).toEqual(['keypoints', '', '', '', '']);
  expect(kept(5)).toEqual(['', '', '', '', '']);
});

test('a header of the most objects with the most details that are kept is within what a hub reads', () => {
  const many = Array.from({ length: 300 }, () => ({ ...object(0, [64, 64, 64, 64]), label: 'x'.repeat(128) }));
  const posed = Array.from({ length: 300 }, () => object(17, []));
  for (const detections of [withinPoints(many, 5000), withinPoints(posed, 5000)]) {
    const header = { stream: 's', frame: 1, ptsMs: 0, wall: 0, width: 1, height: 1, detections };
    expect(previewHeader.safeParse(header).success).toBe(true);
    expect(JSON.stringify(header).length).toBeLessThan(256 * 1024);
  }
});

test('details alone', () => {
  expect(detailsOf(object(0, []))).toEqual({});
  expect(Object.keys(detailsOf(object(1, [3])))).toEqual(['keypoints', 'mask']);
});

test('what is beyond the bounds is refused by its path', () => {
  const path = (changes: object) =>
    detection.safeParse({ ...object(1, [3]), ...changes }).error?.issues[0]?.path.join('.');
  expect(path({})).toBeUndefined();
  expect(path({ keypoints: object(513, []).keypoints })).toBe('keypoints');
  expect(path({ keypoints: [{ name: 'a', x: 1.1, y: 0 }] })).toBe('keypoints.0.x');
  expect(path({ keypoints: [{ name: 'a', x: 1, y: Number.NaN }] })).toBe('keypoints.0.y');
  expect(path({ mask: object(0, [3, 3, 3, 3, 3]).mask })).toBe('mask');
  expect(path({ mask: object(0, [65]).mask })).toBe('mask.0');
  expect(path({ mask: [[[0, 0], [1, 1]]] })).toBe('mask.0'); // biome-ignore format: two points
});

test('an old reader keeps what it does not know', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 8 }), fc.integer()), (unknown) => {
      const known = new Set(['label', 'score', 'box', 'track', 'keypoints', 'mask', '__proto__']);
      const extra = Object.fromEntries(Object.entries(unknown).filter(([key]) => !known.has(key)));
      expect(detection.parse({ ...object(1, []), ...extra })).toMatchObject(extra);
    }),
  );
});
