/**
 * The chain of the audit. Pure. The digest of an entry is SHA-256 over the canonical JSON of the digest before it and of its own
 * columns as they are stored, so nobody can change, remove or insert an entry without another digest behind it.
 *
 * What the chain alone cannot show: that entries are missing at its end, or that somebody wrote all of it anew. For that a
 * person keeps a head (id and digest of the newest entry) elsewhere, and compares.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes } from '../../shared/trust/file.ts';
import type { AuditHead } from '../contract/audit.ts';

/** Stands before the first entry. */
export const FIRST_DIGEST = '0'.repeat(64);

/** The columns of an entry, as the file has them. */
export const chainedRow = z.object({
  id: z.int(),
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.string(),
  address: z.string().nullable(),
});
export type ChainedRow = z.infer<typeof chainedRow>;

const storedRow = chainedRow.extend({ digest: z.string() });

/** @param before digest of the entry before; FIRST_DIGEST for the first */
export function digestOf({ id, at, actor, action, subject, detail, address }: ChainedRow, before: string): string {
  // Canonical JSON has whole numbers only, and an old entry may have another.
  const columns = { before, id, at: String(at), actor, action, subject, detail, address };
  return createHash('sha256').update(canonicalBytes(columns)).digest('hex');
}

/** What is wrong at an entry. */
export interface ChainFault {
  readonly id: number;
  readonly text: string;
}

export interface ChainReport {
  readonly entries: number;
  /** The newest entry; undefined when there is none. */
  readonly head: AuditHead | undefined;
  /** The first of them. */
  readonly faults: readonly ChainFault[];
  /** How many there are. */
  readonly faulty: number;
}

/** More are only counted. */
const MAX_FAULTS = 100;

/** Checks a chain, entry by entry from the oldest. */
export class ChainCheck {
  readonly #expected: AuditHead | undefined;
  readonly #faults: ChainFault[] = [];
  #faulty = 0;
  #entries = 0;
  #last = { id: 0, digest: FIRST_DIGEST };
  #hasExpected = false;

  /** @param expected a head that somebody kept: the chain must have had it */
  constructor(expected?: AuditHead) {
    this.#expected = expected;
  }

  /** @param stored a row of the table, as the file has it */
  add(stored: unknown): void {
    this.#entries++;
    const { id: before, digest } = this.#last;
    const parsed = storedRow.safeParse(stored);
    if (!parsed.success) {
      const id = z.object({ id: z.int() }).safeParse(stored).data?.id ?? before + 1;
      this.#fault(id, 'a column does not have what the hub writes there');
      this.#last = { id, digest: '' };
      return;
    }
    const row = parsed.data;
    if (row.id < 1) {
      this.#fault(row.id, 'it was inserted: the first entry of the hub is 1');
      return;
    }
    if (row.id > before + 1) this.#fault(row.id, missing(before + 1, row.id - 1));
    else if (digestOf(row, digest) !== row.digest)
      this.#fault(row.id, 'it was changed or inserted, or the entry before it was');
    if (String(row.id) === this.#expected?.id) {
      this.#hasExpected = true;
      if (row.digest !== this.#expected.digest)
        this.#fault(row.id, 'it has another digest than the head that you gave: the audit was written anew');
    }
    this.#last = { id: row.id, digest: row.digest };
  }

  report(): ChainReport {
    const { id, digest } = this.#last;
    const expected = this.#expected;
    const isCut = expected !== undefined && !this.#hasExpected;
    const cut = { id: Number(expected?.id ?? 0), text: 'it is missing: the head that you gave is not in the audit' };
    return {
      entries: this.#entries,
      head: id === 0 ? undefined : { id: String(id), digest },
      faults: isCut ? [...this.#faults, cut] : [...this.#faults],
      faulty: this.#faulty + (isCut ? 1 : 0),
    };
  }

  #fault(id: number, text: string): void {
    this.#faulty++;
    if (this.#faults.length < MAX_FAULTS) this.#faults.push({ id, text });
  }
}

function missing(from: number, to: number): string {
  return from === to ? `entry ${from} before it is missing` : `entries ${from} to ${to} before it are missing`;
}
