/**
 * The shape of a JSON object: all but its single values. Records of a stream nearly all have one shape, so that it is kept once, and the
 * values go to columns.
 *
 * As text it is JSON with NUL, which JSON never has, in the place of each single value (a "leaf"); empty objects and lists are part of the shape.
 */
import { ChunkError } from './bytes.ts';
import { type Leaf, textOf } from './column.ts';

interface Inner {
  /** Of an object; undefined: it is a list. */
  readonly keys: readonly string[] | undefined;
  readonly nodes: readonly Node[];
}
type Node = Inner | 'leaf';

export interface Shape {
  readonly root: Node;
  readonly text: string;
  readonly leaves: number;
}

const LEAF = '\0';
/** Of a chunk that somebody else wrote: deeper than any record may be (RECORD_SHAPE). */
const MAX_DEPTH = 100;

function isLeaf(value: unknown): value is Leaf | undefined {
  return value === null || typeof value !== 'object';
}

/** Adds the leaves of a value, if it has this shape; else it may have added some. */
export function takeLeaves(node: Node, value: unknown, leaves: Leaf[]): boolean {
  if (node === 'leaf') {
    if (!isLeaf(value) || value === undefined) return false;
    leaves.push(value);
    return true;
  }
  if (isLeaf(value)) return false;
  const { keys, nodes } = node;
  if (Array.isArray(value)) {
    if (keys !== undefined || value.length !== nodes.length) return false;
    for (let at = 0; at < nodes.length; at++) if (!takeLeaves(nodes[at] ?? 'leaf', value[at], leaves)) return false;
    return true;
  }
  if (keys === undefined) return false;
  // Object.entries would cost as much as all the rest.
  const object = value as Readonly<Record<string, unknown>>;
  let at = 0;
  for (const key in object) {
    const inner = object[key];
    if (inner === undefined) continue;
    if (key !== keys[at] || !takeLeaves(nodes[at] ?? 'leaf', inner, leaves)) return false;
    at++;
  }
  return at === keys.length;
}

/** As JSON.stringify sees them. */
function entriesOf(value: object): [string, unknown][] {
  const entries = Object.entries(value);
  return entries.some(([, inner]) => inner === undefined)
    ? entries.filter(([, inner]) => inner !== undefined)
    : entries;
}

export function shapeOf(value: unknown): Shape {
  let leaves = 0;
  const made = (of: unknown): { node: Node; text: string } => {
    if (isLeaf(of)) {
      leaves++;
      return { node: 'leaf', text: LEAF };
    }
    if (Array.isArray(of)) {
      const inner = of.map(made);
      return {
        node: { keys: undefined, nodes: inner.map(({ node }) => node) },
        text: `[${inner.map(({ text }) => text).join(',')}]`,
      };
    }
    const entries = entriesOf(of).map(([key, one]) => ({ key, ...made(one) }));
    return {
      node: { keys: entries.map(({ key }) => key), nodes: entries.map(({ node }) => node) },
      text: `{${entries.map(({ key, text }) => `${JSON.stringify(key)}:${text}`).join(',')}}`,
    };
  };
  const { node, text } = made(value);
  return { root: node, text, leaves };
}

/** A shape that was read: the text between its leaves. */
export interface ReadShape {
  readonly pieces: readonly string[];
  /** Which leaf a key of the object is; undefined: it has none of this name that is a leaf. */
  leafOf(key: string): number | undefined;
}

/** @throws ChunkError when it is not the text of a shape of an object */
export function readShape(text: string): ReadShape {
  const pieces = text.split(LEAF);
  let index = 0;
  let depth = 0;
  for (const char of text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '')) {
    if (char === '{' || char === '[') depth++;
    if (char === '}' || char === ']') depth--;
    if (depth > MAX_DEPTH) throw new ChunkError('a shape is too deep');
  }
  let numbered: unknown;
  try {
    numbered = JSON.parse(text.replaceAll(LEAF, () => String(index++)));
  } catch {
    throw new ChunkError('a shape is not JSON');
  }
  if (typeof numbered !== 'object' || numbered === null || Array.isArray(numbered))
    throw new ChunkError('a shape is not that of an object');
  const places = new Map<string, unknown>(Object.entries(numbered));
  return {
    pieces,
    leafOf(key) {
      const place = places.get(key);
      return typeof place === 'number' ? place : undefined;
    },
  };
}

/** @param leaves as many as the shape has */
export function jsonOf({ pieces }: ReadShape, leaves: readonly Leaf[]): string {
  let text = pieces[0] ?? '';
  leaves.forEach((leaf, at) => {
    text += textOf(leaf) + (pieces[at + 1] ?? '');
  });
  return text;
}
