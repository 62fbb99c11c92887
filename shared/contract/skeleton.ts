/** Which keypoints are joined when they are drawn. */

/** Keypoints of a person in the order of COCO (cocodataset.org, `person_keypoints`), as nearly all pose models have them. */
export const PERSON_KEYPOINTS: readonly string[] =
  `nose, left_eye, right_eye, left_ear, right_ear, left_shoulder, right_shoulder, left_elbow, right_elbow, left_wrist
right_wrist, left_hip, right_hip, left_knee, right_knee, left_ankle, right_ankle`.split(/, |\n/);

/** The bones of `person_keypoints`, by name. */
const BONES: readonly (readonly [string, string])[] = `left_ankle left_knee, left_knee left_hip, right_ankle right_knee
right_knee right_hip, left_hip right_hip, left_shoulder left_hip, right_shoulder right_hip, left_shoulder right_shoulder
left_shoulder left_elbow, right_shoulder right_elbow, left_elbow left_wrist, right_elbow right_wrist, left_eye right_eye
nose left_eye, nose right_eye, left_eye left_ear, right_eye right_ear`
  .split(/, |\n/)
  .map((bone) => {
    const [from = '', to = ''] = bone.split(' ');
    return [from, to];
  });

/** A keypoint less sure than this is guessed: it is not drawn. */
export const LEAST_DRAWN = 0.3;

export interface Joint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly score?: number | undefined;
}

/** The keypoints that are drawn, and the pairs of them that a line joins. */
export function figureOf<T extends Joint>(
  keypoints: readonly T[],
): { readonly joints: readonly T[]; readonly bones: readonly (readonly [T, T])[] } {
  const joints = keypoints.filter(({ score = 1 }) => score >= LEAST_DRAWN);
  const byName = new Map(joints.map((joint) => [joint.name, joint]));
  const bones = BONES.flatMap(([from, to]): [T, T][] => {
    const [a, b] = [byName.get(from), byName.get(to)];
    return a && b ? [[a, b]] : [];
  });
  return { joints, bones };
}
