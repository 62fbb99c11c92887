/** Bodies with hours of alerts: expressions and time zones that nobody can read are refused, by the name of their field. */
import type { z } from 'zod';
import { whyNotHours } from '../alerts/hours.ts';
import type { AlertHours } from '../contract/alert-hours.ts';

/** @param field where the hours stand in the body */
export function withGoodHours<T extends z.ZodType<{ readonly [key in F]?: AlertHours | undefined }>, F extends string>(
  body: T,
  field: F,
): T {
  return body.superRefine((given, context) => {
    for (const { path, message } of whyNotHours(given[field]))
      context.addIssue({ code: 'custom', path: [field, ...path], message });
  });
}
