/** The support archive of an agent. */
import { readdirSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { type BundleFiles, jsonText, writeBundle } from '../../shared/doctor/bundle/bundle.ts';
import { createRedactor } from '../../shared/doctor/bundle/redact.ts';
import { endOfFile, endOfJournal } from '../../shared/doctor/bundle/sources.ts';
import type { Finding } from '../../shared/doctor/finding.ts';
import { printFindings } from '../../shared/doctor/print.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Environment } from '../environment.ts';
import { readConfig, secretsOf } from './secrets.ts';

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

/** Names, not contents. */
function listing(folder: string): string {
  try {
    return `${readdirSync(folder).toSorted().join('\n')}\n`;
  } catch (error) {
    return `${messageOf(error)}\n`;
  }
}
