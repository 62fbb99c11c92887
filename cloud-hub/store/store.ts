/** The hub's store: one part a noun, all on one database. */
import { createAlertDeliveryStore } from './alert-deliveries.ts';
import { createAlertRuleStore } from './alert-rules.ts';
import { createAlertSourceStore } from './alert-sources.ts';
import { createAlertStore } from './alerts.ts';
import { createAuditStore } from './audit.ts';
import { createCertificateStore } from './certificates.ts';
import { createClaimStore } from './claims.ts';
import { createCorrectionStore } from './corrections.ts';
import { openDatabase } from './database.ts';
import { createDatasetStore } from './dataset.ts';
import { createDesiredStore } from './desired.ts';
import { createDeviceStore } from './devices.ts';
import { createEraseRows } from './erase-rows.ts';
import { createErasureStore } from './erasures.ts';
import { createEventStore } from './events.ts';
import { createIdFloors } from './id-floors.ts';
import { createModelStore } from './models.ts';
import { createOpinionStore } from './opinions.ts';
import { createProblemStore } from './problems.ts';
import { createPushSubscriptionStore } from './push-subscriptions.ts';
import { createQuarantineStore, type QuarantineLimits } from './quarantine.ts';
import { createReadingStore } from './readings.ts';
import { createRecordStore } from './records.ts';
import { createRestoreStore } from './restores.ts';
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

export type HubStore = Awaited<ReturnType<typeof openStore>>;

/**
 * Opens the store in a folder that exists.
 * @param now milliseconds since 1970
 * @throws what openDatabase throws
 */
export async function openStore(folder: string, now: number, limits?: { quarantine?: QuarantineLimits }) {
  const database = await openDatabase(folder, now);
  const floors = createIdFloors(database);
  return {
    devices: createDeviceStore(database),
    records: createRecordStore(database, floors),
    events: createEventStore(database),
    summaries: createSummaryStore(database),
    readings: createReadingStore(database),
    problems: createProblemStore(database),
    snapshots: createSnapshotStore(database),
    opinions: createOpinionStore(database),
    samplePictures: createSamplePictureStore(database),
    dataset: createDatasetStore(database),
    corrections: createCorrectionStore(database),
    sequences: createSequenceStore(database),
    quarantine: createQuarantineStore(database, limits?.quarantine),
    tokens: createTokenStore(database),
    users: createUserStore(database),
    sessions: createSessionStore(database),
    subjects: createSubjectStore(database),
    secondFactors: createSecondFactorStore(database),
    models: createModelStore(database),
    streamSets: createStreamSetStore(database),
    desired: createDesiredStore(database),
    rollouts: createRolloutStore(database),
    claims: createClaimStore(database),
    certificates: createCertificateStore(database),
    erasures: createErasureStore(database),
    eraseRows: createEraseRows(database, floors),
    audit: createAuditStore(database),
    restores: createRestoreStore(database),
    retention: createRetentionStore(database),
    alerts: createAlertStore(database),
    alertRules: createAlertRuleStore(database),
    alertDeliveries: createAlertDeliveryStore(database),
    alertSources: createAlertSourceStore(database),
    pushSubscriptions: createPushSubscriptionStore(database),
    /** One transaction; see HubDatabase. */
    transact: database.transact,
    readiness: database.readiness,
    close: () => database.close(),
  };
}
