/** What the reconciler works with: the hub for bytes, processes of their own for whatever runs a model. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { metadataOverHttp } from '../../shared/trust/http.ts';
import type { TimeSources } from '../../shared/trust/time.ts';
import { createTrust, type Trust } from '../../shared/trust/trust.ts';
import type { AgentConfig } from '../config.ts';
import type { Tools } from '../reconcile/executors.ts';
import { fetchPackage } from './fetch.ts';
import { Hindrance } from './outcome.ts';
import { prove } from './proof.ts';
import { runBeside } from './shadow.ts';
import type { Store } from './store.ts';

export interface ToolsOptions {
  readonly config: AgentConfig;
  /** The device's token for the hub. */
  readonly token: string | undefined;
  readonly store: Store;
  /** Built `agent/models/proof-child.js` and `agent/models/shadow-child.js`. */
  readonly entries: { readonly proof: URL; readonly shadow: URL };
  readonly quality: () => TimeSources['quality'];
  readonly onDamagedTrust: (reason: string) => void;
  readonly clock: Clock;
}

/** Opening, measuring and golden samples of a large model on a small box. */
const PROOF_MS = 300_000;

export function createTools(options: ToolsOptions): Tools {
  const { config, token, store, entries, clock } = options;
  const { threads, provider } = config.runners;
  const runtime = { threads, provider };
  const workDir = (name: string) => path.join(config.dataDir, 'runners', name);
  let trust: Trust | undefined;

  /** The root may be put in place while the agent runs. */
  const trustOf = ({ url, rootFile }: NonNullable<AgentConfig['updates']>): Trust => {
    if (trust) return trust;
    try {
      trust = createTrust({
        folder: path.join(config.dataDir, 'trust'),
        root: readFileSync(rootFile),
        fetch: metadataOverHttp(url, clock),
        clock,
        quality: options.quality,
        onDamaged: options.onDamagedTrust,
      });
      return trust;
    } catch (error) {
      throw new Hindrance(`updates.rootFile: ${rootFile}: ${messageOf(error)}`);
    }
  };

  return {
    async fetch(wanted, progress, signal) {
      const { updates, device } = config;
      if (!updates) throw new Hindrance('agent.yaml has no `updates`: it does not say where packages come from');
      const { url, maxKBps } = updates;
      const download = {
        hub: url,
        authorization: `Basic ${Buffer.from(`${device}:${token ?? ''}`).toString('base64')}`,
        ...(maxKBps === undefined ? {} : { bytesPerS: maxKBps * 1000 }),
        clock,
      };
      await fetchPackage(wanted, { store, trust: trustOf(updates), download }, progress, signal);
    },
    prove: ({ modelDir, variant }, signal) =>
      prove(
        { modelDir, variant, runtime },
        { entry: entries.proof, workDir: workDir('proof'), patienceMs: PROOF_MS, clock, signal },
      ),
    shadow: (sides, streams, wanted, onProgress, signal) =>
      runBeside(
        { ...sides, runtime, streams, policy: wanted.proof },
        { entry: entries.shadow, workDir: workDir('shadow'), clock, signal },
        onProgress,
      ),
  };
}
