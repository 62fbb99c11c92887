import { expect, test } from 'vitest';
import { etagOf, METADATA_PATH, packagePathOf } from '../../../shared/contract/delivery.ts';

test('the addresses that devices fetch from, and the ETag of a package', () => {
  expect(METADATA_PATH).toBe('/api/v1/delivery/metadata/');
  expect(packagePathOf('sha256:ab')).toBe('/api/v1/delivery/packages/sha256:ab');
  expect(etagOf('sha256:ab')).toBe('"sha256:ab"');
});
