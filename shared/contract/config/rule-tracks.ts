/** Which rules follow objects from frame to frame, and what they cannot be used for. */
import type { z } from 'zod';
import type { Rule } from './rules.ts';

/** Does a rule of this kind follow tracks? A kind that is missing does not compile. */
export const followsTracks: { readonly [K in Rule['kind']]: boolean } = {
  threshold: false,
  zone: true,
  line: true,
  absence: false,
  anomaly: false,
};

/**
 * Complains of each rule that follows tracks, in a stream that has none.
 * @param because why it has none, as in `"line" follows tracks: BECAUSE`
 */
export function refuseFollowers<Kind extends string>(
  rules: readonly { readonly kind: Kind }[],
  follows: Readonly<Record<Kind, boolean>>,
  because: string,
  context: z.RefinementCtx,
): void {
  rules.forEach(({ kind }, index) => {
    const message = `"${kind}" follows tracks: ${because}`;
    if (follows[kind]) context.addIssue({ code: 'custom', path: ['rules', index, 'kind'], message });
  });
}
