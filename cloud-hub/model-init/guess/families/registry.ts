/** Every family, the ones that are hardest to mistake first. */
import { chosenLists, chosenRows, paddleRows } from './chosen.ts';
import { centernet, detr, nanodet } from './detectors.ts';
import { blazeface, ultraface, yunet } from './faces.ts';
import type { Family } from './family.ts';
import { fastestdet, nanodetByStride, rtmdet, scoredBoxes } from './split-outputs.ts';
import { classifier, vector } from './whole-picture.ts';
import { endToEnd, objectness, queries, ultralytics, yolox } from './yolo.ts';

export const families: readonly Family[] = [
  yunet,
  blazeface,
  ultraface,
  centernet,
  detr,
  chosenLists,
  paddleRows,
  chosenRows,
  nanodetByStride,
  rtmdet,
  nanodet,
  queries,
  ultralytics,
  objectness,
  endToEnd,
  yolox,
  fastestdet,
  scoredBoxes,
  classifier,
  vector,
];
