/** A device's token, which the hub shows only once, and where it belongs. */
export function Secret({ value, onClose }: { value: string; onClose: () => void }) {
  return (
    <>
      <p>
        Save this token on the device, in the file named by <code>hub.tokenFile</code> in its <code>agent.yaml</code>.
        <strong> It is shown only once.</strong> If it is lost, make a new one on the page of the device.
      </p>
      <pre class="secret">{value}</pre>
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={() => void navigator.clipboard?.writeText(value)}>
          Copy
        </button>
        <button type="button" class="button primary" onClick={onClose}>
          I have saved it
        </button>
      </footer>
    </>
  );
}
