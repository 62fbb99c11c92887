/**
 * Ids of records rise for ever: lists page by them, and rules of alerts remember up to which one they have looked. The highest id of a
 * table and one would give ids again where the newest rows were erased. So their highest id is kept (`id_floors`), and the
 * next row gets one above it.
 */
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';

export function createIdFloors(db: Db) {
  const prepare = statementsOf(db);
  const { larger } = db.dialect;
  const raise = prepare(
    `INSERT INTO id_floors (name, floor) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET floor = ${larger('id_floors.floor', 'excluded.floor')}`,
  );
  return {
    /** Before rows of a table go, in the same transaction. */
    async keep(table: string): Promise<void> {
      const highest = await prepare(`SELECT coalesce(max(id), 0) FROM ${table}`).pluck().get();
      await raise.run(table, highest as number);
    },
  };
}
