/** Every kind of source, by the form of its address; one without a line here does not compile. */
import { type SourceKind, sourceKindOf, sourceKinds } from '../../../../../shared/contract/config/source.ts';
import { CodedError } from '../../../../../shared/kit/errors.ts';
import { shownAddress } from '../../../../../shared/kit/shown-address.ts';
import { device } from './device.ts';
import { http } from './http.ts';
import type { Kind } from './kind.ts';
import { path } from './path.ts';
import { pattern } from './pattern.ts';
import { rtsp } from './rtsp.ts';
import { stdin } from './stdin.ts';

const kinds: Readonly<Record<SourceKind, Kind>> = { rtsp, http, device, pattern, stdin, path };

/** @throws CodedError `source-open` that names the kinds that there are */
export function kindOf(url: string): Kind {
  const name = sourceKindOf(url);
  if (name !== undefined) return kinds[name];
  const forms = Object.values(sourceKinds).map((kind) => kind.form);
  throw new CodedError('source-open', `${shownAddress(url)}: no such kind of source; known are: ${forms.join(', ')}`);
}
