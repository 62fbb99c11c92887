/** What happens to a float model before it is quantized; its answers stay the same. */
import { evaluate } from './evaluate.ts';
import { decodeNet, type Net } from './graph/net.ts';
import { foldConstants } from './passes/fold.ts';
import { fuseAffine } from './passes/fuse-affine.ts';
import { simplify } from './passes/simplify.ts';
import { upgradeOpset } from './passes/upgrade-opset.ts';

/** @throws CodedError `model-invalid` where the model's operators are too old and cannot be raised */
export async function prepare(bytes: Uint8Array): Promise<Net> {
  const plain = upgradeOpset(simplify(decodeNet(bytes)));
  return fuseAffine(await foldConstants(plain, evaluate));
}
