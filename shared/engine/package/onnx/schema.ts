/**
 * The messages of ONNX by field number (onnx.proto3 of ONNX 1.19; https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). It
 * knows more fields than the decoder, because the runtime does: what only the runtime reads is checked as well.
 */

export interface Field {
  readonly name: string;
  /** A scalar's wire form, or the name of a message. */
  readonly kind: 'varint' | 'fixed32' | 'fixed64' | 'text' | 'bytes' | { readonly message: string };
  readonly repeated: boolean;
}

export interface Message {
  readonly fields: ReadonlyMap<number, Field>;
  /** Fields of which at most one may be there. */
  readonly oneOf: ReadonlySet<number>;
}

/** `number name kind`; a kind with `*` is repeated; `|` before the number marks a choice. */
const table: Readonly<Record<string, string>> = {
  ModelProto:
    '1 irVersion varint, 2 producerName text, 3 producerVersion text, 4 domain text, 5 modelVersion varint, 6 docString text, ' +
    '7 graph GraphProto, 8 opsetImport OperatorSetIdProto*, 14 metadataProps StringStringEntryProto*, ' +
    '20 trainingInfo TrainingInfoProto*, 25 functions FunctionProto*',
  OperatorSetIdProto: '1 domain text, 2 version varint',
  StringStringEntryProto: '1 key text, 2 value text',
  TrainingInfoProto:
    '1 initialization GraphProto, 2 algorithm GraphProto, 3 initializationBinding StringStringEntryProto*, ' +
    '4 updateBinding StringStringEntryProto*',
  FunctionProto:
    '1 name text, 4 input text*, 5 output text*, 6 attribute text*, 7 node NodeProto*, 8 docString text, ' +
    '9 opsetImport OperatorSetIdProto*, 10 domain text, 11 attributeProto AttributeProto*, 12 valueInfo ValueInfoProto*, ' +
    '13 overload text, 14 metadataProps StringStringEntryProto*',
  GraphProto:
    '1 node NodeProto*, 2 name text, 5 initializer TensorProto*, 10 docString text, 11 input ValueInfoProto*, ' +
    '12 output ValueInfoProto*, 13 valueInfo ValueInfoProto*, 14 quantizationAnnotation TensorAnnotation*, ' +
    '15 sparseInitializer SparseTensorProto*, 16 metadataProps StringStringEntryProto*',
  NodeProto:
    '1 input text*, 2 output text*, 3 name text, 4 opType text, 5 attribute AttributeProto*, 6 docString text, 7 domain text, ' +
    '8 overload text, 9 metadataProps StringStringEntryProto*',
  AttributeProto:
    '1 name text, 2 f fixed32, 3 i varint, 4 s bytes, 5 t TensorProto, 6 g GraphProto, 7 floats fixed32*, 8 ints varint*, ' +
    '9 strings bytes*, 10 tensors TensorProto*, 11 graphs GraphProto*, 13 docString text, 14 tp TypeProto, ' +
    '15 typeProtos TypeProto*, 20 type varint, 21 refAttrName text, 22 sparseTensor SparseTensorProto, ' +
    '23 sparseTensors SparseTensorProto*',
  ValueInfoProto: '1 name text, 2 type TypeProto, 3 docString text, 4 metadataProps StringStringEntryProto*',
  TensorAnnotation: '1 tensorName text, 2 quantParameterTensorNames StringStringEntryProto*',
  TensorProto:
    '1 dims varint*, 2 dataType varint, 3 segment Segment, 4 floatData fixed32*, 5 int32Data varint*, 6 stringData bytes*, ' +
    '7 int64Data varint*, 8 name text, 9 rawData bytes, 10 doubleData fixed64*, 11 uint64Data varint*, 12 docString text, ' +
    '13 externalData StringStringEntryProto*, 14 dataLocation varint, 16 metadataProps StringStringEntryProto*',
  Segment: '1 begin varint, 2 end varint',
  SparseTensorProto: '1 values TensorProto, 2 indices TensorProto, 3 dims varint*',
  TypeProto:
    '|1 tensorType TensorType, |4 sequenceType SequenceType, |5 mapType MapType, |8 sparseTensorType TensorType, ' +
    '|9 optionalType SequenceType, 6 denotation text',
  TensorType: '1 elemType varint, 2 shape TensorShapeProto',
  SequenceType: '1 elemType TypeProto',
  MapType: '1 keyType varint, 2 valueType TypeProto',
  TensorShapeProto: '1 dim Dimension*',
  Dimension: '|1 dimValue varint, |2 dimParam text, 3 denotation text',
};

const scalars: ReadonlySet<string> = new Set(['varint', 'fixed32', 'fixed64', 'text', 'bytes']);

function messageOf(line: string): Message {
  const oneOf = new Set<number>();
  const fields = line.split(', ').map((entry): [number, Field] => {
    const [key = '', name = '', type = ''] = entry.split(' ');
    const number = Number(key.replace('|', ''));
    if (key.startsWith('|')) oneOf.add(number);
    const kind = type.replace('*', '');
    const known = scalars.has(kind) ? (kind as Exclude<Field['kind'], object>) : { message: kind };
    return [number, { name, kind: known, repeated: type.endsWith('*') }];
  });
  return { fields: new Map(fields), oneOf };
}

export const messages: ReadonlyMap<string, Message> = new Map(
  Object.entries(table).map(([name, line]) => [name, messageOf(line)]),
);
