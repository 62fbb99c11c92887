import { expect, test } from 'vitest';
import { keepPrices, priceIn, readPrices, usualPrices } from '../../../../cloud-hub/dashboard/hybrid/prices.ts';

function storage() {
  const kept = new Map<string, string>();
  return () => ({
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
}

test('prices are kept', () => {
  const browser = storage();
  expect(readPrices(browser)).toEqual(usualPrices);
  keepPrices(browser, { perGb: 4.5, perHubHour: 0 });
  expect(readPrices(browser)).toEqual({ perGb: 4.5, perHubHour: 0 });
});

test.each(['', 'null', '7', '{"perGb":-1,"perHubHour":1}', '{"perGb":"1","perHubHour":1}', '{"perGb":1}', '{'])(
  'what is kept and is no prices (%s) does not count',
  (text) => {
    const kept = storage();
    kept().setItem('vedette.prices', text);
    expect(readPrices(kept)).toEqual(usualPrices);
  },
);

test('a browser that keeps nothing shows the usual ones, and goes on', () => {
  const forbidden = () => {
    throw new Error('SecurityError');
  };
  expect(readPrices(forbidden)).toEqual(usualPrices);
  expect(() => keepPrices(forbidden, usualPrices)).not.toThrow();
});

test('a price is a number from 0 on', () => {
  expect(priceIn('0')).toBe(0);
  expect(priceIn('0.25')).toBe(0.25);
  for (const text of ['', ' ', '-1', 'x', '1e9', 'Infinity', 'NaN']) expect(priceIn(text), text).toBeUndefined();
});
