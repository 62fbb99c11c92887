import { z } from 'zod';

/** Identifier of a device, stream, model or rule: it appears in topics, URLs and file names, so the alphabet is small. */
export const name = z
  .string()
  .regex(/^[a-z0-9_-]{1,64}$/, 'must be 1 to 64 characters of a-z, 0-9, "-" and "_"')
  .describe('identifier: 1 to 64 characters of a-z, 0-9, "-" and "_"');

const OUTSIDE = 'must be a fraction of the picture, from 0 to 1: divide pixels by its width (x) or height (y)';
const fraction = z.number().min(0, OUTSIDE).max(1, OUTSIDE);

/** A point as fractions of the source frame: [x, y], origin at the top left, both 0 to 1. */
export const point = z.tuple([fraction, fraction]);
export type Point = z.infer<typeof point>;

/** A box as fractions of the source frame: [x, y, width, height] of its top-left corner and size. */
export const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
export type Box = z.infer<typeof box>;

/** Most characters of a reason, a complaint or an error message in a report or a record. */
export const MAX_TEXT = 2048;

/** A text as long as a report or a record may carry. */
export function clipped(text: string): string {
  return text.slice(0, MAX_TEXT);
}

/** A part of a picture: [x, y, width, height], each a fraction of it. */
export const part = z.tuple([fraction, fraction, fraction, fraction]);

/** A count: an integer from 0. */
export const count = z.number().int().nonnegative();

/** A name out of that of a file: small letters, digits and hyphens, without the ending. */
export function nameFrom(file: string): string {
  const made = (file.split(/[\\/]/).at(-1) ?? '')
    .replace(/\.[a-z0-9]{1,5}$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replaceAll(/^-+|-+$/g, '');
  return made || 'model';
}
