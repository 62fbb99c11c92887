/** The term of the hub that leads: who has an older one is refused (lease.ts says when). */
import type { PoolClient } from 'pg';
import { z } from 'zod';

/** The sequence whose value it is. */
export const TERM = 'hub_term';

/** Name of the connections that work in a term: who leads next finds them by it. */
export function termName(term: number | string): string {
  return `vedette-hub term ${term}`;
}

/** An outage for whoever asked: nothing is acknowledged, and devices send again, to the hub that leads. */
export class TermOver extends Error {
  constructor() {
    super('another hub leads now: the database takes nothing from this one');
    this.name = 'TermOver';
  }
}

const values = z.tuple([z.object({ value: z.coerce.number() })]);

/** @throws TermOver when another hub leads */
export async function requireTerm(client: Pick<PoolClient, 'query'>, term: number): Promise<void> {
  const { rows } = await client.query(`SELECT last_value AS value FROM ${TERM}`);
  if (values.parse(rows)[0].value !== term) throw new TermOver();
}
