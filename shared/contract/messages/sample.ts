/**
 * `up/sample`: one picture for a second opinion, as `encodePicture` makes it: this header and a JPEG.
 *
 * 1. `id` is random and names the sample for ever. A device may send a sample again; the hub answers again, and counts it once.
 * 2. The hub answers each on `down/verdict`, also one that it refuses. A hub that has no second opinions does not answer.
 * 3. The `event` records with the same id in `sample` are the event that is asked about and what followed of it (one enters a zone by
 *    error: he has not left it either). They may come before or after.
 */
import { z } from 'zod';
import { box, count, name, part } from '../names.ts';
import type { ShapeLimits } from '../shape.ts';
import { labelThresholds } from '../thresholds.ts';
import { detection } from './preview.ts';
import { type Known, modelRef } from './record.ts';

export const sampleId = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits');

export const MAX_SAMPLE_OBJECTS = 100;
export const MAX_SAMPLE_HEADER_BYTES = 64 * 1024;
export const MAX_SAMPLE_PICTURE_BYTES = 1024 * 1024;
/** Most pixels of a sample's picture along a side. */
export const MAX_SAMPLE_SIDE = 4096;
export const SAMPLE_SHAPE: ShapeLimits = { maxDepth: 8, maxValues: 4000 };

/** What the event said. */
export const sampleEvent = z.looseObject({
  rule: name,
  ruleKind: z.string().max(32),
  action: z.string().max(32),
  label: z.string().max(128),
  score: z.number(),
  box: box.optional(),
  count: count.optional(),
});

export const sampleHeader = z.looseObject({
  id: sampleId,
  stream: name,
  chosenBy: z.array(z.string().max(32)).min(1).max(16).describe('kinds of the selectors that chose it'),
  frame: count,
  ptsMs: z.number(),
  wall: z.number(),
  region: part.describe('the part of the source frame that the picture shows'),
  model: modelRef.optional().describe('that the edge has asked'),
  threshold: z.number().describe("score from which on the edge's objects count"),
  thresholds: labelThresholds.optional().describe('instead of `threshold`, by label'),
  floor: z
    .number()
    .optional()
    .describe('`objects` has all from this score on, also those that do not count; absent: it may lack such'),
  labels: z
    .array(z.string().max(128))
    .max(1000)
    .optional()
    .describe("of the edge's model: only objects of these are compared; absent: of all"),
  objects: z.array(detection).max(MAX_SAMPLE_OBJECTS).describe('what the edge has found; boxes of the source frame'),
  event: sampleEvent.optional(),
});
export type SampleHeader = Known<z.infer<typeof sampleHeader>>;
