/**
 * ONNX Runtime without its telemetry. Its builds from 1.30 on send events to their maker, and keep a device's id and a database
 * in the home folder, as soon as the library is set up. Nothing leaves a box that its owner has not asked for.
 *
 * The library reads the variable once, from the environment of the process: the first import sets it before the second loads it.
 */
import './no-telemetry.ts';

export { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
