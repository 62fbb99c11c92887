import type { z } from 'zod';
import type { Rule } from './rules.ts';

/** Complains of each rule that has the name of one before it: events name their rule. */
export function refuseDuplicates(rules: readonly Pick<Rule, 'name'>[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  rules.forEach((r, index) => {
    const message = `two rules are named "${r.name}"`;
    if (seen.has(r.name)) context.addIssue({ code: 'custom', path: ['rules', index, 'name'], message });
    seen.add(r.name);
  });
}
