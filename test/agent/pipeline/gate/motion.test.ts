import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMotion } from '../../../../agent/pipeline/gate/motion.ts';
import { type GateConfig, gateConfig } from '../../../../shared/contract/config/gate.ts';
import { insidePolygon } from '../../../../shared/kit/polygon.ts';

const [WIDTH, HEIGHT] = [9, 7];

/** A plane of one gray, but for these pixels. */
function plane(gray: number, ...others: (readonly [x: number, y: number, value: number])[]): Uint8Array {
  const luma = new Uint8Array(WIDTH * HEIGHT).fill(gray);
  for (const [x, y, value] of others) luma[y * WIDTH + x] = value;
  return luma;
}

/** A block of three by three pixels in the middle. */
const block = (value: number) =>
  [3, 4, 5].flatMap((x) => [2, 3, 4].map((y): [number, number, number] => [x, y, value]));

const start = (config: object = {}) =>
  createMotion(gateConfig.parse({ minArea: 0, contrast: 12, ...config }), WIDTH, HEIGHT);

/** Does the second plane differ from the first? */
function differ(first: Uint8Array, second: Uint8Array, config: object = {}): boolean {
  const motion = start(config);
  expect(motion.differs(first)).toBe(true);
  motion.remember(first);
  return motion.differs(second);
}

test('a pixel has changed beyond the contrast, in either direction, not at it', () => {
  for (const sign of [1, -1]) {
    expect(differ(plane(100), plane(100, ...block(100 + sign * 12)))).toBe(false);
    expect(differ(plane(100), plane(100, ...block(100 + sign * 13)))).toBe(true);
  }
  // What is known of noise at first asks for a little more than eight levels.
  expect(differ(plane(100), plane(100, ...block(108)), { contrast: 1 })).toBe(false);
  expect(differ(plane(100), plane(100, ...block(109)), { contrast: 1 })).toBe(true);
});

test('two changed neighbours make a pixel count, also across; the very border does not', () => {
  const changed = (...at: (readonly [number, number])[]) =>
    differ(plane(100), plane(100, ...at.map(([x, y]) => [x, y, 200] as const)));
  expect(changed([4, 3])).toBe(false);
  expect(changed([4, 3], [5, 3])).toBe(false);
  expect(changed([3, 3], [4, 3], [5, 3])).toBe(true);
  expect(changed([3, 2], [4, 3], [5, 4])).toBe(true);
  expect(changed([5, 2], [4, 3], [3, 4])).toBe(true);
  expect(changed([4, 2], [4, 3], [4, 4])).toBe(true);
  expect(changed([2, 3], [4, 3], [6, 3])).toBe(false);
  expect(changed([0, 2], [0, 3], [0, 4])).toBe(false);
  expect(changed([8, 2], [8, 3], [8, 4])).toBe(false);
  expect(changed([3, 0], [4, 0], [5, 0])).toBe(false);
  expect(changed([3, 6], [4, 6], [5, 6])).toBe(false);
  expect(changed([0, 0], [1, 1], [2, 2])).toBe(true);
  expect(changed([8, 6], [7, 5], [6, 4])).toBe(true);
  // The end of a row is no neighbour of the beginning of the next.
  expect(changed([7, 2], [8, 2], [0, 3])).toBe(false);
});

test('`minArea`: more than that part of the pixels, not as many', () => {
  // All nine of the block have two neighbours or more.
  const area = (pixels: number) => pixels / (WIDTH * HEIGHT);
  const seen = (minArea: number) => differ(plane(100), plane(100, ...block(200)), { minArea });
  expect(seen(area(8.9))).toBe(true);
  expect(seen(area(9))).toBe(false);
});

test('what is behind a mask is neither compared nor part of what the whole picture does', () => {
  const left = [
    [
      [0, 0],
      [0.7, 0],
      [0.7, 1],
      [0, 1],
    ],
  ];
  const second = plane(100, ...Array.from({ length: 6 * HEIGHT }, (_, i) => [i % 6, Math.floor(i / 6), 250] as const));
  expect(differ(plane(100), second)).toBe(true);
  expect(differ(plane(100), second, { mask: left })).toBe(false);
  const all = [
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ],
  ];
  expect(differ(plane(0), plane(250), { mask: all })).toBe(false);
});

test('what half of the picture does is no shift of the whole', () => {
  // Without its middle row the picture has as many pixels inside as on the border, and these do not count.
  const middle = [
    [
      [1 / WIDTH, 3 / HEIGHT],
      [8 / WIDTH, 3 / HEIGHT],
      [8 / WIDTH, 4 / HEIGHT],
      [1 / WIDTH, 4 / HEIGHT],
    ],
  ];
  const border = Array.from({ length: WIDTH * HEIGHT }, (_, i) => [i % WIDTH, Math.floor(i / WIDTH)] as const).filter(
    ([x, y]) => x === 0 || y === 0 || x === WIDTH - 1 || y === HEIGHT - 1,
  );
  const brighter = plane(100, ...border.map(([x, y]) => [x, y, 200] as const));
  expect(differ(plane(100), brighter, { mask: middle })).toBe(false);
});

test('the same as said simply: sorted medians, neighbours by their places, noise pixel by pixel', () => {
  const gray = fc.integer({ min: 0, max: 255 });
  const luma = fc.oneof(
    fc.array(gray, { minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT }),
    // Nearly the same everywhere: where limits are met.
    fc
      .tuple(
        gray,
        fc.array(fc.integer({ min: -14, max: 14 }), { minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT }),
      )
      .map(([base, steps]) => steps.map((step) => Math.min(255, Math.max(0, base + step)))),
  );
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  const config = fc.record({
    contrast: fc.integer({ min: 1, max: 30 }),
    minArea: fc.constantFrom(0, 0.1, 0.3),
    mask: fc.array(fc.array(fc.tuple(fraction, fraction), { minLength: 3, maxLength: 4 }), { maxLength: 1 }),
  });
  const played = fc.array(fc.record({ luma, remember: fc.boolean() }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(config, played, (fields, frames) => {
      // Some corners lie on one line, which is no polygon.
      fc.pre(gateConfig.safeParse(fields).success);
      const parsed = gateConfig.parse(fields);
      const [motion, simple] = [createMotion(parsed, WIDTH, HEIGHT), naive(parsed)];
      for (const { luma: values, remember } of frames) {
        const given = Uint8Array.from(values);
        expect(motion.differs(given)).toBe(simple.differs(values));
        if (!remember) continue;
        motion.remember(given);
        simple.remember(values);
        // A caller may use its plane again.
        given.fill(0);
      }
    }),
  );
});

test('a long flicker is learnt, in bounded bites and up to a limit; stillness is learnt too', () => {
  const quiet = start({ contrast: 1 });
  for (let i = 0; i < 400; i++) quiet.differs(plane(100));
  quiet.remember(plane(100));
  expect(quiet.differs(plane(100, ...block(102)))).toBe(true);
  const restless = start({ contrast: 1 });
  for (let i = 0; i < 2000; i++) restless.differs(plane(100, ...block(i % 2 === 0 ? 0 : 250)));
  restless.remember(plane(100));
  expect(restless.differs(plane(100, ...block(148)))).toBe(false);
  expect(restless.differs(plane(100, ...block(149)))).toBe(true);
});

/** As the head of motion.ts says it. */
function naive(config: GateConfig) {
  const places = Array.from({ length: WIDTH * HEIGHT }, (_, i) => [i % WIDTH, Math.floor(i / WIDTH)] as const);
  const watched = places.map(
    ([x, y]) => !config.mask.some((polygon) => insidePolygon([(x + 0.5) / WIDTH, (y + 0.5) / HEIGHT], polygon)),
  );
  const noise = new Float32Array(places.length).fill(2);
  let before: readonly number[] | undefined;
  let known: readonly number[] | undefined;
  /** What a pixel differs by, beside what the whole picture does. */
  const steps = (a: readonly number[], b: readonly number[]) => {
    const all = a.map((value, i) => value - (b[i] ?? 0));
    const sorted = all.filter((_, i) => watched[i]).toSorted((p, q) => p - q);
    const median = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
    return all.map((step) => Math.abs(step - median));
  };
  return {
    differs(luma: readonly number[]): boolean {
      for (const [i, step] of (before ? steps(luma, before) : []).entries()) {
        const learnt = noise[i] ?? 0;
        if (watched[i]) noise[i] = learnt + 0.02 * (Math.min(step, 3 * (learnt + 1)) - learnt);
      }
      before = [...luma];
      if (!known) return true;
      const limit = (i: number) => Math.max(config.contrast, Math.min(48, 4 * (noise[i] ?? 0)));
      const changed = steps(luma, known).map((step, i) => watched[i] === true && step > limit(i));
      const counting = places.filter(([x, y], i) => {
        if (!changed[i] || x === 0 || y === 0 || x === WIDTH - 1 || y === HEIGHT - 1) return false;
        const near = places.filter(([p, q], k) => changed[k] && Math.abs(p - x) <= 1 && Math.abs(q - y) <= 1);
        return near.length >= 3;
      });
      return counting.length > config.minArea * places.length;
    },
    remember(luma: readonly number[]) {
      known = [...luma];
    },
  };
}
