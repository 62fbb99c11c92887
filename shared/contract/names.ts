import { z } from 'zod';

/** Identifier of a device, stream, model or rule: it appears in topics, URLs and file names, so the alphabet is small. */
export const name = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 characters of a-z, 0-9 and "-"')
  .describe('identifier: 1 to 64 characters of a-z, 0-9 and "-"');

/** A point as fractions of the source frame: [x, y], origin at the top left, both 0 to 1. */
export const point = z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]);
export type Point = z.infer<typeof point>;

/** A box as fractions of the source frame: [x, y, width, height] of its top-left corner and size. */
export const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
export type Box = z.infer<typeof box>;

/** A count: an integer from 0. */
export const count = z.number().int().nonnegative();
