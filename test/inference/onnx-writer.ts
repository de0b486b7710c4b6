/**
 * Writes small ONNX models (onnx.proto3, IR version 8, opset 13), so that tests and the bench need no downloaded file and no Python.
 * Only what they use: float tensors, integer attributes, one output.
 */
type Field = readonly [number: number, kind: 'varint' | 'bytes', value: number | Uint8Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

function message(fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, kind, value]) => {
    if (kind === 'varint') return Buffer.from([...varint(number << 3), ...varint(value as number)]);
    const bytes = value as Uint8Array;
    return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
  });
  return Buffer.concat(parts);
}

const int = (number: number, value: number): Field => [number, 'varint', value];
const bytes = (number: number, value: Uint8Array): Field => [number, 'bytes', value];
const text = (number: number, value: string): Field => [number, 'bytes', Buffer.from(value)];

const elementFloat = 1;
const attributeInt = 2;
const attributeInts = 7;

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly output: OnnxValue;
  readonly nodes: readonly OnnxNode[];
  readonly tensors?: readonly OnnxTensor[];
}

function attribute(name: string, value: number | readonly number[]): Uint8Array {
  if (typeof value === 'number') return message([text(1, name), int(3, value), int(20, attributeInt)]);
  return message([text(1, name), ...value.map((one) => int(8, one)), int(20, attributeInts)]);
}

function node({ op, inputs, output, attributes = {} }: OnnxNode): Uint8Array {
  return message([
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
  ]);
}

function tensor({ name, shape, values }: OnnxTensor): Uint8Array {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message([...shape.map((size) => int(1, size)), int(2, elementFloat), text(8, name), bytes(9, raw)]);
}

function valueInfo(name: string, shape: readonly number[]): Uint8Array {
  const sizes = message(shape.map((size) => bytes(1, message([int(1, size)]))));
  const type = message([bytes(1, message([int(1, elementFloat), bytes(2, sizes)]))]);
  return message([text(1, name), bytes(2, type)]);
}

export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const graphMessage = message([
    ...graph.nodes.map((one) => bytes(1, node(one))),
    text(2, 'graph'),
    ...(graph.tensors ?? []).map((one) => bytes(5, tensor(one))),
    ...graph.inputs.map(({ name, shape }) => bytes(11, valueInfo(name, shape))),
    bytes(12, valueInfo(graph.output.name, graph.output.shape)),
  ]);
  return message([
    int(1, 8),
    text(2, 'bithive-tests'),
    bytes(7, graphMessage),
    bytes(8, message([text(1, ''), int(2, 13)])),
  ]);
}
