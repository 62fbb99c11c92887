/** Files that a source names with what nobody else may read, and certificates. Read at each connection, so that a new one is used. */
import { readFileSync } from 'node:fs';
import type { SensorSourceConfig } from '../../../../shared/contract/config/sensor-source.ts';
import { CodedError, messageOf } from '../../../../shared/kit/errors.ts';

/** @throws CodedError `source-open` that names the key */
export function secretOf(source: SensorSourceConfig, key: 'passwordFile' | 'caFile' | 'certFile' | 'keyFile') {
  const file = source[key];
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CodedError('source-open', `${key}: ${messageOf(error)}`);
  }
}
