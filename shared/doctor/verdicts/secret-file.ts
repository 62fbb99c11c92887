/** What it means who may read a secret. Pure. */
import { type Finding, finding } from '../finding.ts';
import type { SecretFileFacts } from '../probes/secret-file.ts';

/** @returns undefined where nothing is wrong with it */
export function judgeSecretFile(
  subject: string,
  file: string,
  facts: SecretFileFacts,
  missing: string,
): Finding | undefined {
  if (facts.state === 'missing') return finding(subject, 'broken', `${file} is not there`, missing);
  if (facts.state === 'unreadable')
    return finding(subject, 'broken', facts.error, 'give this user the right to read it');
  if (!facts.others) return undefined;
  return finding(subject, 'note', `${file} can be read by every user of this machine`, `chmod o-rwx ${file}`);
}
