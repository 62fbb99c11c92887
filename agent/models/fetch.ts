/**
 * From a name in the desired document to a package in the store: asked of the signed metadata, downloaded, checked, taken apart.
 * The document names a package; only the metadata says that it may be trusted.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DesiredModel } from '../../shared/contract/messages/desired.ts';
import type { CandidateReport } from '../../shared/contract/messages/model-report.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import type { Fetch } from '../../shared/pki/fetch.ts';
import { TrustError } from '../../shared/trust/error.ts';
import { metadataOverHttp } from '../../shared/trust/http.ts';
import type { TimeSources } from '../../shared/trust/time.ts';
import { createTrust, type Trust } from '../../shared/trust/trust.ts';
import type { AgentConfig } from '../config.ts';
import { type DownloadOptions, download } from './download.ts';
import { Hindrance, Refusal } from './outcome.ts';
import type { Store } from './store.ts';

export interface FetchOptions {
  readonly config: Pick<AgentConfig, 'dataDir' | 'device' | 'updates'>;
  /** The device's token for the hub. */
  readonly token: string | undefined;
  /** Over connections to a hub that is trusted. */
  readonly fetch: Fetch;
  readonly store: Store;
  readonly quality: () => TimeSources['quality'];
  readonly onDamagedTrust: (reason: string) => void;
  readonly clock: Clock;
}

export type Progress = (phase: CandidateReport['phase'], progress?: number) => void;

export interface FetchParts {
  readonly store: Store;
  readonly trust: Pick<Trust, 'refresh' | 'target'>;
  readonly download: DownloadOptions;
}

/** @returns `fetchPackage` from the hub of the configuration */
export function createFetch(options: FetchOptions) {
  const { config, token, store, clock } = options;
  let trust: Trust | undefined;

  /** The root may be put in place while the agent runs. */
  const trustOf = ({ url, rootFile }: NonNullable<AgentConfig['updates']>): Trust => {
    if (trust) return trust;
    try {
      trust = createTrust({
        folder: path.join(config.dataDir, 'trust'),
        root: readFileSync(rootFile),
        fetch: metadataOverHttp(url, options.fetch, clock),
        clock,
        quality: options.quality,
        onDamaged: options.onDamagedTrust,
      });
      return trust;
    } catch (error) {
      throw new Hindrance(`updates.rootFile: ${rootFile}: ${messageOf(error)}`);
    }
  };

  const authorization =
    token === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${config.device}:${token}`).toString('base64')}` };

  return async (wanted: DesiredModel, progress: Progress, signal: AbortSignal): Promise<void> => {
    const { updates } = config;
    if (!updates)
      throw new Hindrance('agent.yaml has no `updates`, so the agent does not know where to fetch packages');
    const { url, maxKBps } = updates;
    const bound = maxKBps === undefined ? {} : { bytesPerS: maxKBps * 1000 };
    const download = { hub: url, fetch: options.fetch, ...authorization, ...bound, clock };
    await fetchPackage(wanted, { store, trust: trustOf(updates), download }, progress, signal);
  };
}

/** @throws Hindrance, Refusal */
export async function fetchPackage(
  wanted: DesiredModel,
  { store, trust, download: options }: FetchParts,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  progress('verifying');
  await requireTrusted(wanted, trust);
  await store.requireRoom(wanted.digest, wanted.bytes);
  progress('downloading', 0);
  const report = (bytes: number) => progress('downloading', wanted.bytes > 0 ? bytes / wanted.bytes : 1);
  await download(wanted, store.partOf(wanted.digest), options, report, signal);
  progress('verifying');
  await store.install(wanted.digest);
  await requireIdentity(wanted, store);
}

/** Clause 3 of the desired document. */
async function requireTrusted(wanted: DesiredModel, trust: FetchParts['trust']): Promise<void> {
  try {
    await trust.refresh();
    const { digest, bytes } = trust.target(wanted.target);
    if (digest === wanted.digest && bytes === wanted.bytes) return;
    const named = `${digest} of ${bytes} bytes`;
    throw new TrustError(
      'target',
      `the metadata names ${named} for ${wanted.target}, the hub asks for ${wanted.digest}`,
    );
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    // Neither lasts: the network comes back, and expired metadata is signed again.
    if (error.why === 'unreachable' || error.why === 'expired') throw new Hindrance(error.message);
    throw new Refusal('trust', `${error.why}: ${error.message}`);
  }
}

async function requireIdentity(wanted: DesiredModel, store: Store): Promise<void> {
  const dir = await store.open(wanted.digest);
  if (dir === undefined)
    throw new Hindrance('the package on disk does not match its digest right after it was written');
  try {
    const { manifest } = await readPackage(dir);
    if (manifest.name === wanted.name && manifest.version === wanted.version) return;
    const says = `${manifest.name} ${manifest.version}`;
    throw new Refusal('package', `its manifest says ${says}, the hub asks for ${wanted.name} ${wanted.version}`);
  } catch (error) {
    if (error instanceof CodedError) throw new Refusal('package', error.message);
    throw error;
  }
}
