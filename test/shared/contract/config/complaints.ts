/** What a schema complains of, as `path: message` lines. */
import type { z } from 'zod';
import { complaintsOf } from '../../../../shared/kit/schema.ts';

export function complaints(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value);
  return error
    ? complaintsOf(error, value).map(({ path, message }) => `${path}: ${message.replace(/; found .*$/, '')}`)
    : [];
}
