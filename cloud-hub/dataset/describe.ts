/** A sample of the dataset in the two forms that are written: COCO and JSON lines; and the text beside them. Pure. */
import type { DatasetItem } from '../contract/dataset.ts';
import type { Annotation } from './annotate.ts';

export interface CocoImage {
  readonly id: number;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
  readonly date_captured: string;
  readonly license: number;
  /** Beyond COCO: where it is from, and the operator's word. */
  readonly device: string;
  readonly stream: string;
  readonly sample: string;
  readonly correction?: string;
}

export interface CocoAnnotation {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
  /** Left, top, width and height in pixels. */
  readonly bbox: readonly number[];
  readonly area: number;
  readonly iscrowd: 0;
  /** Beyond COCO: who says so, and how sure the model was. */
  readonly source: Annotation['source'];
  readonly score?: number;
}

export const fileOf = ({ device, stream, sample }: DatasetItem): string => `images/${device}-${stream}-${sample}.jpg`;

export function cocoImage(item: DatasetItem, id: number): CocoImage {
  const { device, stream, sample, receivedAt, correction, picture } = item;
  return {
    id,
    file_name: fileOf(item),
    width: picture.width,
    height: picture.height,
    date_captured: receivedAt,
    license: 1,
    device,
    stream,
    sample,
    ...(correction ? { correction: correction.verdict } : {}),
  };
}

/** @param ids its own, that of its picture, and that of its label */
export function cocoAnnotation(
  { box, source, score }: Annotation,
  { width, height }: DatasetItem['picture'],
  ids: Pick<CocoAnnotation, 'id' | 'image_id' | 'category_id'>,
): CocoAnnotation {
  const pixels = [box[0] * width, box[1] * height, box[2] * width, box[3] * height].map(hundredths);
  const area = hundredths((pixels[2] ?? 0) * (pixels[3] ?? 0));
  return { ...ids, bbox: pixels, area, iscrowd: 0, source, ...(score === undefined ? {} : { score }) };
}

/** Everything that is known, boxes in fractions. */
export function lineOf(item: DatasetItem, annotations: readonly Annotation[]): Record<string, unknown> {
  const { id: _, picture, ...rest } = item;
  const { width, height, region } = picture;
  return { file: fileOf(item), width, height, region, annotations, ...rest };
}

const hundredths = (value: number) => Math.round(value * 100) / 100;

export interface Written {
  readonly samples: number;
  readonly annotations: number;
  readonly repeated: number;
  /** Whose picture was no longer there when it was its turn. */
  readonly gone: number;
  readonly labels: readonly string[];
  /** Models that answered: name@version (variant), with how many samples. */
  readonly models: ReadonlyMap<string, number>;
  readonly corrected: number;
}

export function readme(
  { samples, annotations, repeated, gone, labels, models, corrected }: Written,
  license: string,
): string {
  const list = [...models].map(([name, n]) => `- ${name}: ${n} samples`);
  return `# A dataset of second opinions

${samples} pictures, ${annotations} objects, ${labels.length} labels: ${labels.slice(0, 50).join(', ')}${labels.length > 50 ? ', …' : ''}.
${repeated} samples were left out because they look like one before and show the same objects at the same places; ${gone} had lost their picture.

- \`images/\`: what the devices sent, as they sent it. Masks and hidden labels were painted over on the device, before
  anything was stored or sent; what they cover is in no file. Metadata of the pictures is removed.
- \`annotations.coco.json\`: COCO (object detection). Boxes in pixels: left, top, width, height. \`source\` says who
  put it there: \`model\` (with its \`score\`) or \`operator\`.
- \`samples.jsonl\`: one JSON object per picture: what the edge said, what the hub's model said, what an operator said
  (${corrected} samples), and the \`annotations\` that follow, in fractions of the picture. Boxes of \`edge\`, \`hub\` and \`event\` are in
  fractions of the source frame.

Objects of source \`model\` are answers of a model, not the truth. It was:
${list.join('\n')}

Who may use labels that a model made depends on the licence of that model (\`vedette-hub model list\`).
Licence of the pictures: ${license}. They may show people: keep, share and delete them as the law asks for.
`;
}
