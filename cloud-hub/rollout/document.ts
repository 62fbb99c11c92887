/** The desired document of a device, and the part of it that a rollout changes. Pure. */
import type { Desired, DesiredModel, DesiredStreams } from '../../shared/contract/messages/desired.ts';
import { digestOf } from '../../shared/kit/digest.ts';
import { stableJson } from '../../shared/kit/stable-json.ts';
import type { Part, RolloutTarget, Subject } from '../contract/rollout.ts';

export function subjectOf(target: Pick<RolloutTarget, 'kind'> & { readonly model?: string }): Subject {
  return target.kind === 'model' ? `model:${target.model}` : 'streams';
}

export function partOf(document: Desired | undefined, subject: Subject): Part | undefined {
  if (subject === 'streams') return document?.streams;
  const name = modelOf(subject);
  return document && Object.hasOwn(document.models, name) ? document.models[name] : undefined;
}

/** The document with another part, or without it: then the device's own configuration holds again. */
export function withPart(document: Desired | undefined, subject: Subject, part: Part | undefined): Desired {
  const { revision: _old, streams, models = {}, ...rest } = document ?? {};
  const isStreams = subject === 'streams';
  const others = isStreams ? models : withoutKey(models, modelOf(subject));
  const nextStreams = isStreams ? part : streams;
  const content = {
    ...rest,
    models: isStreams || !part ? others : { ...others, [modelOf(subject)]: part as DesiredModel },
    ...(nextStreams ? { streams: nextStreams as DesiredStreams } : {}),
  };
  return { ...content, revision: digestOf(stableJson(content)) };
}

/** Revision of a set of streams. */
export function streamsRevision(streams: Readonly<Record<string, unknown>>): string {
  return digestOf(stableJson(streams));
}

function modelOf(subject: Exclude<Subject, 'streams'>): string {
  return subject.slice('model:'.length);
}

function withoutKey<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([found]) => found !== key));
}
