"""How much faster `hrmpi bench` is than the same computation in plain PyTorch.

Both run bf16 on as many threads, one after the other, on the models of `hrmpi bench`: one
evaluation segment, and one training step (forward, second forward for q_continue where the model
learns it, backward, no update), random weights and tokens.

    bench_torch.py [--hrmpi build/hrmpi] [--threads 1] [--puzzles 8] [--seconds 3]
"""
import argparse
import json
import subprocess
import time

import torch
import torch.nn.functional as F


def rotary(seq, size):
    angle = torch.outer(torch.arange(seq).float(), 10000.0 ** (-torch.arange(0, size, 2) / size))
    angle = torch.cat((angle, angle), dim=-1)
    return angle.cos().bfloat16(), angle.sin().bfloat16()


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
    return x * cos + turned * sin


def rms(x):
    y = x.float()
    return (y * torch.rsqrt(y.square().mean(-1, keepdim=True) + 1e-5)).to(x.dtype)


class Block(torch.nn.Module):
    def __init__(self, hidden, heads, inner):
        super().__init__()
        self.heads = heads
        self.qkv = torch.nn.Linear(hidden, 3 * hidden, bias=False)
        self.out = torch.nn.Linear(hidden, hidden, bias=False)
        self.gate_up = torch.nn.Linear(hidden, 2 * inner, bias=False)
        self.down = torch.nn.Linear(inner, hidden, bias=False)

    def attend(self, h, cos, sin):
        batch, seq, hidden = h.shape
        q, k, v = self.qkv(h).view(batch, seq, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        mixed = torch.softmax(scores.float(), dim=-1).to(v.dtype) @ v
        return self.out(mixed.transpose(1, 2).reshape(batch, seq, hidden))

    def forward(self, h, cos, sin):
        h = rms(h + self.attend(h, cos, sin))
        gate, up = self.gate_up(h).chunk(2, dim=-1)
        return rms(h + self.down(F.silu(gate) * up))


class Model(torch.nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        def level(layers):
            return torch.nn.ModuleList(Block(shape.hidden, shape.heads, shape.inner)
                                       for _ in range(layers))
        self.embed = torch.nn.Embedding(11, shape.hidden)
        self.high, self.low = level(shape.h_layers), level(shape.l_layers)
        self.head = torch.nn.Linear(shape.hidden, 11, bias=False)
        self.q_head = torch.nn.Linear(shape.hidden, 2)
        self.cos, self.sin = rotary(82, shape.hidden // shape.heads)

    def run(self, level, h):
        for block in level:
            h = block(h, self.cos, self.sin)
        return h

    def segment(self, tokens, z_h, z_l, last_cycle):
        x = self.embed(tokens) * self.shape.hidden ** 0.5
        calls = self.shape.h_cycles * self.shape.l_cycles
        first = calls - (self.shape.l_cycles if last_cycle else 1)
        for call in range(calls):
            with torch.set_grad_enabled(torch.is_grad_enabled() and call >= first):
                z_l = self.run(self.low, z_l + (z_h + x))
            if (call + 1) % self.shape.l_cycles == 0:
                with torch.set_grad_enabled(torch.is_grad_enabled() and call + 1 == calls):
                    z_h = self.run(self.high, z_h + z_l)
        return z_h, z_l, self.head(z_h), self.q_head(z_h[:, 0])


def timed(call, seconds):
    call()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def measure(shape, batch, seconds):
    """Best seconds of an evaluation segment and of a training step."""
    model = Model(shape).bfloat16()
    published = shape.hidden == 512
    tokens = torch.randint(1, 11, (batch, 82))
    state = torch.randn(2, batch, 82, shape.hidden).bfloat16()

    def evaluate():
        with torch.no_grad():
            model.segment(tokens, state[0], state[1], not published)

    def train():
        model.zero_grad(set_to_none=True)
        z_h, z_l, logits, q = model.segment(tokens, state[0], state[1], not published)
        if published:
            with torch.no_grad():
                model.segment(tokens, z_h.detach(), z_l.detach(), False)
        loss = F.cross_entropy(logits.float().view(-1, 11), tokens.view(-1)) + q.float().sum()
        loss.backward()

    return timed(evaluate, seconds), timed(train, seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hrmpi", default="build/hrmpi")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--puzzles", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    command = [options.hrmpi, "bench", "--json", "--threads", str(options.threads), "--puzzles",
               str(options.puzzles), "--seconds", str(options.seconds)]
    ours = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    print(f"torch {torch.__version__}, hrmpi backend {ours['backend']}, {options.threads} threads")
    for model in ours["models"]:
        batch = options.puzzles * options.threads
        theirs = measure(argparse.Namespace(**model), batch, options.seconds)
        for name, seconds in zip(("evaluation", "training"), theirs):
            own = model[name]["seconds"]
            print(f"hidden {model['hidden']:4} {name:10} {batch} puzzles: torch {1e3 * seconds:8.2f}"
                  f" ms, hrmpi {1e3 * own:8.2f} ms, ratio {seconds / own:5.2f}")


if __name__ == "__main__":
    main()
