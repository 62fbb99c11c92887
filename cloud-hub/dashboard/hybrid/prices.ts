/** The prices of a reader, kept in his browser. */
import { z } from 'zod';
import type { Prices } from './bill.ts';

const KEY = 'vedette.prices';
export const MAX_PRICE = 1_000_000;

const price = z.number().min(0).max(MAX_PRICE);
const prices = z.object({ perGb: price, perHubHour: price });

/** Round figures to begin with: mobile data, and a machine with four cores by the hour. */
export const usualPrices: Prices = { perGb: 1, perHubHour: 0.2 };

type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>;

/** A browser may keep nothing, or may have kept something else. */
export function readPrices(storage: () => Storage): Prices {
  try {
    return prices.parse(JSON.parse(storage().getItem(KEY) ?? ''));
  } catch {
    return usualPrices;
  }
}

export function keepPrices(storage: () => Storage, chosen: Prices): void {
  try {
    storage().setItem(KEY, JSON.stringify(chosen));
  } catch {
    // They hold until the page is left.
  }
}

/** What was typed; undefined for what is no price. */
export function priceIn(text: string): number | undefined {
  return text.trim() === '' ? undefined : price.safeParse(Number(text)).data;
}
