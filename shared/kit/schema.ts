/** Turning a schema's complaints into lines that a person can act on. */
import type { z } from 'zod';
import { shownAddress } from './shown-address.ts';
import { hintFor } from './value-hints.ts';

export interface Complaint {
  /** Path of the field, as it is written in YAML: `streams.door.rules[0].points`. */
  readonly path: string;
  readonly message: string;
}

/**
 * One complaint per wrong field: its path, what was found, what is allowed.
 * @param most how many are described; the others are left out
 */
export function complaintsOf(error: z.ZodError, input: unknown, root = '', most = 100): Complaint[] {
  return error.issues
    .slice(0, most)
    .flatMap((issue) => complaintOf(issue, input, root))
    .slice(0, most);
}

/** Unknown keys of one object that are named. */
const MAX_KEYS = 100;

/** `path: message` lines, joined. */
export function describeComplaints(complaints: readonly Complaint[]): string {
  return complaints.map((c) => `${c.path || '(root)'}: ${c.message}`).join('; ');
}

function complaintOf(issue: z.core.$ZodIssue, input: unknown, root: string): Complaint[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, MAX_KEYS)
      .map((key) => ({ path: join(root, [...issue.path, key]), message: 'unknown key' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch that got furthest is the one the writer meant.
    const depth = (branch: z.core.$ZodIssue[]) => Math.max(...branch.map((i) => i.path.length));
    const meant = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    const nested = meant.map((i) => ({ ...i, path: [...issue.path, ...i.path] }));
    if (nested.some((i) => i.path.length > issue.path.length))
      return nested.flatMap((i) => complaintOf(i, input, root));
  }
  const message = issue.code === 'invalid_union' ? describeBranches(issue) : issue.message;
  const found = valueAt(input, issue.path);
  const hint = issue.code === 'invalid_type' ? hintFor(issue.expected, found) : undefined;
  const shown = [message, ...(found === undefined ? [] : [`found ${show(found)}`]), ...(hint ? [hint] : [])];
  return [{ path: join(root, issue.path), message: shown.join('; ') }];
}

/** What each branch of a union would have taken; a union with named kinds says it itself. */
function describeBranches(issue: z.core.$ZodIssueInvalidUnion): string {
  const wanted = issue.errors.map((branch) => branch[0]?.message.replace(/^Invalid input: /, '')).filter(Boolean);
  return wanted.length > 0 ? `Invalid input: ${[...new Set(wanted)].join(', or ')}` : issue.message;
}

function join(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}${text ? '.' : ''}${String(key)}`),
    root,
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

/** Longer than any address; cut, it might show what stands before an "@". */
const MAX_TEXT = 2048;

function shownText(text: string): string {
  return text.length > MAX_TEXT ? `(a text of ${text.length} characters)` : shownAddress(text);
}

function show(value: unknown): string {
  // A complaint is logged and sent: nothing of an address that may be a password is in it.
  const hide = (_key: string, leaf: unknown) => (typeof leaf === 'string' ? shownText(leaf) : leaf);
  // JSON would show null for what is infinite.
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value, hide) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
