/** Payloads of Sparkplug B (version 3.0 of the specification, chapter 6), as far as the hub uses them. */
import protobuf from 'protobufjs';
import { z } from 'zod';

/** Of the message `Payload` of the specification: the fields that are sent here, with their numbers. */
const PROTO = `
syntax = "proto2";
message Payload {
  message Metric {
    optional string name = 1;
    optional uint64 alias = 2;
    optional uint64 timestamp = 3;
    optional uint32 datatype = 4;
    oneof value {
      uint64 long_value = 11;
      double double_value = 13;
      bool boolean_value = 14;
      string string_value = 15;
    }
  }
  optional uint64 timestamp = 1;
  repeated Metric metrics = 2;
  optional uint64 seq = 3;
}`;
const Payload = protobuf.parse(PROTO, { keepCase: true }).root.lookupType('Payload');

/** Numbers of the data types (specification, 6.4.16). */
const kinds = {
  Int64: { type: 4, field: 'long_value' },
  Double: { type: 10, field: 'double_value' },
  Boolean: { type: 11, field: 'boolean_value' },
  String: { type: 12, field: 'string_value' },
} as const;
export type Kind = keyof typeof kinds;

export interface Metric {
  readonly name: string;
  readonly kind: Kind;
  readonly value: string | number | boolean;
}

export interface SentMetric extends Omit<Metric, 'name'> {
  /** Absent where the alias alone says which it is. */
  readonly name?: string;
  readonly alias?: number;
}

/** @param at milliseconds since 1970 @param seq absent in the death of a node */
export function encodePayload(at: number, metrics: readonly SentMetric[], seq?: number): Buffer {
  const sent = metrics.map(({ name, alias, kind, value }) => ({
    ...(name === undefined ? {} : { name }),
    ...(alias === undefined ? {} : { alias }),
    timestamp: at,
    datatype: kinds[kind].type,
    [kinds[kind].field]: value,
  }));
  const message = { timestamp: at, metrics: sent, ...(seq === undefined ? {} : { seq }) };
  return Buffer.from(Payload.encode(Payload.fromObject(message)).finish());
}

const command = z.looseObject({
  metrics: z.array(z.looseObject({ name: z.string().optional(), boolean_value: z.boolean().optional() })).default([]),
});

/** Does a command (NCMD) ask for a rebirth? False for what is no payload. */
export function asksRebirth(payload: Buffer): boolean {
  try {
    const { metrics } = command.parse(Payload.toObject(Payload.decode(payload)));
    return metrics.some(({ name, boolean_value: value }) => name === REBIRTH && value === true);
  } catch {
    return false;
  }
}

export const REBIRTH = 'Node Control/Rebirth';
