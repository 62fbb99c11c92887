/** Who makes a tensor, who uses it. */
import { type Net, type NetNode, subgraphNames } from './net.ts';

export interface Uses {
  producer(tensor: string): NetNode | undefined;
  consumers(tensor: string): readonly NetNode[];
  /** It leaves the graph, or a graph inside a node may take it. */
  isKept(tensor: string): boolean;
}

export function usesOf(net: Net): Uses {
  const producers = new Map(net.nodes.flatMap((n) => n.outputs.map((o) => [o, n] as const)));
  const consumers = new Map<string, NetNode[]>();
  for (const node of net.nodes) {
    for (const input of new Set(node.inputs)) {
      const list = consumers.get(input);
      if (list) list.push(node);
      else consumers.set(input, [node]);
    }
  }
  const kept = subgraphNames(net);
  for (const { name } of net.outputs) kept.add(name);
  return {
    producer: (tensor) => producers.get(tensor),
    consumers: (tensor) => consumers.get(tensor) ?? [],
    isKept: (tensor) => kept.has(tensor),
  };
}
