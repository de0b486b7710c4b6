/** One loaded model. A session runs one input at a time and blocks its thread while it does: workers only. */
export interface ModelSession {
  /** Flat float32 values in, in the manifest's shape; the named output's flat values out. */
  run(input: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** What executes a model file: onnxruntime in a worker, KServe v2 or TensorFlow Serving beside it. */
export interface ModelRuntime {
  readonly name: string;
  open(
    modelPath: string,
    io: { input: string; output: string; shape: readonly number[] },
  ): Promise<ModelSession>;
}
