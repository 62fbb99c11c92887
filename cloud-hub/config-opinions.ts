/** Settings of second opinions. */
import { z } from 'zod';

/** A model as settings name it. */
export const MODEL_NAMED = /^[a-z0-9_-]{1,64}(:[a-z0-9_-]{1,64}|@[0-9A-Za-z.+-]{1,64})$/;
/** Models that one hub runs at a time: each is a process. */
export const MOST_MODELS = 8;

const STREAM = /^stream:([a-z0-9_-]{1,64}|\*)\/([a-z0-9_-]{1,64}|\*)$/;
const LABEL = /^label:([^=,+]{1,128})$/;
const ASKS = /^asks:(event|frame)$/;

export interface ModelRule {
  /** NAME:ALIAS or NAME@VERSION. */
  readonly model: string;
  /** `*` for all. */
  readonly device?: string;
  readonly stream?: string;
  /** Of the event; of a frame: of one of its objects. */
  readonly label?: string;
  /** What is asked: whether an event is right, or what is in a frame. */
  readonly asks?: 'event' | 'frame';
}

/** @returns undefined: it is no rule */
export function readRule(text: string): ModelRule | undefined {
  // The name of a model has no "=".
  const end = text.lastIndexOf('=');
  const model = text.slice(end + 1);
  if (end < 1 || !MODEL_NAMED.test(model)) return undefined;
  let rule: ModelRule = { model };
  for (const part of text.slice(0, end).split('+')) {
    const [stream, label, asks] = [STREAM.exec(part), LABEL.exec(part), ASKS.exec(part)];
    if (stream?.[1] && stream[2]) rule = { ...rule, device: stream[1], stream: stream[2] };
    else if (label?.[1]) rule = { ...rule, label: label[1] };
    else if (asks) rule = { ...rule, asks: asks[1] === 'event' ? 'event' : 'frame' };
    else return undefined;
  }
  return rule;
}

const file = z.string().min(1);

/** Of the Open Inference Protocol. */
const MODEL_ADDRESS = /^(https?|grpcs?):\/\/[^@?#\s]+\/v2\/models\/[\w.~-]+(\/versions\/[\w.~-]+)?$/;

export const opinionSettings = {
  secondOpinion: z
    .string()
    .regex(MODEL_NAMED, 'must be NAME:ALIAS or NAME@VERSION of a model of the registry')
    .optional()
    .describe('model of the registry that gives second opinions on samples of devices'),
  secondOpinionModels: z
    .string()
    .max(16_384)
    .transform((text) => text.split(',').flatMap((rule) => (rule.trim() === '' ? [] : [rule.trim()])))
    .refine((rules) => rules.length <= 200 && rules.every((rule) => readRule(rule) !== undefined), {
      error:
        'must be at most 200 rules WHAT=MODEL with commas between; WHAT is stream:DEVICE/STREAM (* for all), label:LABEL or ' +
        'asks:event or asks:frame, several with + between: stream:gate-1/*=plates:hub,label:person+asks:event=people@1.0.0',
    })
    .refine((rules) => new Set(rules.flatMap((rule) => readRule(rule)?.model ?? [])).size < MOST_MODELS, {
      error: `names more than ${MOST_MODELS - 1} models beside the first`,
    })
    .default([])
    .describe('which other model gives second opinions, by stream, label or what is asked: the first rule that fits'),
  secondOpinionBatch: z.coerce
    .number({ error: 'must be a number of pictures' })
    .int()
    .min(1)
    .max(64)
    .default(8)
    .describe('most pictures that a model of second opinions looks at together, where it gains by it; 1: each alone'),
  secondOpinionWaitMs: z.coerce
    .number({ error: 'must be a number of milliseconds' })
    .min(0)
    .max(5000)
    .default(20)
    .describe('most time that a sample waits for others, to be looked at with them, in milliseconds'),
  secondOpinionMb: z.coerce
    .number({ error: 'must be a number of megabytes' })
    .int()
    .min(256)
    .max(1_000_000)
    .default(2048)
    .describe('memory that the process of a model of second opinions may take, in megabytes'),
  secondOpinionCacheMb: z.coerce
    .number({ error: 'must be a number of megabytes; 0: keep none' })
    .min(0)
    .max(10_000)
    .default(16)
    .describe('memory for answers on pictures that were looked at before, in megabytes; 0: none'),
  secondOpinionUrl: z
    .string()
    .max(2048)
    .refine((url) => MODEL_ADDRESS.test(url) && URL.canParse(url), {
      error:
        'must be the address of a model at a serving engine: http://HOST:8000/v2/models/NAME or …/v2/models/NAME/versions/VERSION (https, grpc or grpcs too), ' +
        'without user, password, "?" and "#"',
    })
    .optional()
    .describe('serving engine that runs the model of second opinions (Open Inference Protocol 2)'),
  secondOpinionTokenFile: file.optional().describe('file with the bearer token for that engine'),
  secondOpinionCaFile: file
    .optional()
    .describe('PEM file of the authority that signed the certificate of that engine, for grpcs'),
  secondOpinionLabels: z
    .string()
    .max(16_384)
    .transform((text) => text.split(',').flatMap((pair) => (pair.trim() === '' ? [] : [pair.trim()])))
    .refine((pairs) => pairs.length <= 500 && pairs.every((pair) => /^[^=,]{1,128}=[^=,]{1,128}$/.test(pair)), {
      error: 'must be at most 500 pairs MODEL=EDGE, with commas between: car=vehicle,truck=vehicle',
    })
    .default([])
    .describe('which label of the model of second opinions means which of the edge: MODEL=EDGE'),
  samplesMb: z.coerce
    .number({ error: 'must be a number of megabytes; 0: keep none' })
    .min(0)
    .max(1_000_000)
    .default(1000)
    .describe('megabytes of pictures of samples that are kept for the dataset; 0: none'),
  samplesDays: z.coerce
    .number({ error: 'must be a number of days' })
    .positive()
    .max(3650)
    .default(90)
    .describe('how long the picture of a sample is kept, in days'),
};
