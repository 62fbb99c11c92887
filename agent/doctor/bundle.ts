/** The support archive of an agent. */
import { readdirSync, readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { type BundleFiles, jsonText, writeBundle } from '../../shared/doctor/bundle/bundle.ts';
import { filesNamedIn, masked, secretsIn } from '../../shared/doctor/bundle/mask.ts';
import { createRedactor } from '../../shared/doctor/bundle/redact.ts';
import { endOfFile, endOfJournal, readSecrets, secretsOfEnvironment } from '../../shared/doctor/bundle/sources.ts';
import type { Finding } from '../../shared/doctor/finding.ts';
import { printFindings } from '../../shared/doctor/print.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { type Environment, fillIn } from '../environment.ts';
import { filesOf, PENDING_FILE } from '../identity/enrol.ts';

export interface AgentBundle {
  readonly file: string;
  readonly version: string;
  readonly configFile: string | undefined;
  readonly environment: Environment;
  /** Undefined: the journal of the service. */
  readonly logFile: string | undefined;
  readonly findings: readonly Finding[];
  /** Figures of streams. */
  readonly streams: unknown;
}

/** Files with secrets beside the configuration, which it may not name. */
const BESIDE = ['device.token', 'claim'];

/** @throws the file system's error when it cannot be written */
export async function writeAgentBundle(bundle: AgentBundle): Promise<void> {
  const { configFile, environment, findings, logFile } = bundle;
  const config = configFile === undefined ? undefined : readConfig(configFile);
  const files: BundleFiles = {
    'about.json': jsonText({
      program: 'vedette-agent',
      version: bundle.version,
      node: process.version,
      system: `${platform()} ${release()} ${arch()}`,
      versions: process.versions,
    }),
    'findings.txt': printFindings(findings),
    'findings.json': jsonText(findings),
    'streams.json': jsonText(bundle.streams),
    'environment.txt': `${Object.keys(environment).toSorted().join('\n')}\n`,
    'log.txt': logFile === undefined ? await endOfJournal('vedette-agent') : endOfFile(logFile),
    ...(config ? { 'agent.yaml': config.text, 'folder.txt': listing(config.folder) } : {}),
  };
  await writeBundle(bundle.file, files, createRedactor(secretsOf(config, environment)));
}

interface ReadConfig {
  readonly raw: unknown;
  readonly text: string;
  readonly folder: string;
}

/** Comments are left out: anything may stand in them. */
function readConfig(file: string): ReadConfig {
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

function secretsOf(config: ReadConfig | undefined, environment: Environment): string[] {
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

/** Names, not contents. */
function listing(folder: string): string {
  try {
    return `${readdirSync(folder).toSorted().join('\n')}\n`;
  } catch (error) {
    return `${messageOf(error)}\n`;
  }
}
