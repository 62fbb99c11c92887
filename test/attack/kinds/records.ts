/** Records that a device with a valid token may send, at their worst. */
import { encode } from '../../../shared/contract/codec.ts';
import { benchRecord, benchSummary } from '../../bench/records.ts';
import type { Attack } from '../attack.ts';
import { type Attacker, type Stage, settles } from '../stage.ts';

const WAIT_S = 60;

/** Publishes batches one after the other and waits until the hub has settled them. */
async function send(attacker: Attacker, batches: readonly unknown[], upTo: number): Promise<readonly string[]> {
  for (const batch of batches) attacker.device.publish(encode(batch));
  const settled = await settles(() => attacker.acked() >= upTo, WAIT_S);
  return settled ? [] : [`after ${WAIT_S} s only ${attacker.acked()} of ${upTo} numbers were acknowledged`];
}

/** Records of one number each, a batch a record. */
const singly = (records: readonly object[], epoch: string) =>
  records.map((record, i) => ({ epoch, from: i + 1, to: i + 1, base: 1, records: [{ ...record, seq: i + 1 }] }));

const summary = (n: number, more: object = {}) => ({ ...benchSummary(n), ...more });

async function listed(stage: Stage, route: string): Promise<readonly string[]> {
  const response = await fetch(`http://127.0.0.1:${stage.httpPort()}/api/v1${route}`, {
    headers: { authorization: `Bearer ${stage.adminToken()}` },
    signal: AbortSignal.timeout(WAIT_S * 1000),
  }).catch((error: unknown) => error);
  if (!(response instanceof Response)) return [`GET ${route} had no answer: ${String(response)}`];
  const bytes = (await response.arrayBuffer()).byteLength;
  const limit = 8 * 1024 * 1024;
  return bytes > limit ? [`GET ${route} answers ${Math.round(bytes / 1024 / 1024)} MB`] : [];
}

export const wideRecords: Attack = {
  name: 'wide-records',
  summary: 'a device sends summaries with an unknown key of 5 MB and with 100,000 labels, then somebody lists them',
  async run(stage) {
    const attacker = await stage.attacker();
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`label-${i}`, i]));
    const records = [
      ...Array.from({ length: 11 }, (_, i) => summary(i, { more: 'x'.repeat(5 * 1024 * 1024) })),
      summary(11, { labels: many }),
    ];
    for (const batch of singly(records, 'wide')) attacker.device.publish(encode(batch));
    const answered = await settles(() => attacker.answers() >= records.length, WAIT_S);
    const broken = answered ? [] : [`after ${WAIT_S} s only ${attacker.answers()} of ${records.length} were answered`];
    return [...broken, ...(await listed(stage, '/summaries?limit=330'))];
  },
};

export const origins: Attack = {
  name: 'origins',
  summary: 'a device sends 1,000 events that name eight scattered earlier numbers each',
  async run(stage, random) {
    const attacker = await stage.attacker();
    const scattered = () => Array.from({ length: 8 }, () => ({ epoch: 'before', seq: 1 + Math.floor(random() * 1e9) }));
    const batches = [0, 1].map((n) => {
      const from = n * 1000 + 1;
      const records = Array.from({ length: 1000 }, (_, i) => ({
        ...benchRecord(i),
        origin: scattered(),
        seq: from + i,
      }));
      return { epoch: 'now', from, to: from + 999, base: 1, records };
    });
    return send(attacker, batches, 2000);
  },
};

export const losses: Attack = {
  name: 'losses',
  summary: 'a device makes 10,000 gaps and sends 1,000 loss records that cover all of them',
  async run(stage) {
    const attacker = await stage.attacker();
    const gaps = Array.from({ length: 20 }, (_, n) => {
      const from = n * 1000 + 1;
      const records = Array.from({ length: 500 }, (_, i) => ({ ...benchRecord(i), seq: from + 2 * i }));
      return { epoch: 'gaps', from, to: from + 999, base: from, records };
    });
    const loss = { ...benchRecord(0), kind: 'loss', epoch: 'gaps', from: 1, to: 20_000, lost: 10_000 };
    const records = Array.from({ length: 1000 }, (_, i) => ({ ...loss, reason: `reason ${i}`, seq: 20_001 + i }));
    return send(attacker, [...gaps, { epoch: 'gaps', from: 20_001, to: 21_000, base: 20_001, records }], 21_000);
  },
};

export const bombs: Attack = {
  name: 'bombs',
  summary: 'a device sends small payloads that unpack to 16 MB: long arrays, deep ones, one long text',
  async run(stage) {
    const attacker = await stage.attacker();
    const size = 15 * 1024 * 1024;
    const frame = (records: string) => `{"epoch":"bomb","from":1,"to":1,"base":1,"records":${records}}`;
    const texts = [
      frame(`[${'{},'.repeat(size / 3)}{}]`),
      frame(`[${'0,'.repeat(size / 2)}0]`),
      frame('['.repeat(size / 2) + ']'.repeat(size / 2)),
      frame(`"${'x'.repeat(size)}"`),
    ];
    const { gzipSync } = await import('node:zlib');
    const payloads = texts.map((text) => gzipSync(text));
    for (let i = 0; i < 3; i++) for (const payload of payloads) attacker.device.publish(payload);
    const broken = await send(attacker, singly([benchRecord(0)], 'after'), 1);
    // The bombs came before it, so they were answered before it.
    const answers = 3 * payloads.length + 1;
    return attacker.answers() === answers ? broken : [...broken, `${attacker.answers()} of ${answers} were answered`];
  },
};
