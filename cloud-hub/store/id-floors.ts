/**
 * Ids of records rise for ever: lists page by them, and rules of alerts remember up to which one they have looked. SQLite gives the
 * highest id of a table and one; where the newest rows were erased it would give their ids again. So their highest id is
 * kept (`id_floors`), and the next row gets one above it.
 */
import type { HubDatabase } from './database.ts';

export type IdFloors = ReturnType<typeof createIdFloors>;

export function createIdFloors({ prepare }: HubDatabase) {
  const raise = prepare(
    'INSERT INTO id_floors (name, floor) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET floor = max(floor, excluded.floor)',
  );
  const known = prepare('SELECT name, floor FROM id_floors').all() as { name: string; floor: number }[];
  /** By table; bounded by their number. */
  const floors = new Map(known.map(({ name, floor }) => [name, floor]));

  return {
    /** Before rows of a table go, in the same transaction. @param highest its highest id */
    keep(table: string, highest: number): void {
      raise.run(table, highest);
      // A transaction that is taken back leaves a floor too high: ids rise all the same.
      floors.set(table, Math.max(floors.get(table) ?? 0, highest));
    },
    /** The id of the next row; null: as SQLite gives it. @param highestOf reads the highest id of the table */
    next(table: string, highestOf: () => number): number | null {
      const floor = floors.get(table);
      return floor === undefined || highestOf() >= floor ? null : floor + 1;
    },
  };
}
