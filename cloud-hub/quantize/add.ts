/**
 * Puts a quantized variant into its package. The whole package is put together beside its place and its golden samples are run
 * before anything changes. In place, the new file comes first and `model.yaml` last, each by a rename: whoever looks in
 * between, and whoever comes after a crash, sees the old package.
 */
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { openEngine } from '../../shared/engine/engine.ts';
import { runGolden } from '../../shared/engine/golden/golden.ts';
import { packageFiles } from '../../shared/engine/package/files.ts';
import { type ModelPackage, readPackage } from '../../shared/engine/package/package.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';

export interface AddOptions {
  readonly pack: ModelPackage;
  readonly bytes: Uint8Array;
  /** A folder that is not there yet; without, the package itself is changed. */
  readonly out?: string;
  /** Replace an int8 variant that is there. */
  readonly force: boolean;
  readonly clock: Clock;
}

const FILE = 'int8.onnx';
const PRECISION = 'int8';

/**
 * What stands in the way of adding, known before the work is done.
 * @throws CodedError `config-invalid`
 */
export async function requireRoom({ pack, out, force }: Omit<AddOptions, 'bytes' | 'clock'>): Promise<void> {
  if (out !== undefined && (await exists(out)))
    throw new CodedError('config-invalid', `${out} is there already; choose another folder`);
  if (force) return;
  const there = pack.manifest.variants.some((v) => v.precision === PRECISION);
  if (there || (await exists(path.join(pack.dir, FILE))))
    throw new CodedError('config-invalid', `${pack.dir} has an int8 variant already; replace it with --force`);
}

/**
 * @returns the folder of the package that has the variant
 * @throws CodedError `model-invalid` when golden samples do not agree
 */
export async function addVariant({ pack, bytes, out, clock }: AddOptions): Promise<string> {
  const target = path.resolve(out ?? pack.dir);
  await mkdir(path.dirname(target), { recursive: true });
  const draft = await mkdtemp(`${target}.`);
  try {
    for (const file of await packageFiles(pack.dir, pack.manifest))
      await cp(path.join(pack.dir, file), path.join(draft, file), { recursive: true });
    const old = pack.manifest.variants.find((v) => v.precision === PRECISION)?.file;
    const file = old ?? FILE;
    await writeFile(path.join(draft, file), bytes);
    if (old === undefined) await nameVariant(path.join(draft, 'model.yaml'));
    await requireGolden(draft, clock);
    if (out !== undefined) {
      await rename(draft, target);
      return target;
    }
    for (const name of [file, 'model.yaml']) await rename(path.join(draft, name), path.join(target, name));
    return target;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Adds the variant to `model.yaml`, whose comments and order stay. */
async function nameVariant(file: string): Promise<void> {
  const document = parseDocument(await readFile(file, 'utf8'));
  document.addIn(['variants'], document.createNode({ file: FILE, precision: PRECISION }, { flow: true }));
  await writeFile(file, document.toString({ lineWidth: 120 }));
}

async function requireGolden(dir: string, clock: Clock): Promise<void> {
  const pack = await readPackage(dir);
  const engine = await openEngine({ dir, variant: PRECISION, threads: 1 }, clock);
  try {
    const wrong = (await runGolden(pack, engine, PRECISION)).filter((v) => v.differences.length > 0);
    if (wrong.length === 0) return;
    const differences = wrong.flatMap((v) => v.differences.map((d) => `${v.input}: ${d}`)).join('; ');
    throw new CodedError('model-invalid', `golden samples do not agree with the quantized variant: ${differences}`);
  } finally {
    await engine.close();
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
