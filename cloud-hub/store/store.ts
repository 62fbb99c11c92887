/** The hub's store: one part a noun, all on one database. */
import { createAlertDeliveryStore } from './alert-deliveries.ts';
import { createAlertRuleStore } from './alert-rules.ts';
import { createAlertSourceStore } from './alert-sources.ts';
import { createAlertStore } from './alerts.ts';
import { createAuditStore, type Guard } from './audit.ts';
import { createCertificateStore } from './certificates.ts';
import { createChunkMerger } from './chunks/merge-chunks.ts';
import { createClaimStore } from './claims.ts';
import { createCorrectionStore } from './corrections.ts';
import { type Db, TransactionError } from './database.ts';
import { createDatasetStore } from './dataset.ts';
import { createDesiredStore } from './desired.ts';
import { createDeviceStore } from './devices.ts';
import { createEraseRows } from './erase-rows.ts';
import { createErasureStore } from './erasures.ts';
import { createEventStore } from './events.ts';
import { createHoldStore } from './holds.ts';
import { createModelStore } from './models.ts';
import { type DatabaseChoice, openDatabase } from './open.ts';
import { createOpinionStore } from './opinions.ts';
import { createProblemStore } from './problems.ts';
import { createPushSubscriptionStore } from './push-subscriptions.ts';
import { createQuarantineStore, type QuarantineLimits } from './quarantine.ts';
import { createReadingStore } from './readings.ts';
import { createRecordStore } from './records.ts';
import { RESTORE_ACTION, type Restored, readRestored } from './restores.ts';
import { createRetentionStore } from './retention.ts';
import { createRolloutStore } from './rollouts.ts';
import { createSamplePictureStore } from './sample-pictures.ts';
import { createSecondFactorStore } from './second-factors.ts';
import { createSequenceStore } from './sequences.ts';
import { createSessionStore } from './sessions.ts';
import { createSnapshotStore } from './snapshots.ts';
import { createStreamSetStore } from './stream-sets.ts';
import { createSubjectStore } from './subjects.ts';
import { createSummaryStore } from './summaries.ts';
import { createTokenStore } from './tokens.ts';
import { createUserStore } from './users.ts';

/** The parts, all on one way into the database. */
export type Parts = { readonly [Name in keyof typeof makers]: ReturnType<(typeof makers)[Name]> };

export type HubStore = Awaited<ReturnType<typeof openStore>>;

export interface StoreOptions extends DatabaseChoice {
  readonly quarantine?: QuarantineLimits;
}

/**
 * Opens the store in a folder that exists.
 * @param now milliseconds since 1970
 * @throws what openDatabase throws
 */
export async function openStore(folder: string, now: number, options: StoreOptions = {}) {
  const database = await openDatabase(folder, now, options);
  const restored = await readRestored(database);
  const partsOf = (db: Db) => createParts(db, { limits: options, restored });
  const guarded =
    <T>(work: (tx: Parts) => Promise<T>, guard: Guard | undefined) =>
    async (db: Db): Promise<T> => {
      const tx = partsOf(db);
      await guard?.before(tx);
      const done = await work(tx);
      await guard?.after(tx);
      return done;
    };
  return {
    ...partsOf(database),
    /**
     * One transaction: `tx` has the parts of the store, bound to it; see HubDatabase.
     * @param guard of the act that it is; it looks before and after the work
     */
    transact: <T>(work: (tx: Parts) => Promise<T>, guard?: Guard): Promise<T> =>
      database.transact(guarded(work, guard)),
    /** One that is alone; see TransactOptions. */
    transactAlone: <T>(work: (tx: Parts) => Promise<T>, guard?: Guard): Promise<T> =>
      database.transact(guarded(work, guard), { isAlone: true }),
    /** Did the database fail, and not what was asked of it? Then the same may work later. */
    isOutage: (error: unknown) => error instanceof TransactionError || database.dialect.isOutage(error),
    readiness: database.readiness,
    scrub: database.scrub,
    close: database.close,
  };
}

interface About {
  readonly limits: StoreOptions;
  readonly restored: Restored | undefined;
}

const makers = {
  devices: createDeviceStore,
  records: createRecordStore,
  events: createEventStore,
  summaries: createSummaryStore,
  readings: createReadingStore,
  problems: createProblemStore,
  snapshots: createSnapshotStore,
  opinions: createOpinionStore,
  samplePictures: createSamplePictureStore,
  dataset: createDatasetStore,
  corrections: createCorrectionStore,
  holds: createHoldStore,
  sequences: createSequenceStore,
  quarantine: (db: Db, { limits }: About) => createQuarantineStore(db, limits.quarantine),
  tokens: createTokenStore,
  users: createUserStore,
  sessions: createSessionStore,
  subjects: createSubjectStore,
  secondFactors: createSecondFactorStore,
  models: createModelStore,
  streamSets: createStreamSetStore,
  desired: createDesiredStore,
  rollouts: createRolloutStore,
  claims: createClaimStore,
  certificates: createCertificateStore,
  erasures: createErasureStore,
  eraseRows: createEraseRows,
  audit: createAuditStore,
  retention: createRetentionStore,
  chunks: createChunkMerger,
  alerts: createAlertStore,
  alertRules: createAlertRuleStore,
  alertDeliveries: createAlertDeliveryStore,
  alertSources: createAlertSourceStore,
  pushSubscriptions: createPushSubscriptionStore,
  restores: (_db: Db, { restored }: About) => ({ restored, action: RESTORE_ACTION }),
} satisfies Record<string, (db: Db, about: About) => unknown>;

/** Each part is made when it is asked for: a transaction needs few of them, and there are thousands of transactions a minute. */
function createParts(db: Db, about: About): Parts {
  const parts = {};
  for (const [name, make] of Object.entries(makers)) {
    let made: unknown;
    Object.defineProperty(parts, name, {
      enumerable: true,
      get() {
        made ??= make(db, about);
        return made;
      },
    });
  }
  return parts as Parts;
}
