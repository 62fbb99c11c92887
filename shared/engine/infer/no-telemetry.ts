/** Importing it is its effect: see `onnxruntime.ts`. */
process.env.ORT_DISABLE_TELEMETRY = '1';
