/** What `doctor` found out about one thing: a fact in words, how grave it is, and what to do about it. */

/** `ok`: as it should be. `note`: it works, not as well as it could. `broken`: something that was asked for does not work. */
export type Level = 'ok' | 'note' | 'broken';

export interface Finding {
  /** `cpu`, `disk`, `stream gate` … */
  readonly subject: string;
  readonly level: Level;
  readonly text: string;
  readonly advice?: string;
}

export function finding(subject: string, level: Level, text: string, advice?: string): Finding {
  return { subject, level, text, ...(advice === undefined ? {} : { advice }) };
}

/** Is something of it broken? Then `doctor` ends with 1. */
export function isBroken(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'broken');
}
