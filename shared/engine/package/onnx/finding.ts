/** What is wrong with a decoded model, and where. */
export interface Finding {
  /** `graph.node[3].attribute[0].t` */
  readonly path: string;
  readonly why: string;
}

/** Whole numbers of protobuf, which may be objects of 64 bits. */
export type Whole = number | { toString(): string } | null | undefined;

/** Exact up to 2^53; what lies beyond is out of every bound anyhow. */
export function whole(value: Whole): number {
  return Number(value?.toString() ?? 0);
}

/** A name for a message: printable, and not endless. */
export function shown(name: string | null | undefined): string {
  const text = (name ?? '').replaceAll(/[^\x20-\x7e]/g, '?');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
