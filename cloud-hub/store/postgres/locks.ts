/** Advisory locks: what hubs of one database do one at a time. The server ends them with the transaction or the connection, however that ends. */
import { type Kysely, sql } from 'kysely';

/** Every program that locks in this database has numbers of its own; these begin with "VEDE" in ASCII. */
const FAMILY = 0x56454445;

/** What is locked, and its number. Hubs of different versions meet here: a number is never used for something else. */
const NUMBERS = {
  /** Changes of the schema. */
  schema: 1,
  /** Which hub works on the database: lease.ts. */
  leader: 2,
} as const;

export type Lock = keyof typeof NUMBERS;

/** For a lock that a session holds. */
export function lockNumbers(lock: Lock): readonly [family: number, number: number] {
  return [FAMILY, NUMBERS[lock]];
}

/** Waits until nobody else has it, and holds it until the transaction ends. */
export async function lockForTransaction(transaction: Kysely<unknown>, lock: Lock): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${sql.lit(FAMILY)}, ${sql.lit(NUMBERS[lock])})`.execute(transaction);
}
