/**
 * From a name in the desired document to a package in the store: asked of the signed metadata, downloaded, checked, taken apart.
 * The document names a package; only the metadata says that it may be trusted.
 */

import type { DesiredModel } from '../../shared/contract/messages/desired.ts';
import type { CandidateReport } from '../../shared/contract/messages/model-report.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { TrustError } from '../../shared/trust/error.ts';
import type { Trust } from '../../shared/trust/trust.ts';
import { type DownloadOptions, download } from './download.ts';
import { Hindrance, Refusal } from './outcome.ts';
import type { Store } from './store.ts';

export type Progress = (phase: CandidateReport['phase'], progress?: number) => void;

export interface FetchParts {
  readonly store: Store;
  readonly trust: Pick<Trust, 'refresh' | 'target'>;
  readonly download: DownloadOptions;
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
    // Both pass: the network comes back, and metadata that has expired is signed again.
    if (error.why === 'unreachable' || error.why === 'expired') throw new Hindrance(error.message);
    throw new Refusal('trust', `${error.why}: ${error.message}`);
  }
}

async function requireIdentity(wanted: DesiredModel, store: Store): Promise<void> {
  const dir = await store.open(wanted.digest);
  if (dir === undefined) throw new Hindrance('the package was spoiled on disk right after it was written');
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
