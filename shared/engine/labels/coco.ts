/** The 80 classes of COCO in the usual order: of YOLO, NanoDet, DETR and others. */
export const COCO_LABELS: readonly string[] =
  `person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light
fire hydrant, stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe
backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove
skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich
orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv
laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase
scissors, teddy bear, hair drier, toothbrush`.split(/, |\n/);

/** Places of COCO's original numbering, 1 to 90, that no class has. */
const GAPS: ReadonlySet<number> = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

/** The same classes in COCO's original numbering, 0 to 90, as TensorFlow, torchvision and RF-DETR number them; what is no class is `none`. */
export const COCO_91_LABELS: readonly string[] = numbered();

function numbered(): string[] {
  const names = COCO_LABELS.values();
  return Array.from({ length: 91 }, (_, id) => (id === 0 || GAPS.has(id) ? 'none' : (names.next().value ?? 'none')));
}
