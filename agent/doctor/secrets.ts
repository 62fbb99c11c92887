/** Which texts of a box are secret, for whatever leaves it: the support archive, and the lines of its log. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { filesNamedIn, masked, secretsIn } from '../../shared/doctor/bundle/mask.ts';
import { readSecrets, secretsOfEnvironment } from '../../shared/doctor/bundle/sources.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { type Environment, fillIn } from '../environment.ts';
import { filesOf, PENDING_FILE } from '../identity/enrol.ts';

/** Files with secrets beside the configuration, which it may not name. */
const BESIDE = ['device.token', 'claim'];

export interface ReadConfig {
  readonly raw: unknown;
  readonly text: string;
  readonly folder: string;
}

/** Comments are left out: anything may stand in them. */
export function readConfig(file: string): ReadConfig {
  const folder = path.dirname(path.resolve(file));
  try {
    const raw: unknown = parse(readFileSync(file, 'utf8'), { merge: true });
    return { raw, text: stringify(masked(raw)), folder };
  } catch (error) {
    // The message quotes the text around the fault.
    const place = /at line \d+, column \d+/.exec(messageOf(error))?.[0] ?? '';
    return { raw: undefined, text: `# it cannot be read ${place}\n`, folder };
  }
}

/** What must not leave this box: secrets of the configuration, of the files that it names and of the environment. */
export function secretsOf(config: ReadConfig | undefined, environment: Environment): string[] {
  const ofEnvironment = secretsOfEnvironment(environment);
  if (!config) return ofEnvironment;
  const { raw, folder } = config;
  const filled = fillIn(raw, environment).value;
  const { identity, pending } = filesOf(folder);
  const named = filesNamedIn(filled).map((file) => path.resolve(folder, file));
  // An enrolment that is not finished lies beside the identity, wherever that is.
  const unfinished = named.map((file) => path.join(path.dirname(file), PENDING_FILE));
  const identities = readSecrets([identity, pending, ...named, ...unfinished]);
  return [
    ...ofEnvironment,
    ...secretsIn(raw),
    ...secretsIn(filled),
    ...identities,
    ...identities.flatMap(keysIn),
    ...readSecrets(BESIDE.map((name) => path.join(folder, name))),
  ];
}

/** The keys of an identity, whose lines are escaped in its file. */
function keysIn(text: string): string[] {
  try {
    return secretsIn(JSON.parse(text));
  } catch {
    return [];
  }
}
