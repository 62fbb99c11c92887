/**
 * What a decoded model may be, apart from what `scan` has settled on the bytes. Deny by default: training, functions, sparse
 * tensors and foreign operators are refused although the runtime knows them.
 */
import type onnxProto from 'onnx-proto';
import { type Finding, shown, whole } from './finding.ts';
import { graphFindings } from './graphs.ts';

const LATEST_IR = 13;
const LATEST_OPSET = 100;

/** The first thing that is wrong with a model. */
export function vetModel(model: onnxProto.onnx.IModelProto): Finding | undefined {
  for (const finding of findings(model)) return finding;
  return undefined;
}

function* findings(model: onnxProto.onnx.IModelProto): Generator<Finding> {
  if ((model.trainingInfo?.length ?? 0) > 0)
    yield { path: 'trainingInfo[0]', why: 'trains; export the model for inference' };
  if ((model.functions?.length ?? 0) > 0)
    yield { path: 'functions[0]', why: 'is a function of the model; inline functions first (onnx.inliner)' };
  const ir = whole(model.irVersion);
  if (ir < 3 || ir > LATEST_IR) yield { path: 'irVersion', why: `says ${ir}; 3 to ${LATEST_IR} can be read` };
  yield* opsetFindings(model.opsetImport ?? []);
  if (model.graph) yield* graphFindings(model.graph, 'graph');
}

function* opsetFindings(imports: readonly onnxProto.onnx.IOperatorSetIdProto[]): Generator<Finding> {
  const seen = new Set<string>();
  for (const [i, { domain, version }] of imports.entries()) {
    const path = `opsetImport[${i}]`;
    const name = domain === 'ai.onnx' ? '' : (domain ?? '');
    // A domain that no node uses does nothing; nodes are vetted one by one.
    if (seen.has(name)) yield { path, why: `names the operator domain "${shown(name) || 'ai.onnx'}" twice` };
    seen.add(name);
    const found = whole(version);
    if (found < 1 || found > LATEST_OPSET) yield { path, why: `says version ${found}` };
  }
  if (imports.length === 0) yield { path: 'opsetImport', why: 'is missing: no version of the operators is stated' };
}
