/** The address of a microphone: `alsa:DEVICE`, with the name of a capture device of ALSA. Checked by agent and hub alike. */

/**
 * A name of the machine's configuration, as `default`, or a device with its card. ALSA also takes whole definitions, and plugins
 * that write files (`file:`, `tee:`): an address never means one.
 */
const DEVICE =
  /^alsa:((?!(?:file|tee|shm|empty)$)[A-Za-z][A-Za-z0-9_-]{0,63}|(?:hw|plughw|dsnoop|sysdefault|front):[A-Za-z0-9_=,-]{1,64})$/i;

/** The name of the device; undefined for what is no address of a microphone. */
export function microphoneOf(url: string): string | undefined {
  return DEVICE.exec(url)?.[1];
}
