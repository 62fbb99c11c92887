import { CodedError } from '../../kit/errors.ts';
import { centernet } from './centernet.ts';
import type { AnyHeadKind } from './head.ts';
import { yolox } from './yolox.ts';

/** Every head, by its `kind` in `model.yaml`. */
const heads: Readonly<Record<string, AnyHeadKind>> = { centernet, yolox };

/** @throws CodedError `model-invalid` naming the known kinds */
export function headOfKind(kind: string): AnyHeadKind {
  const found = Object.hasOwn(heads, kind) ? heads[kind] : undefined;
  if (found) return found;
  throw new CodedError('model-invalid', `head.kind says "${kind}"; known are: ${Object.keys(heads).join(', ')}`);
}
