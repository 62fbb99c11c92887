/**
 * Minutes of the week in which something of alerts applies: cron expressions, read in a time zone (daylight saving included). What an
 * expression may say is judged by the hub (alerts/hours.ts): the dashboard reads this file too, and has no cron.
 */
import { z } from 'zod';

export const alertHours = z.strictObject({
  cron: z
    .array(z.string().min(9).max(256))
    .min(1)
    .max(32)
    .describe('each names minutes: "* 8-17 * * 1-5" is every minute from 8:00 to 17:59, Monday to Friday'),
  timezone: z.string().min(1).max(64).default('UTC').describe('as Europe/Berlin'),
});
export type AlertHours = z.infer<typeof alertHours>;
