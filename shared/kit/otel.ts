/** OpenTelemetry: sends spans to a collector by OTLP over HTTP. Loaded only where traces are wanted. */
import { ROOT_CONTEXT, type Span, type SpanContext, SpanStatusCode, trace } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { Clock } from './clock.ts';
import { inTime } from './deadline.ts';
import type { Logger } from './log.ts';
import { nowAndThen } from './now-and-then.ts';
import type { Attributes, OpenSpan, Tracing } from './tracing.ts';

export interface OtelOptions {
  /** Of OTLP over HTTP: http://collector:4318/v1/traces. */
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The part of traces that are sampled, 0 to 1. */
  readonly sample: number;
  /** Who sends: `service.name`, `service.version`, `service.instance.id`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Logger;
}

const COMPLAIN_MS = 60_000;
const STOP_MS = 1_000;

export function createTracing({ endpoint, headers, sample, resource, clock, log }: OtelOptions): Tracing {
  let last: unknown;
  const complain = nowAndThen(clock, COMPLAIN_MS, (times) =>
    log.warn({ endpoint, times, err: last }, 'traces could not be sent; they are lost, and nothing else'),
  );
  setGlobalErrorHandler((error) => {
    last = error;
    complain(1);
  });
  const ids = new RandomIdGenerator();
  let next: SpanContext | undefined;
  const sampler = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sample) });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ ...resource }),
    // A trace whose ids are given is wanted.
    sampler: {
      shouldSample: (...about) =>
        next ? { decision: SamplingDecision.RECORD_AND_SAMPLED } : sampler.shouldSample(...about),
      toString: () => sampler.toString(),
    },
    idGenerator: {
      generateTraceId: () => next?.traceId ?? ids.generateTraceId(),
      generateSpanId: () => next?.spanId ?? ids.generateSpanId(),
    },
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: endpoint, ...(headers ? { headers } : {}) }))],
  });
  const tracer = provider.getTracer('vedette');

  const openSpan = (span: Span): OpenSpan => {
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`,
      end(endMs, failure) {
        if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
        span.end(timeOf(endMs));
      },
    };
  };
  const contextOf = (traceparent: string): SpanContext => {
    const [, traceId = '', spanId = '', flags = '01'] = traceparent.split('-');
    return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  };

  return {
    root(name, startMs, attributes) {
      const span = tracer.startSpan(name, spanOptions(startMs, attributes), ROOT_CONTEXT);
      return span.isRecording() ? openSpan(span) : undefined;
    },
    rootOf(traceparent, name, startMs, attributes) {
      next = contextOf(traceparent);
      try {
        return openSpan(tracer.startSpan(name, spanOptions(startMs, attributes), ROOT_CONTEXT));
      } finally {
        next = undefined;
      }
    },
    span(parent, name, startMs, attributes) {
      const context = trace.setSpanContext(ROOT_CONTEXT, contextOf(parent));
      return openSpan(tracer.startSpan(name, spanOptions(startMs, attributes), context));
    },
    async stop() {
      await inTime(
        clock,
        STOP_MS,
        provider.shutdown().catch(() => undefined),
        () => undefined,
      );
    },
  };
}

function spanOptions(startMs: number, attributes: Attributes) {
  return { startTime: timeOf(startMs), attributes: { ...attributes } };
}

/** Seconds and nanoseconds: a small number would be taken for a time since the start of the process. */
function timeOf(ms: number): [number, number] {
  const micros = Math.max(0, Math.round(ms * 1000));
  return [Math.trunc(micros / 1e6), (micros % 1e6) * 1000];
}
