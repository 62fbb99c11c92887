/** Cameras that hang, are covered or go dark, and all that only looks like it. Planes as codecs and sensors make them, a second apart. */
import { expect, test } from 'vitest';
import { createPictureWatch } from '../../../../agent/pipeline/camera/picture-faults.ts';
import { seeded } from '../../../support/random.ts';

const { plane } = createPictureWatch();
const SIZE = plane.width * plane.height;
const random = seeded(7);

type Plane = Uint8Array;
const planeOf = (value: (x: number, y: number) => number): Plane =>
  Uint8Array.from({ length: SIZE }, (_, i) => value(i % plane.width, Math.floor(i / plane.width)));
/** A yard with edges: 8 gray levels from one pixel to the next, on the average. */
const yard = planeOf((x, y) => 60 + 16 * ((x + 2 * y) % 5) + y);
/** Of some pixels the value is one more: all that averaging leaves of a sensor's noise. */
const noisy = (from: Plane, share = 0.01): Plane => from.map((v) => (random() < share ? v + 1 : v));
const fade = (from: Plane, part: number, to: number): Plane => from.map((v) => to + part * (v - to));
const flat = (value: number): Plane =>
  noisy(
    planeOf(() => value),
    0.3,
  );

/** @returns `second fault` of each change */
function told(seconds: number, at: (second: number) => Plane | undefined, stepS = 1): string[] {
  const watch = createPictureWatch();
  const found: string[] = [];
  let last: string | undefined;
  for (let second = 0; second < seconds; second += stepS) {
    const picture = at(second);
    if (!picture || !watch.due(second * 1000)) continue;
    const fault = watch.see(picture, second * 1000);
    if (fault !== last) found.push(`${second} ${fault}`);
    last = fault;
  }
  return found;
}

test('a picture that never changes again is frozen after three minutes; a new one ends it', () => {
  expect(told(500, (s) => (s < 400 ? yard : noisy(yard)))).toEqual(['180 frozen', '400 undefined']);
});

test('a camera that hangs repeats what its codec makes of it, group by group', () => {
  const group = Array.from({ length: 10 }, () => noisy(yard));
  expect(told(300, (s) => (s < 60 ? noisy(yard) : group[s % 10]))).toEqual(['249 frozen']);
});

test.each([
  ['the noise of a sensor', (): Plane => noisy(yard, 0.001)],
  ['a night in which the codec sends nothing between whole pictures, a minute apart', wholePictures(60)],
  ['a clock in the corner', (s: number): Plane => yard.map((v, i) => (i < 12 ? v + ((s >> i) & 1) : v))],
  [
    'a loop of a recording, in which something moves',
    (s: number): Plane => yard.map((v, i) => (i % 20 === s % 20 ? 255 : v)),
  ],
  [
    'dusk: twenty minutes until everything is black',
    (s: number): Plane => noisy(fade(yard, Math.max(0, 1 - s / 1200), 8)),
  ],
  ['fog that comes within ten minutes', (s: number): Plane => noisy(fade(yard, Math.max(0.05, 1 - s / 600), 150))],
  ['a camera that always saw a white wall', (s: number): Plane => flat(s < 300 ? 200 : 150)],
  ['a hand before it for eight seconds', (s: number): Plane => (s >= 300 && s < 308 ? flat(70) : noisy(yard))],
  ['light that is switched on', (s: number): Plane => noisy(s < 300 ? fade(yard, 0.3, 20) : yard)],
])('nothing is said of %s', (_, at) => {
  expect(told(1500, at)).toEqual([]);
});

function wholePictures(everyS: number): (second: number) => Plane {
  let whole = yard;
  return (second) => {
    if (second % everyS === 0) whole = noisy(yard, 0.002);
    return whole;
  };
}

test('a camera that is covered is told after ten seconds, until it sees again', () => {
  expect(told(500, (s) => (s >= 300 && s < 400 ? flat(90) : noisy(yard)))).toEqual(['310 covered', '400 undefined']);
});

test('what stays covered stays told', () => {
  expect(told(1500, (s) => (s < 300 ? noisy(yard) : flat(90)))).toEqual(['310 covered']);
});

test('a lens cap, or light that goes out, is dark', () => {
  expect(told(500, (s) => (s >= 300 && s < 450 ? flat(8) : noisy(yard)))).toEqual(['310 dark', '450 undefined']);
});

test('black without any noise stays dark, and is not called frozen', () => {
  const black = planeOf(() => 0);
  expect(told(1000, (s) => (s < 300 ? noisy(yard) : black))).toEqual(['310 dark']);
});

test('what is usual is learned first: a camera that starts covered is not told', () => {
  expect(told(1000, (s) => (s >= 30 && s < 900 ? flat(90) : noisy(yard)))).toEqual([]);
});

test('a source that gives a picture each half minute is judged by its pictures, not by its clock', () => {
  expect(told(3000, (s) => (s < 600 ? noisy(yard) : yard), 30)).toEqual(['1200 frozen']);
  expect(told(3000, (s) => (s < 900 ? noisy(yard) : flat(90)), 30)).toEqual(['1020 covered']);
});

test('it asks for one picture a second', () => {
  const watch = createPictureWatch();
  expect(watch.due(5)).toBe(true);
  watch.see(yard, 5);
  expect([watch.due(1004), watch.due(1005)]).toEqual([false, true]);
});
