import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelColour, trackColour } from '../../../../cloud-hub/dashboard/live/colour.ts';

const hueOf = (colour: string) => Number(/([\d.]+)\)$/.exec(colour)?.[1]);

test('a colour is stable, and a hue that CSS accepts', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string(), (track, label) => {
      expect(trackColour(track)).toBe(trackColour(track));
      expect(labelColour(label)).toBe(labelColour(label));
      for (const hue of [hueOf(trackColour(track)), hueOf(labelColour(label))]) {
        expect(hue).toBeGreaterThanOrEqual(0);
        expect(hue).toBeLessThanOrEqual(360);
      }
    }),
  );
});

test('tracks that begin near each other differ clearly', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 7 }), (track, step) => {
      const distance = Math.abs(hueOf(trackColour(track)) - hueOf(trackColour(track + step)));
      expect(Math.min(distance, 360 - distance)).toBeGreaterThan(20);
    }),
  );
});

test('a label keeps its colour from one version of the page to the next', () => {
  // FNV-1a of "a" is 0xe40c292c, whose rest by 360 is 284; that of "" its offset, 0x811c9dc5, with 341.
  expect([hueOf(labelColour('')), hueOf(labelColour('a'))]).toEqual([0x811c9dc5 % 360, 0xe40c292c % 360]);
  expect([hueOf(trackColour(0)), hueOf(trackColour(1))]).toEqual([200, 337.5]);
});
