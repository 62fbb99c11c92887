import { useState } from 'preact/hooks';
import { snapshotUrl } from '../state/api.ts';

/** The crop of an event; a quiet placeholder where there is none, or none any more. */
export function Thumb({
  snapshot,
  alt,
  large = false,
}: {
  snapshot: string | undefined;
  alt: string;
  large?: boolean;
}) {
  const [broken, setBroken] = useState<string>();
  if (snapshot === undefined || broken === snapshot) {
    return (
      <span class={`thumb none ${large ? 'large' : ''}`}>
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
