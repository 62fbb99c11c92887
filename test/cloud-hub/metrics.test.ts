/** What the hub tells Prometheus of its fleet and itself. */
import { expect, test } from 'vitest';
import { createMetrics, type HubFacts } from '../../cloud-hub/metrics.ts';

const facts: HubFacts = {
  version: '1.2.3',
  devices: async () => ({ known: 7, online: 5 }),
  openRollouts: async () => [{ status: 'paused' }, { status: 'running' }, { status: 'paused' }],
  certificateEnd: () => 1_800_000_000_000,
  freeBytes: () => 123,
};

async function told(more: Partial<HubFacts> = {}): Promise<string[]> {
  const metrics = createMetrics();
  metrics.observe({ ...facts, ...more });
  const names = /^vedette_(hub_info|devices|open_rollouts|tls_certificate|data_free)/;
  return (await metrics.text()).split('\n').filter((line) => names.test(line));
}

const all = [
  'vedette_hub_info{version="1.2.3"} 1',
  'vedette_devices{state="online"} 5',
  'vedette_devices{state="offline"} 2',
  'vedette_open_rollouts{status="running"} 1',
  'vedette_open_rollouts{status="paused"} 2',
  'vedette_tls_certificate_expiry_timestamp_seconds 1800000000',
  'vedette_data_free_bytes 123',
];

test('the fleet, its rollouts, the certificate and the disk are looked up', async () => {
  expect(await told()).toEqual(all);
});

test('without TLS there is no certificate, and no 0 in its place', async () => {
  expect(await told({ certificateEnd: () => undefined })).toEqual(all.filter((line) => !line.includes('tls')));
});

test.each([
  ['devices', 'vedette_devices'],
  ['openRollouts', 'vedette_open_rollouts'],
  ['freeBytes', 'vedette_data_free_bytes'],
] as const)('where %s cannot be looked up, only that is missing', async (fact, name) => {
  const broken = () => {
    throw new Error('the disk is gone');
  };
  expect(await told({ [fact]: broken })).toEqual(all.filter((line) => !line.startsWith(name)));
});

test('what was looked up once is not kept', async () => {
  const metrics = createMetrics();
  let end: number | undefined = 5000;
  metrics.observe({ ...facts, certificateEnd: () => end });
  expect(await metrics.text()).toContain('expiry_timestamp_seconds 5\n');
  end = undefined;
  expect(await metrics.text()).not.toContain('expiry_timestamp_seconds 5');
});
