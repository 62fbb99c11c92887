"""Makes log-mel.reference.json: features by PyTorch and torchaudio, for log-mel.test.ts.

Debian: apt-get install python3-torchaudio; then: /usr/bin/python3 log-mel.reference.py > log-mel.reference.json
"""
import json
import math

import torch
import torchaudio
from torchaudio.compliance import kaldi


def signal(samples: int) -> torch.Tensor:
    """Noise whose loudness comes and goes; every value exact in binary, so that each language makes the same."""
    state, out = 1, []
    for i in range(samples):
        state = (state * 1103515245 + 12345) % 2**31
        out.append((state / 2**30 - 1) * (1 + i // 256 % 8) / 16)
    return torch.tensor(out, dtype=torch.float32)


def transform(x, rate, frame, hop, fft, power, **mel):
    made = torchaudio.transforms.MelSpectrogram(
        sample_rate=rate, n_fft=fft, win_length=frame, hop_length=hop, power=power, **mel)
    return made.double()(x.double()).T


def yamnet(x):
    frames = x.double().unfold(0, 400, 160) * torch.hann_window(400, dtype=torch.float64)
    magnitudes = torch.fft.rfft(frames, n=512).abs()
    banks, _ = kaldi.get_mel_banks(64, 512, 16000.0, 125.0, 7500.0, 100.0, -500.0, 1.0)
    return torch.log(magnitudes[:, :256] @ banks.double().T + 0.001)


def ast(x):
    made = kaldi.fbank(x.unsqueeze(0), htk_compat=True, sample_frequency=16000, use_energy=False,
                       window_type="hanning", num_mel_bins=128, dither=0.0, frame_shift=10)
    return (made.double() + 4.2677393) / (2 * 4.5689974)


YAMNET = dict(frame=400, hop=160, fft=512, bands=64, minHz=125, maxHz=7500, triangles="mel", power=1, offset=0.001)
PANNS = dict(frame=1024, hop=320, bands=64, minHz=50, maxHz=14000, scale="slaney", area=True, center=True, log="db")
DCASE = dict(frame=1024, hop=512, bands=128, scale="slaney", area=True, center=True, log="db")
AST = dict(frame=400, hop=160, fft=512, bands=128, minHz=20, triangles="mel", taper="hann-symmetric", removeMean=True,
           preemphasis=0.97, floor=2**-23, mean=-4.2677393, std=2 * 4.5689974)
KALDI = dict(frame=400, hop=160, fft=512, bands=40, minHz=20, maxHz=7600, triangles="mel", taper="povey",
             removeMean=True, preemphasis=0.97, floor=2**-23)
HTK = dict(frame=400, hop=160, fft=512, bands=40, maxHz=7600, center=True, log="log10", layout="bands-time")
HAMMING = dict(frame=512, hop=256, bands=32, taper="hamming", center=True)

SETTINGS = [
    ("YAMNet and VGGish", 16000, 15600, YAMNET, yamnet),
    ("PANNs", 32000, 32000, PANNS, lambda x: 10 * torch.log10(transform(
        x, 32000, 1024, 320, 1024, 2, n_mels=64, f_min=50, f_max=14000, norm="slaney", mel_scale="slaney").clamp(1e-10))),
    ("librosa's defaults, as in DCASE", 16000, 16000, DCASE, lambda x: 10 * torch.log10(transform(
        x, 16000, 1024, 512, 1024, 2, n_mels=128, norm="slaney", mel_scale="slaney").clamp(1e-10))),
    ("AST", 16000, 16000, AST, ast),
    ("Kaldi", 16000, 16000, KALDI, lambda x: kaldi.fbank(
        x.unsqueeze(0), num_mel_bins=40, low_freq=20, high_freq=7600, dither=0.0).double()),
    ("torchaudio, a frame shorter than its FFT", 16000, 16000, HTK, lambda x: torch.log10(transform(
        x, 16000, 400, 160, 512, 2, n_mels=40, f_max=7600).clamp(1e-10)).T),
    ("torchaudio, Hamming", 8000, 8000, HAMMING, lambda x: torch.log(transform(
        x, 8000, 512, 256, 512, 2, n_mels=32, window_fn=torch.hamming_window).clamp(1e-10))),
]

out = []
for name, rate, window, options, compute in SETTINGS:
    values = compute(signal(window))
    flat = values.flatten()
    picked = sorted({math.floor(len(flat) * k / 40) for k in range(40)} | {len(flat) - 1})
    out.append({
        "name": name,
        "input": {"sampleRate": rate, "window": window, "logMel": options},
        "shape": list(values.shape),
        "mean": round(flat.mean().item(), 6),
        "values": {i: round(flat[i].item(), 5) for i in picked},
    })
print(json.dumps(out, indent=1))
