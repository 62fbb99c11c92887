import { encode } from 'uqr';

/** Free modules around the code (ISO/IEC 18004). */
const QUIET = 4;

/** A QR code, drawn here: what it says goes to nobody. @param text at most some 2000 characters */
export function Qr({ text, title }: { text: string; title: string }) {
  const { data, size } = encode(text, { border: QUIET, ecc: 'M' });
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={title} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={dark.join('')} fill="#000" />
    </svg>
  );
}
