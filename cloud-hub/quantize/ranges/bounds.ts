/**
 * What lies beyond these bounds makes no difference to whoever takes the tensor: a sigmoid is 0 or 1 there, x · sigmoid(x) is 0
 * or x. A range that leaves it out has more steps for the rest.
 */
import type { Net } from '../graph/net.ts';
import { usesOf } from '../graph/uses.ts';
import type { Range } from './range.ts';

/** sigmoid(-7) = 0.0009, and 7 times that is 0.006: less than a step of 8 bits of most ranges. */
const SATURATED = 7;

/** By tensor; absent where every value counts. */
export function boundsOf(net: Net): ReadonlyMap<string, Range> {
  const uses = usesOf(net);
  const bounds = new Map<string, Range>();
  for (const tensor of net.nodes.flatMap((n) => n.outputs)) {
    const consumers = uses.consumers(tensor);
    const sigmoid = consumers.find((n) => n.op === 'Sigmoid' && n.domain === '');
    if (!sigmoid || uses.isKept(tensor)) continue;
    const others = consumers.filter((n) => n !== sigmoid);
    if (others.length === 0) bounds.set(tensor, { min: -SATURATED, max: SATURATED });
    const gated = others.every((n) => n.op === 'Mul' && n.inputs.includes(sigmoid.outputs[0] ?? ''));
    if (others.length > 0 && gated) bounds.set(tensor, { min: -SATURATED, max: Number.POSITIVE_INFINITY });
  }
  return bounds;
}
