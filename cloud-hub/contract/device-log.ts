/** Lines of the logs of devices, and how much they say. */
import { z } from 'zod';
import { logComponents, logLevels, logLine, MAX_LEVEL_S } from '../../shared/contract/messages/log.ts';
import { count } from '../../shared/contract/names.ts';
import { time } from './time.ts';

export const deviceLogLine = z.object({
  id: z.string().describe('rises; `after` and `cursor` are such ids'),
  at: time.describe("the device's wall clock"),
  receivedAt: time,
  level: z.enum(logLevels),
  component: z.string(),
  message: z.string(),
  fields: logLine.shape.fields,
  boot: z.string().describe('the start of the agent'),
  missing: count
    .optional()
    .describe('lines between the one before and this one that never came: over the budget, or lost on the way'),
});
export type DeviceLogLine = z.infer<typeof deviceLogLine>;

const levels = z.partialRecord(z.enum(logComponents), z.enum(logLevels));

/** How much parts of an agent say for a while. */
export const newLogLevels = z.strictObject({
  levels: levels.refine((given) => Object.keys(given).length > 0, 'must name a part at least'),
  seconds: z.number().min(1).max(MAX_LEVEL_S).describe('how long; after it they are as agent.yaml says'),
});
export type NewLogLevels = z.infer<typeof newLogLevels>;

export const deviceLogLevels = z.object({
  levels: levels.describe('empty: as agent.yaml says'),
  until: time.optional(),
});
export type DeviceLogLevels = z.infer<typeof deviceLogLevels>;
