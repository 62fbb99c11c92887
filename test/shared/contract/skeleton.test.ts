import { expect, test } from 'vitest';
import { figureOf, PERSON_KEYPOINTS } from '../../../shared/contract/skeleton.ts';

const person = PERSON_KEYPOINTS.map((name, i) => ({ name, x: i / 20, y: 0.5, score: 0.9 }));

test('a person has 17 keypoints and 17 bones, which reach each of them', () => {
  const { joints, bones } = figureOf(person);
  expect(joints).toEqual(person);
  expect(bones).toHaveLength(17);
  expect(new Set(bones.flat().map(({ name }) => name))).toEqual(new Set(PERSON_KEYPOINTS));
  expect(bones).toContainEqual([person[15], person[13]]);
});

test('a keypoint that is guessed is not drawn, nor are its bones; without scores all are', () => {
  const hidden = person.map((joint) => (joint.name === 'left_knee' ? { ...joint, score: 0.29 } : joint));
  const { joints, bones } = figureOf(hidden);
  expect(joints).toHaveLength(16);
  expect(bones).toHaveLength(15);
  expect(figureOf(person.map(({ score: _, ...joint }) => joint)).joints).toHaveLength(17);
});

test('keypoints of something else are drawn without bones', () => {
  const joints = [{ name: '0', x: 0, y: 0 }];
  expect(figureOf(joints)).toEqual({ joints, bones: [] });
});
