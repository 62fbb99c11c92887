/** A guess as the text of model.yaml, with the reason behind each guessed field. Pure. */
import { Document, isMap, isScalar, type Pair } from 'yaml';
import { type Guess, manifestOf } from './guess/guess.ts';
import type { Reasoned } from './guess/reason.ts';

/** A field of model.yaml that was guessed or found, in the order of the file. */
export interface FieldReason {
  readonly field: string;
  readonly value: string;
  readonly sure: boolean;
  readonly why: string;
}

export function reasonsOf(guess: Guess): readonly FieldReason[] {
  const { input, labels } = guess;
  const { width, height } = input.size.value;
  const { color, resize, mean, std } = input.pixels.value;
  const { kind, ...options } = guess.head.value;
  const some = labels.value.slice(0, 3).join(', ');
  const row = (field: string, value: string, { sure, why }: Reasoned<unknown>): FieldReason => ({
    field,
    value,
    sure,
    why,
  });
  const settings = Object.keys(options).length > 0 ? ` ${JSON.stringify(options)}` : '';
  return [
    row('license', guess.license.value, guess.license),
    row('input', `${width}x${height}, ${input.layout}`, input.size),
    row('input.color', `${color}, ${resize}, mean ${mean.join(' ')}, std ${std.join(' ')}`, input.pixels),
    ...(input.constants ? [row('input.constants', JSON.stringify(input.constants.value), input.constants)] : []),
    row('head', `${kind}${settings}`, guess.head),
    row('labels', `${labels.value.length}: ${some}${labels.value.length > 3 ? ', …' : ''}`, labels),
  ];
}

const CHECK = 'CHECK';

/** A comment before each field that has a reason; those that somebody has to look at begin with CHECK. */
export function manifestText(guess: Guess): string {
  const document = new Document(manifestOf(guess));
  document.commentBefore = ` Written by \`vedette-hub model init\`. Lines with ${CHECK} are guesses: look at them.`;
  for (const { field, sure, why } of reasonsOf(guess)) {
    const key = keyOf(document, field.split('.'));
    if (key) key.commentBefore = ` ${sure ? '' : `${CHECK}: `}${why.replaceAll(/\s+/g, ' ')}`;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false, collectionStyle: 'any' });
}

function keyOf(document: Document, path: readonly string[]) {
  let node: unknown = document.contents;
  let found: Pair | undefined;
  for (const part of path) {
    if (!isMap(node)) return undefined;
    found = node.items.find(({ key }) => isScalar(key) && key.value === part);
    node = found?.value;
  }
  return isScalar(found?.key) ? found.key : undefined;
}
