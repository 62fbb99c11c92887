/** Hours in which something applies, as cron expressions. The home of `node-cron`, which validates and matches them. */
import { createTask, validateDetailed } from 'node-cron';
import { z } from 'zod';

const cron = z
  .string()
  .max(256)
  .superRefine((expression, context) => {
    const wrong = (message: string) => context.addIssue({ code: 'custom', message });
    const fields = expression.trim().split(/\s+/).length;
    if (fields !== 5) return wrong('must have five fields: minute, hour, day of month, month, day of week');
    for (const { field, message } of validateDetailed(expression).errors) wrong(`${field}: ${message}`);
  });

const timezone = z
  .string()
  .max(64)
  .refine(isTimezone, { error: 'is not a time zone; write one like Europe/Zurich or UTC' });

/** Short forms: one expression, or a list of them. */
export const schedule = z.preprocess(
  (value) => (typeof value === 'string' ? { cron: [value] } : Array.isArray(value) ? { cron: value } : value),
  z.strictObject({
    cron: z
      .array(cron)
      .min(1)
      .max(32)
      .describe('each names minutes: "* 8-17 * * 1-5" is every minute from 8:00 to 17:59, Monday to Friday'),
    timezone: timezone.optional().describe("default: the machine's"),
  }),
);
export type Schedule = z.infer<typeof schedule>;

/** A wall clock before this was never set: this version did not exist. */
const NOT_BEFORE = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

/**
 * Is a moment (milliseconds since 1970) in the schedule: does any expression name its minute? While the clock was never
 * set every moment is: a box without a clock rather looks than sleeps.
 */
export function createSchedule({ cron: expressions, timezone: timeZone }: Schedule): (wall: number) => boolean {
  const tasks = expressions.map((expression) => {
    const task = createTask(expression, () => undefined, timeZone === undefined ? {} : { timezone: timeZone });
    // It is never started; destroyed it leaves the library's own list of tasks, and still matches.
    void task.destroy();
    return task;
  });
  let minute = Number.NaN;
  let open = true;
  return (wall) => {
    const now = Math.floor(wall / MINUTE_MS);
    if (now !== minute) {
      minute = now;
      const date = new Date(now * MINUTE_MS);
      open = wall < NOT_BEFORE || tasks.some((task) => task.match(date));
    }
    return open;
  };
}

function isTimezone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== undefined;
  } catch {
    return false;
  }
}
