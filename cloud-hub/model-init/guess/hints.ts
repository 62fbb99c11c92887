/**
 * What exporters leave in the metadata of an ONNX file: Ultralytics (`names`, `imgsz`, `task`, `license`, `description`, `kpt_shape`, `kpt_names`;
 * `engine/exporter.py`), YOLOv5 (`names`, `stride`), and the fields that ONNX itself names for pictures
 * (`Image.BitmapPixelFormat`, `Image.NominalPixelRange`; github.com/onnx/onnx, `docs/MetadataProps.md`). Strangers' text: whatever
 * does not parse is as good as missing.
 */
import { MAX_KEYPOINTS } from '../../../shared/contract/messages/detail.ts';
import { type Literal, parsePython } from './python.ts';

export type PixelRange = '0-255' | '0-1' | '-1-1';

export interface Hints {
  /** In the order of their numbers, from 0. */
  readonly labels?: readonly string[];
  readonly size?: { readonly width: number; readonly height: number };
  /** `detect`, `segment`, `pose`, `obb`, `classify` of Ultralytics. */
  readonly task?: string;
  readonly license?: string;
  /** Of a pose model: keypoints per object, and numbers per keypoint. */
  readonly keypoints?: readonly [number, number];
  /** Names of the keypoints, where the file has them. */
  readonly keypointNames?: readonly string[];
  /** Written by Ultralytics. */
  readonly ultralytics: boolean;
  /** Its architecture is RT-DETR, which Ultralytics exports too. */
  readonly rtdetr: boolean;
  readonly color?: 'rgb' | 'bgr' | 'gray';
  readonly range?: PixelRange;
}

const MAX_LABELS = 65_536;
const MAX_SIDE = 8192;
const colors = { Rgb8: 'rgb', Bgr8: 'bgr', Rgba8: 'rgb', Bgra8: 'bgr', Gray8: 'gray' } as const;
const ranges = { NominalRange_0_255: '0-255', Normalized_0_1: '0-1', Normalized_1_1: '-1-1' } as const;

export function hintsOf(metadata: ReadonlyMap<string, string>): Hints {
  const literal = (key: string) => parsePython(metadata.get(key) ?? '');
  const labels = ['names', 'labels', 'classes', 'class_names'].map((key) => labelsOf(literal(key))).find((l) => l);
  const size = sizeOf(literal('imgsz'));
  const keypoints = keypointsOf(literal('kpt_shape'));
  const keypointNames = keypointNamesOf(literal('kpt_names'));
  const [task, license] = [metadata.get('task'), metadata.get('license')?.trim().slice(0, 128)];
  const color = entryOf(colors, metadata.get('Image.BitmapPixelFormat'));
  const range = entryOf(ranges, metadata.get('Image.NominalPixelRange'));
  const about = `${metadata.get('author') ?? ''} ${metadata.get('description') ?? ''}`;
  return {
    ...(labels ? { labels } : {}),
    ...(size ? { size } : {}),
    ...(task ? { task } : {}),
    ...(keypoints ? { keypoints } : {}),
    ...(keypointNames?.length === keypoints?.[0] && keypointNames ? { keypointNames } : {}),
    ...(license ? { license } : {}),
    ultralytics: /ultralytics/i.test(about),
    rtdetr: /rt-?detr/i.test(about),
    ...(color ? { color } : {}),
    ...(range ? { range } : {}),
  };
}

/** A list, or numbers from 0 with their names. */
function labelsOf(value: Literal | undefined): readonly string[] | undefined {
  const list = value instanceof Map ? Array.from({ length: value.size }, (_, i) => value.get(String(i))) : value;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_LABELS) return undefined;
  const texts = list.map((entry) =>
    typeof entry === 'string' ? entry.replaceAll(/\s+/g, ' ').trim().slice(0, 128) : '',
  );
  return texts.every((text) => text !== '') ? texts : undefined;
}

/** Ultralytics writes height before width. */
function sizeOf(value: Literal | undefined): Hints['size'] {
  const [height, width] = Array.isArray(value) ? value : [value, value];
  const fits = (side: unknown): side is number =>
    Number.isInteger(side) && Number(side) > 0 && Number(side) <= MAX_SIDE;
  return fits(width) && fits(height) ? { width, height } : undefined;
}

function keypointsOf(value: Literal | undefined): Hints['keypoints'] {
  const [count, dimensions] = Array.isArray(value) ? value : [];
  const fits = Number.isInteger(count) && count > 0 && count <= MAX_KEYPOINTS && (dimensions === 2 || dimensions === 3);
  return fits ? [count, dimensions] : undefined;
}

/** A list, or a list per label, of which the first counts: the keypoints of all labels are as many. */
function keypointNamesOf(value: Literal | undefined): Hints['keypointNames'] {
  const names = labelsOf(value instanceof Map ? value.get('0') : value);
  return names?.every((name) => name.length <= 64) ? names : undefined;
}

function entryOf<T extends string>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
