/** Whose operators a model may use. What is not listed is refused: an operator may do whatever its author liked. */

/** Domains whose operators are all pure arithmetic on their inputs. */
const DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml']);

/** Of ONNX Runtime's own domain only these: others there load files (EPContext, Snpe) or call foreign code (PythonOp, ATen). */
const MICROSOFT: ReadonlySet<string> = new Set(
  (
    'Attention BiasAdd BiasDropout BiasGelu BiasSoftmax BiasSplitGelu ComplexMul ConvTransposeWithDynamicPads CropAndResize ' +
    'DecoderMaskedMultiHeadAttention DequantizeBFP DequantizeLinear DynamicQuantizeLSTM DynamicQuantizeMatMul DynamicTimeWarping ' +
    'EmbedLayerNormalization ExpandDims FastGelu FusedConv FusedGemm FusedMatMul FusedMatMulActivation GatedRelativePositionBias ' +
    'GatherND Gelu GemmFastGelu GridSample GroupNorm GroupQueryAttention Inverse Irfft LongformerAttention MatMulInteger16 ' +
    'MatMulIntegerToFloat MatMulNBits MaxpoolWithMask MulInteger MultiHeadAttention MurmurHash3 NGramRepeatBlock ' +
    'NhwcConv NhwcFusedConv NhwcMaxPool PackedAttention Pad QAttention QEmbedLayerNormalization QGemm QLinearAdd ' +
    'QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearReduceMean ' +
    'QLinearSigmoid QLinearSoftmax QLinearWhere QOrderedMatMul QuantizeLinear QuickGelu Range ReduceSumInteger RelativePositionBias ' +
    'Rfft RotaryEmbedding SampleOp SimplifiedLayerNormalization SkipGroupNorm SkipLayerNormalization ' +
    'SkipSimplifiedLayerNormalization TransposeMatMul Trilu Unique UnfoldTensor'
  ).split(' '),
);

/** @returns why the operator is refused; undefined where it is not */
export function refusedOperator(domain: string, op: string): string | undefined {
  if (DOMAINS.has(domain)) return undefined;
  if (domain !== 'com.microsoft')
    return `uses the operator domain "${domain}"; allowed are ai.onnx, ai.onnx.ml and arithmetic of com.microsoft`;
  return MICROSOFT.has(op)
    ? undefined
    : `uses com.microsoft.${op}, which is not on the list of operators that only compute`;
}
