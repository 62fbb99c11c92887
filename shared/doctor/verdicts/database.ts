/** What the facts about a database mean. Pure. */
import { type Finding, finding } from '../finding.ts';
import type { DatabaseFacts } from '../probes/database.ts';

export interface DatabaseWords<T> {
  readonly subject: string;
  readonly file: string;
  /** What its not being there means. */
  readonly missing: Pick<Finding, 'level' | 'text' | 'advice'>;
  readonly damaged: string;
  readonly unreadable: string;
  /** What else was read of it: words, and what is wrong with it. */
  readonly more: (more: T) => { readonly text: string; readonly wrong?: Pick<Finding, 'level' | 'advice'> };
}

export function judgeDatabase<T>(words: DatabaseWords<T>, facts: DatabaseFacts<T>): Finding {
  const { subject, file } = words;
  switch (facts.state) {
    case 'missing':
      return { subject, ...words.missing };
    case 'damaged':
      return finding(subject, 'broken', `${file} is damaged: ${facts.error}`, words.damaged);
    case 'unreadable':
      return finding(subject, 'broken', `${file}: ${facts.error}`, words.unreadable);
    case 'whole': {
      const { text, wrong } = words.more(facts.more);
      const size = `${(facts.bytes / 1e6).toFixed(1)} MB${facts.checked ? '' : ', too large to be checked page by page'}`;
      return { subject, level: 'ok', text: `${file}: ${size}; ${text}`, ...wrong };
    }
  }
}
