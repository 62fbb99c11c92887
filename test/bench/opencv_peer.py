"""The peer of `bench opencv`: what a person would write with OpenCV's DNN module for a YOLOX model.

usage: opencv_peer.py MODEL.onnx CLIP SIZE THREADS
Decodes, letterboxes, infers and decodes boxes with NMS a class; prints one JSON line with frames, seconds and fps.
THREADS 0 leaves OpenCV's own choice.
"""
import json
import sys
import time

import cv2
import numpy as np

model, clip, size, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
if threads > 0:
    cv2.setNumThreads(threads)
net = cv2.dnn.readNetFromONNX(model)

grids, strides = [], []
for stride in (8, 16, 32):
    cells = size // stride
    ys, xs = np.mgrid[0:cells, 0:cells]
    grids.append(np.stack((xs, ys), 2).reshape(-1, 2))
    strides.append(np.full((cells * cells, 1), stride))
grid, stride = np.concatenate(grids), np.concatenate(strides)


def detect(frame):
    ratio = min(size / frame.shape[0], size / frame.shape[1])
    scaled = cv2.resize(frame, (int(frame.shape[1] * ratio), int(frame.shape[0] * ratio)))
    padded = np.full((size, size, 3), 114, np.uint8)
    padded[: scaled.shape[0], : scaled.shape[1]] = scaled
    net.setInput(cv2.dnn.blobFromImage(padded))
    out = net.forward()[0]
    centre = (out[:, :2] + grid) * stride
    extent = np.exp(out[:, 2:4]) * stride
    scores = out[:, 4:5] * out[:, 5:]
    labels, best = scores.argmax(1), scores.max(1)
    boxes = np.concatenate((centre - extent / 2, extent), 1) / ratio
    kept = []
    for label in np.unique(labels[best >= 0.3]):
        chosen = np.where((labels == label) & (best >= 0.3))[0]
        for k in cv2.dnn.NMSBoxes(boxes[chosen].tolist(), best[chosen].tolist(), 0.3, 0.45):
            kept.append((int(label), float(best[chosen[k]]), boxes[chosen[k]].tolist()))
    return kept


capture = cv2.VideoCapture(clip)
start, frames, found = time.monotonic(), 0, 0
while True:
    ok, frame = capture.read()
    if not ok:
        break
    found += len(detect(frame))
    frames += 1
seconds = time.monotonic() - start
print(json.dumps({"frames": frames, "seconds": seconds, "fps": frames / seconds, "objects": found}))
