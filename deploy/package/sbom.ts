/** What a product consists of, as a CycloneDX document (1.6): its packages of npm, and Node. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Contrib, Enums, Models, Serialize, SPDX, Spec } from '@cyclonedx/cyclonedx-library';
import { z } from 'zod';
import { NODE_VERSION, type Product, SQLITE, type Target } from './products.ts';

export interface SbomOptions {
  readonly product: Product;
  readonly version: string;
  readonly target: Target;
  /** Folder with `node_modules` and `package-lock.json`. */
  readonly modules: string;
  /** Those that the product holds, as paths from that folder. */
  readonly packages: readonly string[];
}

const manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.unknown().optional(),
  description: z.string().optional(),
});
const lock = z.object({ packages: z.record(z.string(), z.object({ integrity: z.string().optional() })) });

const licenses = new Contrib.License.Factories.LicenseFactory((text) => {
  const ids = text.split(/\s+(?:AND|OR|WITH)\s+|[()]/).map((id) => id.trim());
  if (!ids.every((id) => id === '' || SPDX.isSupportedSpdxId(id))) throw new Error(`${text} is no expression of SPDX`);
});

/** The same product gives the same text. */
export function sbomOf({ product, version, target, modules, packages }: SbomOptions): string {
  const { packages: locked } = lock.parse(JSON.parse(readFileSync(path.join(modules, 'package-lock.json'), 'utf8')));
  const bom = new Models.Bom();
  const root = new Models.Component(Enums.ComponentType.Application, product, { version, bomRef: product });
  root.licenses.add(new Models.SpdxLicense('Apache-2.0'));
  bom.metadata.component = root;
  const add = (name: string, found: Facts) => {
    const component = componentOf(name, found);
    // One package may lie in two folders.
    if ([...bom.components].some(({ bomRef }) => bomRef.value === component.bomRef.value)) return;
    bom.components.add(component);
    root.dependencies.add(component.bomRef);
  };
  for (const folder of packages) {
    const found = manifest.parse(JSON.parse(readFileSync(path.join(modules, folder, 'package.json'), 'utf8')));
    // An alias has the name of what it stands for in its manifest.
    const pinned = found.name === SQLITE.name ? SQLITE : locked[folder];
    add(found.name, { ...found, integrity: pinned?.integrity });
  }
  add(target.node.name, { version: NODE_VERSION, license: 'MIT', integrity: target.node.integrity });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 1 })}\n`;
}

interface Facts {
  readonly version: string;
  readonly license?: unknown;
  readonly description?: string | undefined;
  readonly integrity?: string | undefined;
}

function componentOf(name: string, { version, license, description, integrity }: Facts): Models.Component {
  const [scope, bare] = name.startsWith('@') ? (name.split('/', 2) as [string, string]) : [undefined, name];
  const purl = `pkg:npm/${scope === undefined ? '' : `${encodeURIComponent(scope)}/`}${bare}@${encodeURIComponent(version)}`;
  const component = new Models.Component(Enums.ComponentType.Library, bare, {
    version,
    purl,
    bomRef: purl,
    ...(scope === undefined ? {} : { group: scope }),
    ...(description === undefined ? {} : { description }),
  });
  const digest = /^sha512-(.+)$/.exec(integrity ?? '')?.[1];
  if (digest !== undefined)
    component.hashes.set(Enums.HashAlgorithm['SHA-512'], Buffer.from(digest, 'base64').toString('hex'));
  if (typeof license === 'string') component.licenses.add(licenses.makeFromString(license));
  return component;
}
