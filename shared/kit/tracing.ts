/**
 * Traces without the library that sends them (otel.ts, loaded only where they are wanted): what parts of a program need of them.
 *
 * A context is the text of W3C Trace Context (`traceparent`): `00-TRACE-SPAN-FLAGS`. It travels with records (`trace`).
 */
import { createHash } from 'node:crypto';

/** Of W3C Trace Context, level 1; flag 01: sampled. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/;

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A span that goes on. */
export interface OpenSpan {
  readonly traceparent: string;
  /** @param endMs wall clock; @param failure why it did not get to its end */
  end(endMs: number, failure?: string): void;
}

/** Times are of the wall clock, milliseconds since 1970. */
export interface Tracing {
  /** Begins a trace; undefined: this one is not sampled. */
  root(name: string, startMs: number, attributes: Attributes): OpenSpan | undefined;
  /** The first span of a trace whose ids both sides know. */
  rootOf(traceparent: string, name: string, startMs: number, attributes: Attributes): OpenSpan;
  span(parent: string, name: string, startMs: number, attributes: Attributes): OpenSpan;
  /** Sends what is left, for a second at most. */
  stop(): Promise<void>;
}

/** A context that somebody else wrote; undefined where it is none, or not sampled. */
export function traceparentOf(value: unknown): string | undefined {
  return typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined;
}

/** The id of a trace, as it stands in logs. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** The trace of what a device makes of a document: both sides know it without telling each other. */
export function traceOfDocument(device: string, revision: string): string {
  const digest = createHash('sha256').update(`${device} ${revision}`).digest('hex');
  return `00-${digest.slice(0, 32)}-${digest.slice(32, 48)}-01`;
}
