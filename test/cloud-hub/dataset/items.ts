/** A sample of the dataset, as the hub lists it. */
import type { DatasetItem } from '../../../cloud-hub/contract/dataset.ts';

export const at = '2026-11-01T00:00:00.000Z';
export const by = { by: 'ann', at };

export function item(n: number, more: Partial<DatasetItem> = {}): DatasetItem {
  return {
    id: String(n),
    ...{ device: 'cam', stream: 'door', sample: n.toString(16).padStart(32, '0'), receivedAt: at },
    ...{ outcome: 'confirmed', chosenBy: ['event'], bytes: 1000, ms: 5 },
    event: { rule: 'r', ruleKind: 'line', action: 'forward', label: 'person', score: 0.7, box: [0.1, 0.1, 0.2, 0.4] },
    edge: { objects: [] },
    hub: { model: 'big@1.0.0 (fp32)', objects: [{ label: 'person', score: 0.9, box: [0.11, 0.1, 0.2, 0.4] }] },
    picture: { width: 200, height: 100, region: [0, 0, 1, 1], hash: n.toString(16).padStart(64, '0') },
    ...more,
  };
}

/** A hash of which every bit differs from that of small numbers, by its number. */
export const farHash = (n: number): string => ['0', 'f', '5', 'a', '3', 'c', '6', '9'][n % 8]?.repeat(64) ?? '';
