/** The support archive of a hub. */
import { existsSync, readdirSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import path from 'node:path';
import { type BundleFiles, jsonText, writeBundle } from '../../shared/doctor/bundle/bundle.ts';
import { filesNamedIn, masked, secretsIn } from '../../shared/doctor/bundle/mask.ts';
import { createRedactor } from '../../shared/doctor/bundle/redact.ts';
import { endOfFile, endOfJournal, readSecrets, secretsOfEnvironment } from '../../shared/doctor/bundle/sources.ts';
import type { Finding } from '../../shared/doctor/finding.ts';
import { printFindings } from '../../shared/doctor/print.ts';
import { lookAtDatabase } from '../../shared/doctor/probes/database.ts';
import type { HubConfig } from '../config.ts';
import { ADMIN_TOKEN_FILE } from '../identity/admin-token.ts';
import { DATABASE_FILE } from '../store/sqlite/open.ts';

export interface HubBundle {
  readonly file: string;
  readonly version: string;
  readonly config: HubConfig;
  readonly environment: NodeJS.ProcessEnv;
  /** Undefined: the journal of the service. */
  readonly logFile: string | undefined;
  readonly findings: readonly Finding[];
}

/** Folders of keys in the data folder. */
const KEY_FOLDERS = ['pki', 'pki/issuers', 'trust/keys'];

/** @throws the file system's error when it cannot be written */
export async function writeHubBundle({
  file,
  version,
  config,
  environment,
  logFile,
  findings,
}: HubBundle): Promise<void> {
  const dataDir = path.resolve(config.dataDir);
  const files: BundleFiles = {
    'about.json': jsonText({
      program: 'vedette-hub',
      version,
      node: process.version,
      system: `${platform()} ${release()} ${arch()}`,
      versions: process.versions,
    }),
    'findings.txt': printFindings(findings),
    'findings.json': jsonText(findings),
    'settings.json': jsonText(masked(config)),
    'environment.txt': `${Object.keys(environment).toSorted().join('\n')}\n`,
    'database.json': jsonText(tables(path.join(dataDir, DATABASE_FILE))),
    'log.txt': logFile === undefined ? await endOfJournal('vedette-hub') : endOfFile(logFile),
  };
  const secrets = [
    ...secretsOfEnvironment(environment),
    ...secretsIn(config),
    ...readSecrets(secretFiles(dataDir, config)),
  ];
  await writeBundle(file, files, createRedactor(secrets));
}

/** How many rows each table has; no row of it. */
function tables(file: string): unknown {
  const facts = lookAtDatabase(file, (database) => {
    const names = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all();
    return Object.fromEntries(
      names.map(({ name }) => [
        name,
        database.prepare<[], { n: number }>(`SELECT count(*) AS n FROM "${name.replaceAll('"', '""')}"`).get()?.n,
      ]),
    );
  });
  return facts.state === 'whole' ? { bytes: facts.bytes, rows: facts.more } : { state: facts.state };
}

function secretFiles(dataDir: string, { tlsKey, mqttKeyFile, ...config }: HubConfig): string[] {
  const keys = KEY_FOLDERS.flatMap((name) => {
    const folder = path.join(dataDir, name);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !['ca.pem', 'root.pem', 'crl.pem'].includes(entry.name))
      .map((entry) => path.join(folder, entry.name));
  });
  const named = [tlsKey, mqttKeyFile, ...filesNamedIn(config)].filter((one) => one !== undefined);
  return [path.join(dataDir, ADMIN_TOKEN_FILE), ...keys, ...named];
}
