/** A device's refresh of signed metadata with many targets, from nothing to trusted on disk, beside tuf-js. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { BaseFetcher, Updater } from 'tuf-js';
import { createTrust } from '../../shared/trust/trust.ts';
import {
  chainOf,
  requireFresh,
  takeSnapshot,
  takeTargets,
  takeTimestamp,
  trustRoot,
} from '../../shared/trust/workflow.ts';
import { Forge } from '../shared/trust/forge.ts';
import { type Bench, median, range } from './bench.ts';

const TARGETS = 1000;
const RUNS = 15;

export const sign: Bench = {
  summary: `signed metadata of ${TARGETS} targets: verified in at most 100 ms`,
  async run(print) {
    const forge = new Forge();
    forge.now = Date.now();
    for (let index = 0; index < TARGETS; index++) forge.addTarget(`model-${index}/1.0.0.tar.gz`);
    forge.publish();
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    try {
      const verified: number[] = [];
      const ours: number[] = [];
      const peers: number[] = [];
      for (let run = 0; run < RUNS; run++) {
        verified.push(await timed(async () => verify(forge)));
        ours.push(await timed(() => refresh(forge, path.join(folder, `ours-${run}`))));
        peers.push(await timed(() => refreshPeer(forge, path.join(folder, `peer-${run}`))));
      }
      print(`verify four files    ${median(verified).toFixed(1)} ms (${range(verified, 1)}); at most 100 are wanted`);
      print(`refresh, with disk   ${median(ours).toFixed(1)} ms (${range(ours, 1)})`);
      print(`tuf-js refresh       ${median(peers).toFixed(1)} ms (${range(peers, 1)})`);
      print(`tuf-js / ours        ${(median(peers) / median(ours)).toFixed(1)}×`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function timed(run: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

function verify(forge: Forge): void {
  let trusted = trustRoot(forge.root);
  trusted = takeTimestamp(trusted, forge.file('timestamp.json'));
  trusted = takeSnapshot(trusted, forge.file(`${forge.versions.snapshot}.snapshot.json`));
  trusted = takeTargets(trusted, forge.file(`${forge.versions.targets}.targets.json`));
  requireFresh(chainOf(trusted), forge.now);
}

async function refresh(forge: Forge, folder: string): Promise<void> {
  const { root, fetch, now } = forge;
  await createTrust({ folder, root, fetch, clock: { wall: () => now }, quality: () => 'synced' }).refresh();
}

async function refreshPeer(forge: Forge, folder: string): Promise<void> {
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'root.json'), forge.root);
  const fetcher = new MemoryFetcher(forge);
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: 'http://hub',
    fetcher,
    config: { maxRootRotations: 0 },
  });
  await updater.refresh();
}

class MemoryFetcher extends BaseFetcher {
  readonly #forge: Forge;

  constructor(forge: Forge) {
    super();
    this.#forge = forge;
  }

  override async fetch(url: string): Promise<NodeJS.ReadableStream> {
    return Readable.from([Buffer.from(this.#forge.file(path.posix.basename(url)))]);
  }
}
