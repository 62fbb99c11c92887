/**
 * Finds the nodes that cost too much accuracy. Each node with weights is quantized alone, and how far the answers move is
 * measured; then ever more of the worst stay in float until the answers agree. It decides; running models is the caller's.
 */
import type { Agreement } from './agreement.ts';
import { distanceOf } from './agreement.ts';

export interface SearchOptions {
  /** Names of the nodes with weights. */
  readonly nodes: readonly string[];
  /** Bytes that the model grows by when a node stays in float. */
  readonly growth: (node: string) => number;
  /** Bytes by which all of them together may make it grow. */
  readonly room: number;
  /** Agreement at which the search ends. */
  readonly wanted: number;
  /** Agreement of a model whose nodes of this set are in float; `quick` looks at fewer samples. */
  readonly measure: (float: ReadonlySet<string>, quick: boolean) => Promise<Agreement>;
  readonly onProgress: (what: string, done: number, total: number) => void;
}

export interface SearchResult {
  readonly float: ReadonlySet<string>;
  readonly agreement: Agreement;
}

/** How many of the worst nodes are tried in float, as a part of all. */
const MOST = 0.5;

export async function searchFloat(options: SearchOptions): Promise<SearchResult> {
  const { nodes, measure, wanted } = options;
  let best: SearchResult = { float: new Set(), agreement: await measure(new Set(), false) };
  if (best.agreement.agreement >= wanted) return best;
  const ranked = await rank(options);
  for (const count of counts(Math.floor(ranked.length * MOST))) {
    const float = new Set<string>();
    let room = options.room;
    for (const node of ranked) {
      if (float.size >= count) break;
      const growth = options.growth(node);
      if (growth > room) continue;
      float.add(node);
      room -= growth;
    }
    if (float.size <= best.float.size && float.size < count) break;
    options.onProgress(`trying ${float.size} of ${nodes.length} nodes in float`, count, ranked.length);
    const agreement = await measure(float, false);
    if (distanceOf(agreement) < distanceOf(best.agreement)) best = { float, agreement };
    if (agreement.agreement >= wanted) return { float, agreement };
  }
  return best;
}

/** The nodes by falling damage, each quantized while all others are in float. */
async function rank({ nodes, measure, onProgress }: SearchOptions): Promise<string[]> {
  const damage = new Map<string, number>();
  for (const [i, node] of nodes.entries()) {
    onProgress('measuring each node alone', i, nodes.length);
    const others = new Set(nodes.filter((n) => n !== node));
    damage.set(node, distanceOf(await measure(others, true)));
  }
  return nodes.toSorted((a, b) => (damage.get(b) ?? 0) - (damage.get(a) ?? 0));
}

/** 1, 2, 3, 4, 6, 8, 12, 16, 24, … up to the most. */
function counts(most: number): number[] {
  const found: number[] = [];
  for (let n = 1; n <= most; n = n < 4 ? n + 1 : n % 3 === 0 ? (n * 4) / 3 : (n * 3) / 2) found.push(n);
  return found;
}
