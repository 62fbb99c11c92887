/** Entry of the process that looks into one archive (inspect.ts). It prints nothing: what it reads is a stranger's. */
import path from 'node:path';
import { extractPackage, packPackage } from '../../shared/engine/package/archive.ts';
import { loadVariant, readPackage } from '../../shared/engine/package/package.ts';
import { answerOnce } from '../../shared/kit/answer-once.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { goFirst } from '../../shared/kit/go-first.ts';
import { initPackage } from '../model-init/init.ts';
import { type Bare, type Inspected, type InspectOrder, madeArchive } from './inspect.ts';

async function inspect(order: InspectOrder): Promise<Inspected> {
  const { archive, scratch, bare } = order;
  const folder = path.join(scratch, 'package');
  try {
    if (bare) return await made(order, bare, folder);
    await extractPackage(archive, folder);
    const pack = await readPackage(folder);
    for (const variant of pack.manifest.variants) await loadVariant(pack, variant);
    return { manifest: pack.manifest };
  } catch (error) {
    // A bare model is run once, and may fail then.
    if (error instanceof CodedError && (bare || error.code === 'model-invalid')) return { refused: error.message };
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return { full: true };
    throw error;
  }
}

/** A package out of a bare ONNX file; without a clip, so what only a trial shows stays a guess. */
async function made(order: InspectOrder, bare: Bare, folder: string): Promise<Inspected> {
  const { reasons } = await initPackage({
    file: order.archive,
    out: folder,
    overrides: bare,
    threads: 1,
    clock: systemClock,
  });
  const { manifest } = await readPackage(folder);
  await packPackage(folder, madeArchive(order));
  return { manifest, guesses: [...reasons] };
}

goFirst();
answerOnce<InspectOrder, Inspected>(inspect, { fault: (fault) => ({ fault }), nice: true });
