"""The model's computation in plain PyTorch, bf16, for comparison with `hrmpi bench`.

Times one evaluation segment and one training step (forward, second forward for q_continue when
asked, backward, no optimizer) on random weights and tokens, and prints one JSON line a shape.
"""
import argparse
import json
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in dict(hidden=512, heads=8, inner=1536, h_layers=4, l_layers=4, h_cycles=2,
                            l_cycles=2, batch=16, threads=1).items():
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--last-cycle", action="store_true", help="differentiate the last cycle")
    parser.add_argument("--second-forward", action="store_true", help="as q_continue needs")
    parser.add_argument("--seconds", type=float, default=5)
    shape = parser.parse_args()
    torch.set_num_threads(shape.threads)
    torch.manual_seed(0)
    model = Model(shape).bfloat16()
    tokens = torch.randint(1, 11, (shape.batch, 82))
    state = torch.randn(2, shape.batch, 82, shape.hidden).bfloat16()

    def evaluate():
        with torch.no_grad():
            model.segment(tokens, state[0], state[1], shape.last_cycle)

    def train():
        model.zero_grad(set_to_none=True)
        z_h, z_l, logits, q = model.segment(tokens, state[0], state[1], shape.last_cycle)
        if shape.second_forward:
            with torch.no_grad():
                model.segment(tokens, z_h.detach(), z_l.detach(), shape.last_cycle)
        loss = F.cross_entropy(logits.float().view(-1, 11), tokens.view(-1)) + q.float().sum()
        loss.backward()

    result = vars(shape) | {"evaluate_s": timed(evaluate, shape.seconds),
                            "train_s": timed(train, shape.seconds), "torch": torch.__version__}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
