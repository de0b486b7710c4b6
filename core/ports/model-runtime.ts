/** One loaded model. A session runs one input at a time and blocks its thread while it does: workers only. */
export interface ModelSession {
  /** Flat float32 values of each input in the order in which it was opened, in the manifest's shapes; the output's flat values out. */
  run(inputs: readonly Float32Array[]): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface ModelIo {
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly output: string;
}

/** What executes a model file: onnxruntime in a worker, KServe v2 or TensorFlow Serving beside it. */
export interface ModelRuntime {
  readonly name: string;
  open(modelPath: string, io: ModelIo): Promise<ModelSession>;
}
