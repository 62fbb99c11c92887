/** What people say of anomalies, as part of the desired document of a device. Pure. */
import { type Desired, MOST_NORMAL, type Normal } from '../../shared/contract/messages/desired.ts';
import { digestOf } from '../../shared/kit/digest.ts';
import { stableJson } from '../../shared/kit/stable-json.ts';

/** @returns the document that says so too; the same one when it says so already */
export function withNormal(document: Desired | undefined, said: Normal): Desired {
  const before = document?.normal ?? [];
  if (document && before.some(({ event }) => event === said.event)) return document;
  return withList(document, [...before, said].slice(-MOST_NORMAL));
}

/** @returns the document without it; the same one when it does not say so */
export function withoutNormal(document: Desired, event: string): Desired {
  const before = document.normal ?? [];
  const after = before.filter((one) => one.event !== event);
  return after.length === before.length ? document : withList(document, after);
}

function withList(document: Desired | undefined, list: readonly Normal[]): Desired {
  const { revision: _old, models = {}, normal: _before, ...rest } = document ?? {};
  const content = { ...rest, models, ...(list.length > 0 ? { normal: [...list] } : {}) };
  return { ...content, revision: digestOf(stableJson(content)) };
}
