/** Attributes of nodes: reading with a default, and making. */
import type { Attribute, NetNode } from './net.ts';

const INT = 2;
const INTS = 7;
const STRING = 3;

export function attributeOf(node: NetNode, name: string): Attribute | undefined {
  return node.attributes.find((a) => a.name === name);
}

export function intOf(node: NetNode, name: string, fallback: number): number {
  const found = attributeOf(node, name);
  return found ? Number(found.i ?? 0) : fallback;
}

export function intsOf(node: NetNode, name: string): number[] | undefined {
  return attributeOf(node, name)?.ints?.map(Number);
}

export function floatOf(node: NetNode, name: string, fallback: number): number {
  const found = attributeOf(node, name);
  return found ? (found.f ?? 0) : fallback;
}

export function textOf(node: NetNode, name: string): string | undefined {
  const found = attributeOf(node, name)?.s;
  return found ? new TextDecoder().decode(found) : undefined;
}

export const int = (name: string, i: number): Attribute => ({ name, type: INT, i });
export const ints = (name: string, values: readonly number[]): Attribute => ({ name, type: INTS, ints: [...values] });
export const text = (name: string, value: string): Attribute => ({
  name,
  type: STRING,
  s: new TextEncoder().encode(value),
});

/** The attributes of a node without some of them. */
export function without(node: NetNode, ...names: readonly string[]): Attribute[] {
  return node.attributes.filter((a) => !names.includes(a.name ?? ''));
}
