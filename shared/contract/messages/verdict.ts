/**
 * `down/verdict`: what the hub's model says of a sample.
 *
 * `confirmed`: it sees what the edge saw. `changed`: it sees an object there of another label (of a sample without an event: it
 * sees other objects). `withdrawn`: it sees nothing of the kind. `refused`: it has not looked, and says why.
 */
import { z } from 'zod';
import { MAX_TEXT, name } from '../names.ts';
import { detection } from './preview.ts';
import { MAX_SAMPLE_OBJECTS, sampleId } from './sample.ts';

export const opinions = ['confirmed', 'changed', 'withdrawn'] as const;
export type Opinion = (typeof opinions)[number];

export const verdict = z.looseObject({
  sample: sampleId,
  stream: name.optional().describe('absent where the header of the sample could not be read'),
  outcome: z.enum([...opinions, 'refused']),
  reason: z.string().max(MAX_TEXT).optional().describe('why it was refused'),
  waitS: z.number().min(0).max(86_400).optional().describe('of `refused`: send no sample for so long'),
  label: z.string().max(128).optional().describe('of an event: what the hub sees there'),
  score: z.number().optional(),
  objects: z.array(detection).max(MAX_SAMPLE_OBJECTS).optional().describe('boxes of the source frame'),
  model: z.string().max(256).optional().describe('that the hub has asked: name@version (variant)'),
});
export type Verdict = z.infer<typeof verdict>;
