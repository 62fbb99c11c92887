/** A collector: takes traces by OTLP over HTTP (protobuf), and decodes them by the published schema (`otlp.proto`). */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

const number = z.union([z.string(), z.number()]).transform(Number);
const value = z
  .object({ stringValue: z.string(), boolValue: z.boolean(), intValue: number, doubleValue: z.number() })
  .partial()
  .transform((one) => Object.values(one)[0]);
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .default([])
  .transform((all) => Object.fromEntries(all.map((one) => [one.key, one.value])));
const hex = z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes).toString('hex'));
const span = z.object({
  traceId: hex,
  spanId: hex,
  parentSpanId: hex.optional(),
  name: z.string(),
  startTimeUnixNano: z.string().transform(BigInt),
  endTimeUnixNano: z.string().transform(BigInt),
  attributes,
  status: z.object({ code: z.string().optional(), message: z.string().optional() }).optional(),
});
const request = z.object({
  resourceSpans: z.array(
    z.object({ resource: z.object({ attributes }), scopeSpans: z.array(z.object({ spans: z.array(span) })) }),
  ),
});

export type SentSpan = z.infer<typeof span> & { readonly resource: Readonly<Record<string, unknown>> };

export interface OtlpSink {
  readonly endpoint: string;
  readonly spans: SentSpan[];
  readonly headers: Record<string, unknown>[];
}

const schema = protobuf.parse(readFileSync(path.resolve(import.meta.dirname, 'otlp.proto'), 'utf8')).root;
const exportRequest = schema.lookupType('ExportTraceServiceRequest');

export async function otlpSink(): Promise<OtlpSink> {
  const spans: SentSpan[] = [];
  const headers: Record<string, unknown>[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const bytes = req.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const isRight =
      req.method === 'POST' && req.url === '/v1/traces' && req.headers['content-type'] === 'application/x-protobuf';
    if (!isRight) return res.writeHead(400).end();
    headers.push({ ...req.headers });
    const decoded = exportRequest.toObject(exportRequest.decode(bytes), { longs: String, enums: String });
    for (const { resource, scopeSpans } of request.parse(decoded).resourceSpans)
      for (const scope of scopeSpans)
        spans.push(...scope.spans.map((one) => ({ ...one, resource: resource.attributes })));
    res.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}/v1/traces`, spans, headers };
}
