/** Writes a fitted model as a model package. It appears in one step: a rename. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { modelManifest } from '../../shared/contract/model-manifest.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import type { FittedModel } from './anomaly.ts';
import { onnxOf } from './graph.ts';

export interface PackageOptions {
  /** The folder to make; it must not be there yet. */
  readonly dir: string;
  readonly name: string;
  readonly license: string;
}

/** @throws CodedError `config-invalid` when the folder is there already or cannot be made */
export function writeAnomalyPackage(model: FittedModel, { dir, name, license }: PackageOptions): void {
  const manifest = {
    name,
    version: '1.0.0',
    task: 'anomaly' as const,
    license,
    input: model.input,
    head: {
      kind: 'autoencoder',
      threshold: model.threshold,
      adapt: { median: model.median, mad: model.mad },
    },
    labels: ['anomaly'],
    variants: [{ file: 'fp32.onnx', precision: 'fp32' as const }],
  };
  // What we write must be what we would accept.
  modelManifest.parse(manifest);
  if (existsSync(dir)) throw new CodedError('config-invalid', `${dir} is there already; choose another folder`);
  let draft: string | undefined;
  try {
    mkdirSync(path.dirname(dir), { recursive: true });
    draft = mkdtempSync(`${dir}.`);
    writeFileSync(path.join(draft, 'fp32.onnx'), onnxOf(model.reconstruction));
    writeFileSync(
      path.join(draft, 'model.yaml'),
      `# Written by \`vedette-agent train anomaly\`.\n${stringify(manifest)}`,
    );
    renameSync(draft, dir);
  } catch (error) {
    if (draft !== undefined) rmSync(draft, { recursive: true, force: true });
    throw new CodedError('config-invalid', `cannot write the package ${dir}: ${messageOf(error)}`);
  }
}
