/**
 * Which frames of a stream are worth the model: those that differ from the last one that it has seen, and of them those in
 * which something may happen.
 */
import { z } from 'zod';
import { polygon } from './polygon.ts';

export const gateConfig = z.strictObject({
  minArea: z
    .number()
    .min(0)
    .max(1)
    .default(0.002)
    .describe('part of the picture that must have changed since the last analysed frame'),
  contrast: z
    .number()
    .min(1)
    .max(255)
    .default(12)
    .describe('least change of brightness (of 255) that counts; noise raises it by itself, place by place'),
  holdS: z
    .number()
    .min(0)
    .max(3600)
    .default(0)
    .describe('for so long after a change no frame is answered with the last result'),
  maxIdleS: z.number().min(0.1).max(3600).default(5).describe('after so long a frame is analysed in any case'),
  coastS: z
    .number()
    .min(0)
    .max(2)
    .default(0.5)
    .describe(
      'for at most so long things may move without the model while no track can reach a line or border of a rule; what happens meanwhile is found from where everybody is before and after. 0: never',
    ),
  mask: z
    .array(polygon)
    .max(64)
    .default([])
    .describe('polygons in which changes do not count: a tree, a clock in the picture'),
});
export type GateConfig = z.infer<typeof gateConfig>;
