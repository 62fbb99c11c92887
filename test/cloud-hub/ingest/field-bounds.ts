/** Values that a field of a record may have, and values for which it is refused; shared by the table of fields. */
import { MAX_REPORTED_CHANNELS } from '../../../shared/contract/messages/anomaly.ts';
import { MAX_KEYS } from '../../../shared/contract/messages/record.ts';
import { jpeg } from '../support.ts';

/** Takes the field away. */
export const ABSENT = Symbol('absent');

/** Values that a field may have, and values for which its record is refused. */
export interface Bounds {
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
}

export const LARGEST = Number.MAX_SAFE_INTEGER;
export const text = (max: number): Bounds => ({ good: ['', 'x'.repeat(max)], bad: ['x'.repeat(max + 1), 7, null] });
export const words = (...all: string[]): Bounds => ({ good: all, bad: ['', all[0]?.toUpperCase(), 'other', 1, null] });
export const name: Bounds = {
  good: ['a', '-', `${'a'.repeat(62)}-0`],
  bad: ['', 'a'.repeat(65), 'A', 'a b', 'ä', 7, null],
};
export const count: Bounds = { good: [0, 1, LARGEST], bad: [-1, 0.5, LARGEST + 1, '1', null] };
export const positive: Bounds = { good: [1, LARGEST], bad: [0, -1, 1.5, '1', null] };
export const number: Bounds = { good: [0, -1e300, 1e300, 1e-300], bad: ['1', true, null] };
export const unit: Bounds = { good: [0, 0.5, 1], bad: [-0.001, 1.001, '0', null] };
export const keys = (n: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, value]));
export const perName = (most: number, good: unknown, ...bad: unknown[]): Bounds => ({
  good: [{}, { '': good, ['x'.repeat(128)]: good }, keys(most, good)],
  bad: [{ ['x'.repeat(129)]: good }, keys(most + 1, good), ...bad.map((value) => ({ a: value })), [], null],
});
export const perLabel = (good: unknown, ...bad: unknown[]) => perName(MAX_KEYS, good, ...bad);
export const perChannel = (good: unknown, ...bad: unknown[]) => perName(MAX_REPORTED_CHANNELS, good, ...bad);
export const optional = ({ good, bad }: Bounds): Bounds => ({ good: [ABSENT, ...good], bad });
export const required = ({ good, bad }: Bounds): Bounds => ({ good, bad: [ABSENT, ...bad] });

export const origins = (n: number) => Array.from({ length: n }, (_, i) => ({ epoch: `many-${n}`, seq: i + 1 }));
export const scores = (...first: unknown[]) => [...first, ...Array.from({ length: 10 - first.length }, () => 0)];
export const ring = (points: number) => Array.from({ length: points }, (_, i) => [i / points, 1]);
export const pictureOf = (bytes: number) => {
  const picture = Buffer.alloc(bytes, 1);
  jpeg.copy(picture);
  return picture.toString('base64');
};
