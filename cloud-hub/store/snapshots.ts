/** Pictures of events, kept apart from the records so that lists stay small. The id is the event's. */
import type { Db } from './database.ts';

export interface Snapshot {
  readonly mime: string;
  readonly picture: Uint8Array;
}

export type SnapshotStore = ReturnType<typeof createSnapshotStore>;

export function createSnapshotStore(db: Db) {
  return {
    async get(eventId: number): Promise<Snapshot | undefined> {
      return db.query
        .selectFrom('snapshots')
        .select(['mime', 'picture'])
        .where('event_id', '=', eventId)
        .executeTakeFirst();
    },
  };
}
