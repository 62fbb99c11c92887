/** What a line of `infer` says (ARCHITECTURE 3.2). */
export const LINES = `
One line per analysed frame, by what the model does:
  {"frame":0,"ptsMs":0,"detections":[{"label":"person","score":0.85,"box":[0.1,0.2,0.3,0.4],"track":1}]}
      box: left, top, width, height as fractions of the picture; detections by falling score
      "keypoints":[{"name":"nose","x":0.2,"y":0.25,"score":0.97},…] of a pose model, x and y as fractions of the picture
      "mask":[[[0.1,0.2],[0.4,0.2],…],…] of a model with masks: rings of points round the object, a ring within another is a hole
  {"frame":0,"ptsMs":0,"classes":[{"label":"cat","score":0.9}]}
  {"frame":0,"ptsMs":0,"at":"2026-01-05T08:00:00.000Z","score":0.7,"threshold":0.5,"anomalous":true}
      at: the time of the series at the end of the window
  {"frame":0,"ptsMs":0,"vector":[0.1,0.2]}
frame counts from 0, ptsMs is the time in the source in milliseconds; with several sources, "source" is the index of one.
`;
