/** A YAML or JSON file that a command is given. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../shared/kit/errors.ts';
import { readYamlText } from '../../shared/kit/yaml.ts';
import { UsageError } from './context.ts';

/** @throws UsageError that names the file, when it cannot be read or is no object */
export function readYaml(option: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = readYamlText(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${option}: ${file}: ${messageOf(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${option}: ${file}: must be fields with values`);
  return value as Record<string, unknown>;
}
