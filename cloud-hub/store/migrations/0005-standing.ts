/** Phase and stage of a device in a rollout as columns; they stood in front of its words until then. */
import { type Kysely, sql } from 'kysely';

const PHASES = ['waiting', 'downloading', 'verifying', 'proving', 'shadowing', 'swapping'];
const STAGES = ['desired', 'trust', 'download', 'package', 'proof', 'shadow', 'swap', 'service', 'streams'];
const LATE = 'not done in time; ';
const LAST = `${LATE}its last word is `;

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  for (const column of ['phase', 'stage']) {
    await schema.alterTable('rollout_devices').addColumn(column, 'text').execute();
  }
  const startsWith = (text: string) => sql<boolean>`substr(reason, 1, ${text.length}) = ${text}`;
  const without = (text: string) => sql`substr(reason, ${text.length + 1})`;
  for (const stage of STAGES) {
    const before = `${stage}: `;
    await sql`UPDATE rollout_devices SET stage = ${stage}, reason = ${without(before)}
      WHERE outcome = 'failed' AND stage IS NULL AND ${startsWith(before)}`.execute(query);
  }
  await sql`UPDATE rollout_devices SET stage = 'late', reason = CASE WHEN ${startsWith(LAST)} THEN ${without(LAST)} ELSE '' END
    WHERE outcome = 'failed' AND stage IS NULL AND ${startsWith(LATE)}`.execute(query);
  for (const phase of PHASES) {
    const before = `${phase}: `;
    await sql`UPDATE rollout_devices
      SET phase = ${phase}, reason = CASE WHEN reason = ${phase} THEN '' ELSE ${without(before)} END
      WHERE (outcome = 'working' OR stage = 'late') AND phase IS NULL AND (reason = ${phase} OR ${startsWith(before)})`.execute(
      query,
    );
  }
}
