/** Execution providers of ONNX Runtime; all but `cpu` need a build and a driver that have them. */
export const providers = ['cpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'webgpu'] as const;
export type Provider = (typeof providers)[number];
