export interface Scene {
  /** [x, y, width, height, how much darker], fractions of the picture; 60 grey levels without. */
  readonly things?: readonly (readonly [number, number, number, number, number?])[];
  /** Standard deviation of the camera's noise in grey levels, and what makes this frame's noise its own. */
  readonly noise?: number;
  readonly seed?: number;
  /** Added to everything. */
  readonly light?: number;
}

/** Paints brightness planes of a textured place. */
export function brightness(width: number, height: number): (scene: Scene) => Uint8Array {
  return ({ things = [], noise = 0, seed = 0, light = 0 }) => {
    let state = seed * 7919 + 1;
    const random = () => {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      return state / 0x7fffffff;
    };
    const normal = () => (random() + random() + random() + random() - 2) * Math.sqrt(3);
    return Uint8Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height];
      let value = 110 + 25 * Math.sin(x * 20) + 20 * Math.cos(y * 15) + light + (noise > 0 ? noise * normal() : 0);
      for (const [left, top, w, h, darker = 60] of things)
        if (x >= left && x < left + w && y >= top && y < top + h) value -= darker;
      return Math.min(255, Math.max(0, Math.round(value)));
    });
  };
}
