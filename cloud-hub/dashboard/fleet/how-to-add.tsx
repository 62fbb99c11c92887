const CONFIG = `device: gate
hub:
  url: mqtt://HUB:1883
  tokenFile: gate.token
models:
  people: ./models/yolox-nano
streams:
  door:
    source: { url: clip.mp4, loop: true }
    model: people`;

/** How a device comes to the fleet, in three steps. */
export function HowToAdd({ mayAdd }: { mayAdd: boolean }) {
  return (
    <ol class="steps">
      <li>
        <strong>Create its token.</strong> {mayAdd ? 'Press the button below, or run' : 'Run'} this on the hub's
        machine:
        <pre>vedette-hub device add gate &gt; gate.token</pre>
      </li>
      <li>
        <strong>Say what it runs.</strong> Copy the token file to the device, and write <code>agent.yaml</code> beside
        it:<pre>{CONFIG}</pre>
      </li>
      <li>
        <strong>Start it.</strong>
        <pre>vedette-agent run --config agent.yaml</pre>
        The device appears here within seconds.
      </li>
    </ol>
  );
}
