/** Do the rules of a stream suit its model? A rule that can never fire is refused, by its path. Pure. */
import type { Rule } from '../../shared/contract/config/rules.ts';
import type { NamedLabels } from '../../shared/contract/config/stream.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { type Complaint, describeComplaints } from '../../shared/kit/schema.ts';

/** What a rule can expect of a model. */
export interface Answers {
  /** Name of the model. */
  readonly name: string;
  readonly task: 'detect' | 'classify' | 'anomaly' | 'embed' | 'audio';
  readonly labels: readonly string[];
}

const NONE: NamedLabels = { hidden: [], thresholds: [] };
/** Labels that a complaint lists. */
const MAX_LISTED = 12;
/** What each kind of rule looks at. */
const TASKS: { readonly [K in Rule['kind']]: readonly Answers['task'][] } = {
  threshold: ['detect', 'classify', 'audio'],
  absence: ['detect', 'classify', 'audio'],
  zone: ['detect'],
  line: ['detect'],
  anomaly: ['anomaly'],
};

/**
 * What does not suit, by its path in the stream.
 * @param named labels of `privacy` and `thresholds`
 */
export function unsuited(rules: readonly Rule[], answers: Answers, named: NamedLabels = NONE): Complaint[] {
  const { name, task, labels } = answers;
  const complaints = rules.flatMap((rule, index) => {
    const tasks = TASKS[rule.kind];
    if (!tasks.includes(task)) {
      const message = `"${rule.kind}" needs a model of task ${tasks.join(' or ')}; ${name} has task "${task}"`;
      return [{ path: `rules[${index}].kind`, message }];
    }
    const wanted = 'labels' in rule ? (rule.labels ?? []) : [];
    return wanted.flatMap((label, at) => {
      if (labels.includes(label)) return [];
      const message = `"${label}" is no label of ${name}; it has: ${listed(labels, label)}`;
      return [{ path: `rules[${index}].labels[${at}]`, message }];
    });
  });
  return [...complaints, ...unhidden(named.hidden, answers), ...unknown(named.thresholds, answers)];
}

/** A threshold of a label that the model never says changes nothing, and its writer meant another one. */
function unknown(thresholds: readonly string[], { name, labels }: Answers): Complaint[] {
  return thresholds
    .filter((label) => !labels.includes(label))
    .map((label) => ({
      path: `thresholds.${label}`,
      message: `"${label}" is no label of ${name}; it has: ${listed(labels, label)}`,
    }));
}

/** What of `privacy.labels` the model cannot find: a label that nobody finds is hidden nowhere. */
function unhidden(hidden: readonly string[], { name, task, labels }: Answers): Complaint[] {
  if (hidden.length > 0 && task !== 'detect')
    return [{ path: 'privacy.labels', message: `need a model of task detect; ${name} has task "${task}"` }];
  return hidden.flatMap((label, at) => {
    if (labels.includes(label)) return [];
    const message = `"${label}" is no label of ${name}; it has: ${listed(labels, label)}`;
    return [{ path: `privacy.labels[${at}]`, message }];
  });
}

/** @throws CodedError `config-invalid` that names each rule, and each label to hide or with a threshold, that does not suit */
export function requireSuited(rules: readonly Rule[], answers: Answers, named: NamedLabels = NONE): void {
  const complaints = unsuited(rules, answers, named);
  if (complaints.length > 0) throw new CodedError('config-invalid', describeComplaints(complaints));
}

/** The labels; of many the first, after those that differ only in capitals and spaces. */
function listed(labels: readonly string[], wanted: string): string {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  const [near, far] = [true, false].map((is) => labels.filter((label) => (plain(label) === plain(wanted)) === is));
  const all = [...(near ?? []), ...(far ?? [])];
  const more = all.length - MAX_LISTED;
  return `${all.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
