import { expect, test } from 'vitest';
import { BYTES, SIGNED, UNIT } from '../../../../cloud-hub/model-init/guess/families/family.ts';
import { convictionOf, judgeWays, type Tried, waysFor } from '../../../../cloud-hub/model-init/trial/ways.ts';
import { imageInput } from '../../../../shared/contract/model-manifest.ts';

const size = { width: 8, height: 8 };

test('both orders of colours with each scaling, and what the family does if that is another', () => {
  const names = (input: object, bytes = false) =>
    waysFor(imageInput.parse({ ...size, ...input }), bytes).map((w) => w.name);
  expect(names({ color: 'bgr', std: [255, 255, 255] })).toEqual([
    'rgb, 0 to 255',
    'rgb, 0 to 1',
    'rgb, -1 to 1',
    'rgb, mean and deviation of ImageNet',
    'bgr, 0 to 255',
    'bgr, 0 to 1',
    'bgr, -1 to 1',
    'bgr, mean and deviation of ImageNet',
  ]);
  expect(names({ mean: [127, 127, 127], std: [128, 128, 128] })[0]).toBe('rgb, as its family');
  expect(names({}, true)).toEqual(['rgb, 0 to 255', 'bgr, 0 to 255']);
  expect(names({ color: 'gray', mean: [0], std: [255] })).toEqual([
    'gray, 0 to 255',
    'gray, 0 to 1',
    'gray, -1 to 1',
    'gray, mean and deviation of ImageNet',
  ]);
});

const tried = (name: string, pixels: object, conviction: number): Tried => ({
  way: { name, pixels: { color: 'rgb', ...BYTES, ...pixels } },
  conviction,
});
const own = { color: 'rgb', ...BYTES } as const;

test('the way of the family stays unless another is clearly better', () => {
  const judge = (mine: number, other: number) => judgeWays([tried('mine', {}, mine), tried('other', UNIT, other)], own);
  expect(judge(10, 11)).toMatchObject({ best: { way: { name: 'mine' } }, clear: false });
  expect(judge(10, 12)).toMatchObject({ best: { way: { name: 'other' } }, clear: true });
  expect(judge(10, 3)).toMatchObject({ best: { way: { name: 'mine' } }, next: { conviction: 3 }, clear: true });
  expect(judge(0, 0)).toMatchObject({ clear: false });
});

test('colours that hardly matter leave the scaling clear', () => {
  const all = [tried('mine', {}, 10), tried('bgr', { color: 'bgr' }, 9.9), tried('signed', SIGNED, 1)];
  expect(judgeWays(all, own)).toMatchObject({
    best: { way: { name: 'mine' } },
    next: { way: { name: 'bgr' } },
    clear: true,
  });
  expect(judgeWays([], own)).toBeUndefined();
});

test('a few strong findings weigh more than many weak ones', () => {
  const detections = (score: number, count: number) =>
    convictionOf({
      task: 'detect',
      detections: Array.from({ length: count }, () => ({ label: 'a', score, box: [0, 0, 1, 1] })),
    });
  expect(detections(0.9, 3)).toBeGreaterThan(detections(0.25, 30));
  expect(detections(0.5, 1000)).toBe(detections(0.5, 30));
  expect(convictionOf({ task: 'classify', classes: [{ label: 'a', score: 0.5 }] })).toBe(0.25);
  expect(convictionOf({ task: 'classify', classes: [] })).toBe(0);
});
