import type { Canvas2d } from '../../../cloud-hub/dashboard/live/overlay.ts';

/** A call of the canvas, with the styles that it drew with. */
export interface Drawn {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly stroke: unknown;
  readonly fill: unknown;
}

/** A canvas that draws nothing and remembers what it was told; every letter is 6 pixels wide. */
export function recordingCanvas() {
  const drawn: Drawn[] = [];
  const style: Record<string, unknown> = {};
  const target = {};
  const context = new Proxy(target, {
    get(_target, name) {
      if (name === 'measureText') return (text: string) => ({ width: text.length * 6 });
      return (...args: unknown[]) => {
        drawn.push({ name: String(name), args, stroke: style.strokeStyle, fill: style.fillStyle });
      };
    },
    set(_target, name, value) {
      style[String(name)] = value;
      return true;
    },
  }) as Canvas2d;
  const calls = (name: string) => drawn.filter((one) => one.name === name);
  return { context, drawn, calls, texts: () => calls('fillText').map(({ args }) => args[0]) };
}
