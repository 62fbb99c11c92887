import { CodedError } from '../../kit/errors.ts';
import { autoencoder } from './autoencoder.ts';
import { blazeface } from './blazeface.ts';
import { centernet } from './centernet.ts';
import { classify } from './classify.ts';
import { detr } from './detr.ts';
import { fastestdet } from './fastestdet.ts';
import { finalBoxes } from './final-boxes.ts';
import { forecast } from './forecast.ts';
import type { AnyHeadKind } from './head.ts';
import { nanodet } from './nanodet.ts';
import { raw } from './raw.ts';
import { rtmdet } from './rtmdet.ts';
import { scoredBoxes } from './scored-boxes.ts';
import { ultraface } from './ultraface.ts';
import { vad } from './vad.ts';
import { yolo } from './yolo.ts';
import { yolox } from './yolox.ts';
import { yunet } from './yunet.ts';

/** Every head, by its `kind` in `model.yaml`. */
const heads: Readonly<Record<string, AnyHeadKind>> = {
  autoencoder,
  blazeface,
  centernet,
  classify,
  detr,
  fastestdet,
  'final-boxes': finalBoxes,
  forecast,
  nanodet,
  raw,
  rtmdet,
  'scored-boxes': scoredBoxes,
  ultraface,
  vad,
  yolo,
  yolox,
  yunet,
};

/** The kinds that there are. */
export const headKinds: readonly string[] = Object.keys(heads);

/** @throws CodedError `model-invalid` naming the known kinds */
export function headOfKind(kind: string): AnyHeadKind {
  const found = Object.hasOwn(heads, kind) ? heads[kind] : undefined;
  if (found) return found;
  throw new CodedError('model-invalid', `head.kind says "${kind}"; known are: ${headKinds.join(', ')}`);
}
