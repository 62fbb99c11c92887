import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Device } from '../../contract/device.ts';
import { useServices } from '../services.ts';
import { short } from '../ui/format.ts';
import type { Layers } from './overlay.ts';
import { Painter } from './painter.ts';
import { countLabels, noteOf } from './picture-note.ts';

interface LivePictureProps {
  readonly device: Device;
  readonly stream: StreamReport;
}

const layerNames = [
  ['boxes', 'Boxes'],
  ['labels', 'Labels'],
  ['rules', 'Zones and lines'],
] as const;

/** What a stream sees now, with what was found and the rules that look for it. */
export function LivePicture({ device, stream }: LivePictureProps) {
  const { feed, clock, now, isVisible } = useServices();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter>();
  const lastAt = useSignal<number | undefined>(undefined);
  const labels = useSignal<readonly string[]>([]);
  const [layers, setLayers] = useState<Layers>({ boxes: true, labels: true, rules: true });

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let frames = 0;
    lastAt.value = undefined;
    labels.value = [];
    element.dataset.frames = '0';
    element.dataset.boxes = '0';
    const made = new Painter({
      canvas: element,
      decode: (jpeg) => createImageBitmap(jpeg),
      onDrawn: ({ header }) => {
        element.dataset.frames = String(++frames);
        element.dataset.boxes = String(header.detections.length);
        lastAt.value = clock.mono();
        labels.value = header.detections.map(({ label }) => label);
      },
      onBroken: () => {
        element.dataset.broken = String(Number(element.dataset.broken ?? 0) + 1);
      },
    });
    painter.current = made;
    const observer = new ResizeObserver(() => {
      made.resize({ width: element.clientWidth, height: element.clientHeight }, window.devicePixelRatio);
    });
    observer.observe(element);
    // A page that nobody looks at asks the device for nothing.
    let unwatch = () => {};
    const stopSeeing = isVisible.subscribe((visible) => {
      unwatch();
      const target = { device: device.id, stream: stream.id };
      unwatch = visible ? feed.watch(target, (picture) => made.show(picture)) : () => {};
    });
    return () => {
      stopSeeing();
      unwatch();
      observer.disconnect();
      made.close();
      painter.current = undefined;
    };
  }, [device.id, stream.id, feed, clock, isVisible, lastAt, labels]);

  useEffect(() => painter.current?.overlay(layers, stream.rules), [layers, stream.rules, stream.id]);

  // Read so that the age of the last picture follows the seconds.
  now.value;
  const note = noteOf({
    feed: feed.state.value.kind,
    online: device.online,
    stream: stream.state,
    error: stream.error,
    stateS: stream.stateS,
    ageMs: lastAt.value === undefined ? undefined : clock.mono() - lastAt.value,
  });
  const ratio = stream.width && stream.height ? `${stream.width} / ${stream.height}` : '16 / 9';
  return (
    <section class="live panel" aria-label="Live picture">
      <div class={`frame ${note ? 'stale' : ''}`} ref={frame} style={{ aspectRatio: ratio }}>
        <canvas
          ref={canvas}
          data-testid="live-picture"
          role="img"
          aria-label={`Live picture of ${stream.id} on ${device.id}`}
        />
        {note && (
          <div class="note" role="status">
            {note.isBusy && <i class="spinner" />}
            <strong>{note.text}</strong>
            {note.detail && <span>{note.detail}</span>}
          </div>
        )}
      </div>
      <footer class="live-foot">
        <fieldset class="toggles">
          <legend class="hidden">Shown over the picture</legend>
          {layerNames.map(([key, title]) => (
            <button
              key={key}
              type="button"
              class="toggle"
              aria-pressed={layers[key]}
              onClick={() => setLayers({ ...layers, [key]: !layers[key] })}
            >
              {title}
            </button>
          ))}
        </fieldset>
        <span class="found">
          {countLabels(labels.value).map(([label, n]) => (
            <span key={label} class="found-label">
              <b class="num">{n}</b> × {label}
            </span>
          ))}
        </span>
        <span class="num muted">{short(stream.fps)} fps</span>
        <button
          type="button"
          class="button small quiet"
          onClick={() => void frame.current?.requestFullscreen?.()}
          aria-label="Full screen"
          title="Full screen"
        >
          <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" />
          </svg>
        </button>
      </footer>
    </section>
  );
}
