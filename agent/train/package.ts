/** Writes a fitted model as a model package. It appears in one step: a rename. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { modelManifest, type WindowInput } from '../../shared/contract/model-manifest.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import type { FittedModel } from './anomaly.ts';
import type { Forecaster } from './forecast.ts';
import { forecastGraph, onnxOf } from './graph.ts';

export interface PackageOptions {
  /** The folder to make; it must not be there yet. */
  readonly dir: string;
  readonly name: string;
  readonly license: string;
}

/** @throws CodedError `config-invalid` when the folder exists already or cannot be made */
export function writeAnomalyPackage(model: FittedModel, options: PackageOptions): void {
  const { threshold, median, mad } = model;
  const head = { kind: 'autoencoder', threshold, adapt: { median, mad } };
  write(options, model.input, head, { [GRAPH]: onnxOf(model.reconstruction) });
}

/**
 * @param report a picture of the training data, for people
 * @throws CodedError `config-invalid` when the folder exists already or cannot be made
 */
export function writeForecastPackage(model: Forecaster, options: PackageOptions, report?: string): void {
  const head = { kind: 'forecast', threshold: model.threshold, judges: model.judges, learned: LEARNED };
  write(options, model.input, head, {
    [GRAPH]: forecastGraph(model),
    [LEARNED]: JSON.stringify(model.learned),
    ...(report === undefined ? {} : { 'report.svg': report }),
  });
}

const GRAPH = 'fp32.onnx';
const LEARNED = 'learned.json';

function write(
  { dir, name, license }: PackageOptions,
  input: WindowInput,
  head: object & { readonly kind: string },
  files: Readonly<Record<string, string | Uint8Array>>,
): void {
  const manifest = {
    name,
    version: '1.0.0',
    task: 'anomaly' as const,
    license,
    input,
    head,
    labels: ['anomaly'],
    variants: [{ file: GRAPH, precision: 'fp32' as const }],
  };
  // What we write must be what we would accept.
  modelManifest.parse(manifest);
  if (existsSync(dir)) throw new CodedError('config-invalid', `${dir} exists already; choose another folder`);
  let draft: string | undefined;
  try {
    mkdirSync(path.dirname(dir), { recursive: true });
    draft = mkdtempSync(`${dir}.`);
    for (const [file, content] of Object.entries(files)) writeFileSync(path.join(draft, file), content);
    const head = '# Written by `vedette-agent train anomaly`.';
    writeFileSync(path.join(draft, 'model.yaml'), `${head}\n${stringify(manifest)}`);
    renameSync(draft, dir);
  } catch (error) {
    if (draft !== undefined) rmSync(draft, { recursive: true, force: true });
    throw new CodedError('config-invalid', `cannot write the package ${dir}: ${messageOf(error)}`);
  }
}
