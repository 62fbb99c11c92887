/** `test:PATTERN?size=WxH&fps=N&seconds=N`: pictures that FFmpeg makes, for trying things out without a camera. */
import { z } from 'zod';

export const patternNames = ['testsrc2', 'testsrc', 'mandelbrot', 'smptebars', 'life'] as const;

const pattern = z.strictObject({
  name: z.enum(patternNames, { error: `must name a pattern: ${patternNames.join(', ')}` }).default('testsrc2'),
  size: z
    .string()
    .regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/, 'size must be WIDTHxHEIGHT, as 640x360')
    .default('640x360'),
  fps: z.coerce
    .number('fps must be a number')
    .positive('fps must be above 0')
    .max(240, 'fps must be at most 240')
    .default(25),
  seconds: z.coerce
    .number('seconds must be a number')
    .positive('seconds must be above 0')
    .max(1e6, 'seconds must be at most 1000000')
    .optional(),
});
export type Pattern = z.infer<typeof pattern>;

/** @returns the pattern, or what is wrong with the address */
export function parsePattern(url: string): Pattern | string {
  const [name, query] = url.replace(/^test:/i, '').split('?', 2);
  const given = Object.fromEntries(new URLSearchParams(query ?? ''));
  const parsed = pattern.safeParse({ ...(name ? { name } : {}), ...given });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys')
    return `knows no "${issue.keys.join('", "')}"; known are: size, fps, seconds`;
  return issue?.message ?? 'cannot be understood';
}
