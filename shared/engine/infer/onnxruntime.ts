/**
 * ONNX Runtime without its telemetry. Its builds from 1.30 on send events to their maker, and keep a device's id and a database
 * in the home folder, as soon as the library is set up. Nothing leaves a box that its owner has not asked for.
 *
 * The library reads the variable once, from the environment of the process: the first import sets it before the second loads it.
 */
import './no-telemetry.ts';
import { Tensor } from 'onnxruntime-node';

// Its native part knows 16-bit floats as Uint16Array only. Which of the two its tensors take is decided by the first of them, and where
// JavaScript has Float16Array (from Node 24 on) it would be that.
const half = Object.getOwnPropertyDescriptor(globalThis, 'Float16Array');
if (half) {
  Reflect.deleteProperty(globalThis, 'Float16Array');
  new Tensor(new Float32Array(0), [0]);
  Object.defineProperty(globalThis, 'Float16Array', half);
}

export { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
