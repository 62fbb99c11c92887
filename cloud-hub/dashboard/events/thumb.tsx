import { useState } from 'preact/hooks';
import { snapshotUrl } from '../hub/api.ts';
import { RuleIcon } from '../ui/icons.tsx';

/** The crop of an event; where there is none, or none any more, a sign of the kind of its rule. */
export function Thumb({
  snapshot,
  rule,
  alt,
  large = false,
}: {
  snapshot: string | undefined;
  rule: string;
  alt: string;
  large?: boolean;
}) {
  const [broken, setBroken] = useState<string>();
  if (snapshot === undefined || broken === snapshot) {
    return (
      <span class={`thumb none ${large ? 'large' : ''}`}>
        <RuleIcon kind={rule} />
        {large && (snapshot === undefined ? 'No snapshot was taken' : 'The snapshot is no longer kept')}
      </span>
    );
  }
  return (
    <span class={`thumb ${large ? 'large' : ''}`}>
      <img
        src={snapshotUrl(snapshot)}
        alt={alt}
        loading={large ? 'eager' : 'lazy'}
        decoding="async"
        onError={() => setBroken(snapshot)}
      />
    </span>
  );
}
