/**
 * The form of a new rollout: what is typed, as text, and the request that it means. Pure. The schema of the API judges, so that
 * the form asks for nothing that the hub does not, and the other way round.
 */
import { proofPolicy } from '../../../../shared/contract/messages/desired.ts';
import type { Device } from '../../../contract/device.ts';
import { gates, type NewRollout, newRollout, rolloutPlan, type Wave } from '../../../contract/rollout.ts';

export interface WaveFields {
  /** "10%", or a number of devices. */
  readonly size: string;
  /** Minutes. */
  readonly soak: string;
}

export interface RolloutFields {
  /** NAME@VERSION or NAME:ALIAS. */
  readonly package: string;
  /** Entry of the devices' own `models`. */
  readonly entry: string;
  /** "site=berlin, line=a|b". */
  readonly labels: string;
  /** Ids, apart by commas or spaces; none: every device. */
  readonly devices: string;
  readonly waves: readonly WaveFields[];
  /** Shares in percent. */
  readonly maxFailed: string;
  readonly minAgreement: string;
  readonly maxErrorRate: string;
  readonly maxLatencyRatio: string;
  readonly driftTest: 'psi' | 'ks';
  readonly maxDrift: string;
  readonly minFrames: string;
  readonly shadowFrames: string;
  readonly quorum: string;
  /** Hours. */
  readonly timeout: string;
  readonly onFailure: 'roll-back' | 'pause';
}

export type FieldName = Exclude<keyof RolloutFields, 'waves'> | `waves.${number}` | 'waves';
export type Complaints = Readonly<Partial<Record<FieldName, string>>>;
export type FormReading =
  | { readonly kind: 'request'; readonly request: NewRollout }
  | { readonly kind: 'complaints'; readonly complaints: Complaints };

/** Numbers that a person may read: 0.1 × 100 is 10. */
const text = (n: number) => String(Number(n.toPrecision(12)));
const percentText = (share: number) => text(share * 100);

/** What the hub would take where nothing is said. */
export function defaultFields(packageName: string, entry: string): RolloutFields {
  const standard = gates.parse({});
  const plan = rolloutPlan.parse({ target: { kind: 'streams', revision: `sha256:${'0'.repeat(64)}` } });
  return {
    package: packageName,
    entry,
    labels: '',
    devices: '',
    waves: plan.waves.map(fieldsOf),
    maxFailed: percentText(standard.maxFailed),
    minAgreement: percentText(standard.minAgreement),
    maxErrorRate: percentText(standard.maxErrorRate),
    maxLatencyRatio: text(standard.maxLatencyRatio),
    driftTest: standard.drift.test,
    maxDrift: text(standard.drift.max),
    minFrames: text(standard.minFrames),
    shadowFrames: text(proofPolicy.parse({}).shadowFrames),
    quorum: percentText(plan.quorum),
    timeout: text(plan.timeoutS / 3600),
    onFailure: plan.onFailure,
  };
}

function fieldsOf({ percent, devices, soakS }: Wave): WaveFields {
  return { size: percent === undefined ? text(devices ?? 1) : `${text(percent)}%`, soak: text(soakS / 60) };
}

/** One more wave before the last, which stays all devices. */
export function addWave(waves: readonly WaveFields[]): readonly WaveFields[] {
  return [...waves.slice(0, -1), { size: '', soak: waves.at(-2)?.soak ?? '10' }, ...waves.slice(-1)];
}

/** Entries of the devices' own `models`, the most frequent first. */
export function entriesOf(devices: readonly Device[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { models = {} } of devices)
    for (const entry of Object.keys(models)) counts.set(entry, (counts.get(entry) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([entry]) => entry);
}

export function readForm(fields: RolloutFields): FormReading {
  const labels = labelsOf(fields.labels);
  const complaints: Partial<Record<FieldName, string>> = {};
  if (labels === undefined) complaints.labels = 'must be like site=berlin, line=a|b';
  const ids = fields.devices.split(/[\s,]+/).filter(Boolean);
  const share = (percent: string) => numberOf(percent.replace(/%\s*$/, '')) / 100;
  const standard = proofPolicy.parse({});
  const minAgreement = share(fields.minAgreement);
  const maxErrorRate = share(fields.maxErrorRate);
  const maxLatencyRatio = numberOf(fields.maxLatencyRatio);
  const parsed = newRollout.safeParse({
    target: {
      kind: 'model',
      model: fields.entry.trim(),
      package: fields.package.trim(),
      // One limit for both: what a device refuses by itself is what the gate would stop.
      proof: { ...standard, shadowFrames: numberOf(fields.shadowFrames), minAgreement, maxErrorRate, maxLatencyRatio },
    },
    selector: {
      ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
      ...(ids.length > 0 ? { devices: ids } : {}),
    },
    waves: fields.waves.map(waveOf),
    gates: {
      maxFailed: share(fields.maxFailed),
      minAgreement,
      maxErrorRate,
      maxLatencyRatio,
      drift: { test: fields.driftTest, max: numberOf(fields.maxDrift) },
      minFrames: numberOf(fields.minFrames),
    },
    quorum: share(fields.quorum),
    timeoutS: numberOf(fields.timeout) * 3600,
    onFailure: fields.onFailure,
  });
  for (const issue of parsed.error?.issues ?? []) complaints[fieldAt(issue.path)] ??= wordsOf(issue);
  if (!parsed.success || Object.keys(complaints).length > 0) return { kind: 'complaints', complaints };
  return { kind: 'request', request: parsed.data };
}

function waveOf({ size, soak }: WaveFields): Record<string, number> {
  const percent = /^\s*([\d.]+)\s*%\s*$/.exec(size)?.[1];
  const soakS = numberOf(soak) * 60;
  return percent === undefined ? { devices: numberOf(size), soakS } : { percent: Number(percent), soakS };
}

/** NaN for what is no number, which no schema takes. */
function numberOf(typed: string): number {
  return typed.trim() === '' ? Number.NaN : Number(typed);
}

function labelsOf(typed: string): Record<string, string | string[]> | undefined {
  const found: Record<string, string | string[]> = {};
  for (const part of typed.split(',').map((p) => p.trim())) {
    if (part === '') continue;
    const [, key, wanted] = /^([^=]+?)\s*=\s*(.+)$/.exec(part) ?? [];
    if (key === undefined || wanted === undefined) return undefined;
    const values = wanted.split('|').map((value) => value.trim());
    found[key] = values.length === 1 ? wanted.trim() : values;
  }
  return found;
}

const fieldOfKey: Readonly<Record<string, FieldName>> = {
  package: 'package',
  model: 'entry',
  labels: 'labels',
  devices: 'devices',
  maxFailed: 'maxFailed',
  minAgreement: 'minAgreement',
  maxErrorRate: 'maxErrorRate',
  maxLatencyRatio: 'maxLatencyRatio',
  drift: 'maxDrift',
  minFrames: 'minFrames',
  shadowFrames: 'shadowFrames',
  quorum: 'quorum',
  timeoutS: 'timeout',
};

function fieldAt(path: readonly PropertyKey[]): FieldName {
  const [first, second] = path;
  if (first === 'waves') return typeof second === 'number' ? `waves.${second}` : 'waves';
  const key = path.find((part) => typeof part === 'string' && Object.hasOwn(fieldOfKey, part));
  return fieldOfKey[String(key)] ?? 'package';
}

function wordsOf({
  code,
  message,
  path,
}: {
  readonly code?: string;
  readonly message: string;
  readonly path: readonly PropertyKey[];
}) {
  if (path[0] === 'waves' && path.at(-1) === 'devices') return 'must be a share such as 10%, or a number of devices';
  return code === 'invalid_type' ? 'must be a number' : message;
}
