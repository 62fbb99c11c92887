/** References to numbered sections of `shared/ARCHITECTURE.md`, as a pure function of the texts. */

/** Path from the root to text. */
export type Texts = ReadonlyMap<string, string>;

/** Numbers of all headings, such as `3` and `3.4`. */
export function sectionsOf(architecture: string): string[] {
  return [...architecture.matchAll(/^#{2,3} (\d+(?:\.\d+)?) /gm)].map(([, number = '']) => number);
}

/** Each reference to a section that does not exist, or to a document that is not in the repository. */
export function brokenReferences(texts: Texts, architecture: string): string[] {
  const sections = new Set(sectionsOf(architecture));
  return [...texts].flatMap(([file, text]) => [
    ...[...text.matchAll(/\bARCHITECTURE (\d+(?:\.\d+)?)/g)]
      .filter(([, number = '']) => !sections.has(number))
      .map(([reference]) => `${file}: ${reference} is no section of shared/ARCHITECTURE.md`),
    ...[...text.matchAll(/\bDESIGN (?:part )?\d+(?:\.\d+)?/g)].map(
      ([reference]) => `${file}: ${reference} is not in the repository; name a section of shared/ARCHITECTURE.md`,
    ),
  ]);
}
