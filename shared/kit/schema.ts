/** Turning a schema's complaints into lines that a person can act on. */
import type { z } from 'zod';

export interface Complaint {
  /** Path of the field, as it is written in YAML: `streams.door.rules[0].points`. */
  readonly path: string;
  readonly message: string;
}

/** One complaint a wrong field: its path, what was found, what is allowed. */
export function complaintsOf(error: z.ZodError, input: unknown, root = ''): Complaint[] {
  return error.issues.flatMap((issue) => complaintOf(issue, input, root));
}

/** `path: message` lines, joined. */
export function describeComplaints(complaints: readonly Complaint[]): string {
  return complaints.map((c) => `${c.path || '(root)'}: ${c.message}`).join('; ');
}

function complaintOf(issue: z.core.$ZodIssue, input: unknown, root: string): Complaint[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: join(root, [...issue.path, key]), message: 'unknown key' }));
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
  return [
    { path: join(root, issue.path), message: `${message}${found === undefined ? '' : `; found ${show(found)}`}` },
  ];
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

function show(value: unknown): string {
  // A complaint is logged and sent: the user and password of an address are nobody's business.
  const text = (JSON.stringify(value) ?? String(value)).replaceAll(/(:\/\/)[^/?#"]*@/g, '$1[hidden]@');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
