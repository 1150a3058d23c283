#!/usr/bin/env python3
"""The models of ../models.hpp in PyTorch: times training steps or cached greedy decoding, prints one line of JSON.

Written as one would write it for speed in plain PyTorch: one product for queries, keys and values, a cache allocated
once, no work that the other library is spared. On a GPU batches and prompts come from the host, and losses and answers
go back there. Flags are those of rung_peer, and what only PyTorch has.
"""

import argparse
import json
import math
import os
import platform
import statistics
import sys
import time
from contextlib import nullcontext

try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError as error:
    sys.exit(f"torch_peer: this Python has no PyTorch ({error})")

SIZES = {"micro": (2, 2, 16), "mini": (2, 4, 32), "tiny": (2, 4, 128), "small": (6, 6, 384)}  # layers, heads, width
VOCAB, CONTEXT = 64, 256
PROMPT, FRESH = 20, 40  # decoding: tokens read, tokens written
STATIC = -(-(PROMPT + FRESH) // 8) * 8  # places of a static cache: what masks of attention kernels want
HAS_SDPA = hasattr(F, "scaled_dot_product_attention")
HAS_COMPILE = hasattr(torch, "compile")


def of_rows(table, past, count):
    """Rows of the next `count` tokens. `past`: how many came before, or with a static cache a tensor of places."""
    return table[past] if torch.is_tensor(past) else table[past : past + count]


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5) * self.gain


class Rotation(nn.Module):
    """Rotary positions, channels paired by halves as in Llama."""

    def __init__(self, size):
        super().__init__()
        speed = 1e4 ** (-torch.arange(0, size, 2) / size)
        angle = torch.outer(torch.arange(CONTEXT), speed)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def forward(self, x, past):
        cos, sin = (of_rows(table, past, x.shape[2]) for table in (self.cos, self.sin))
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Cache:
    """Keys and values of one layer: (B, H, T, D) each."""

    def __init__(self, batch, heads, size, dtype, device):
        self.keys = torch.zeros(batch, heads, PROMPT + FRESH, size, dtype=dtype, device=device)
        self.values = torch.zeros_like(self.keys)

    def extend(self, past, keys, values):
        end = past + keys.shape[2]
        self.keys[:, :, past:end] = keys
        self.values[:, :, past:end] = values
        return self.keys[:, :, :end], self.values[:, :, :end]


class StaticCache:
    """The same, handed out whole: shapes never change, so one compiled graph does for every token."""

    def __init__(self, batch, heads, size, dtype, device):
        self.keys = torch.zeros(batch, heads, STATIC, size, dtype=dtype, device=device)
        self.values = torch.zeros_like(self.keys)

    def extend(self, places, keys, values):
        self.keys.index_copy_(2, places, keys.to(self.keys.dtype))
        self.values.index_copy_(2, places, values.to(self.values.dtype))
        return self.keys, self.values


class Attention(nn.Module):
    def __init__(self, width, heads, bias, rotation, sdpa):
        super().__init__()
        self.heads, self.sdpa, self.rotation = heads, sdpa, rotation
        self.qkv = nn.Linear(width, 3 * width, bias=bias)
        self.project = nn.Linear(width, width, bias=bias)
        seen = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).tril()
        self.register_buffer("unseen", ~seen, persistent=False)

    def forward(self, x, past, cache, seen):
        batch, length, width = x.shape
        split = (batch, length, self.heads, width // self.heads)
        q, k, v = (part.view(split).transpose(1, 2) for part in self.qkv(x).split(width, 2))
        if self.rotation:
            q, k = self.rotation(q, past), self.rotation(k, past)
        if cache:
            k, v = cache.extend(past, k, v)
        a = self.attend(q, k.to(q.dtype), v.to(q.dtype), seen)
        return self.project(a.transpose(1, 2).reshape(batch, length, width))

    def attend(self, q, k, v, seen):
        """Without `seen` several queries are a whole sequence, and a single one sees every key."""
        length = q.shape[2]
        if self.sdpa:
            return F.scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=seen is None and length > 1)
        scores = (q / math.sqrt(q.shape[-1])) @ k.transpose(-2, -1)  # queries are fewer to scale than scores
        if seen is not None:
            scores.masked_fill_(~seen, -math.inf)
        elif length > 1:
            scores.masked_fill_(self.unseen[:length, :length], -math.inf)
        return scores.softmax(-1) @ v


class GeluMlp(nn.Module):
    """Exact GELU: of PyTorch's two on a CPU the faster one."""

    def __init__(self, width):
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class SwiGlu(nn.Module):
    def __init__(self, width):
        super().__init__()
        hidden = (-(-8 * width // 3) + 15) // 16 * 16
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, -1)
        return self.down(F.silu(gate) * up)


class Block(nn.Module):
    def __init__(self, width, heads, llama, rotation, sdpa):
        super().__init__()
        norm = RmsNorm if llama else nn.LayerNorm
        self.norm1, self.norm2 = norm(width), norm(width)
        self.attention = Attention(width, heads, not llama, rotation, sdpa)
        self.mlp = SwiGlu(width) if llama else GeluMlp(width)

    def forward(self, x, past, cache, seen):
        x = x + self.attention(self.norm1(x), past, cache, seen)
        return x + self.mlp(self.norm2(x))


class Model(nn.Module):
    def __init__(self, style, size, sdpa):
        super().__init__()
        layers, heads, width = SIZES[size]
        llama = style == "llama"
        rotation = Rotation(width // heads) if llama else None
        self.heads, self.size = heads, width // heads
        self.tokens = nn.Embedding(VOCAB, width)
        self.positions = None if llama else nn.Embedding(CONTEXT, width)
        self.blocks = nn.ModuleList(Block(width, heads, llama, rotation, sdpa) for _ in range(layers))
        self.norm = RmsNorm(width) if llama else nn.LayerNorm(width)
        self.head = nn.Linear(width, VOCAB, bias=False)
        if not llama:
            self.head.weight = self.tokens.weight
        for weight in self.parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, 0, 0.02)

    def forward(self, tokens, past=0, caches=None):
        x, seen = self.tokens(tokens), None
        if self.positions:
            x = x + of_rows(self.positions.weight, past, tokens.shape[1])
        if torch.is_tensor(past):  # of the whole static cache a token sees itself and what is before it
            seen = torch.arange(STATIC, device=past.device) <= past[:, None]
        for i, block in enumerate(self.blocks):
            x = block(x, past, caches[i] if caches else None, seen)
        if caches:
            x = x[:, -1:]  # only the last token's successor is asked for
        return self.head(self.norm(x))


def kept_on_host(tokens, args):
    """Where a GPU can fetch them while the host goes on."""
    return tokens if args.device == "cpu" else tokens.pin_memory()


def compiled(function, args):
    """Without dynamic shapes, which the second length seen would bring: a decoder has two, and each gets its graph."""
    return torch.compile(function, mode=args.compile, dynamic=False) if args.compile else function


def training(model, args, autocast):
    """A group of steps on a batch of random tokens, every position graded; then their losses are looked at."""
    tokens = torch.randint(VOCAB, (args.batch, args.length + 1))
    inputs, targets = (kept_on_host(part.contiguous(), args) for part in (tokens[:, :-1], tokens[:, 1:]))
    options = {name: True for name in ("foreach", "fused") if getattr(args, name)}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.98), weight_decay=0.01, **options)

    def loss_of(inputs, targets):
        return F.cross_entropy(model(inputs).view(-1, VOCAB), targets.view(-1))

    loss_of = compiled(loss_of, args)

    def step():
        with autocast():
            loss = loss_of(*(part.to(args.device, non_blocking=True) for part in (inputs, targets)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.detach()

    def steps():
        return [loss.item() for loss in [step() for _ in range(args.group)]]

    return steps, args.batch * args.length * args.group


def decoding(model, args, autocast):
    """Reads a batch of prompts and continues each by the likeliest token, again and again."""
    prompts = kept_on_host(torch.randint(VOCAB, (args.batch, PROMPT)), args)
    dtype = torch.bfloat16 if args.precision == "bf16" else torch.float32
    kind = StaticCache if args.static else Cache
    caches = [kind(args.batch, model.heads, model.size, dtype, args.device) for _ in model.blocks]
    if args.compile:  # or a graph that writes to them could not be replayed
        for tensor in (tensor for cache in caches for tensor in (cache.keys, cache.values)):
            torch._dynamo.mark_static_address(tensor)
    without_gradients = torch.no_grad if args.static else torch.inference_mode  # the latter not all graphs can take

    def successors(tokens, past):
        return model(tokens, past, caches).argmax(-1)

    successors = compiled(successors, args)

    @without_gradients()
    def step():
        fresh, past, written = prompts.to(args.device, non_blocking=True), 0, []
        if args.static:
            past = torch.arange(PROMPT, device=args.device)
        with autocast():
            while len(written) < FRESH:
                count, fresh = fresh.shape[1], successors(fresh, past)
                fresh = fresh.clone() if args.compile else fresh  # a replayed graph overwrites what it gave out
                past = past[-1:] + 1 if args.static else past + count
                written.append(fresh)
            return torch.cat(written, 1).cpu()

    return step, args.batch * FRESH


def timed(step, budget, device):
    """Seconds of each step but the first: for the budget and three times at least, while patience lasts."""

    def finish():
        if device == "cuda":
            torch.cuda.synchronize()

    def once():
        finish()
        start = time.perf_counter()
        step()
        finish()
        return time.perf_counter() - start

    patience = time.perf_counter() + 4 * budget
    first, times = once(), []
    while (sum(times) < budget or len(times) < 3) and time.perf_counter() < patience:
        times.append(once())
    return times or [first]


def linear_algebra():
    """Files of the libraries for products that this process has loaded."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            files = {line.split()[-1] for line in maps if "/" in line}
    except OSError:
        return []
    known = ("blas", "blis", "mkl", "dnnl", "armpl")
    return sorted(os.path.realpath(f) for f in files if any(name in os.path.basename(f) for name in known))


def compilation(mode):
    """What was compiled, and what the compiler could not do."""
    counted = torch._dynamo.utils.counters
    breaks, kept_apart = sum(counted["graph_break"].values()), counted["inductor"]["cudagraph_skips"]
    return {"compile": mode, "graph_breaks": breaks, "graphs_not_replayed": kept_apart}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--mode", choices=("train", "decode"), default="train")
    parser.add_argument("--style", choices=("gpt", "llama"), default="gpt")
    parser.add_argument("--model", choices=SIZES, default="tiny")
    parser.add_argument("--length", type=int, default=64, help="tokens of a training sequence")
    parser.add_argument("--batch", type=int, default=128, help="sequences or prompts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("f32", "bf16"), default="f32", help="bf16: autocast")
    parser.add_argument("--seconds", type=float, default=3, help="to measure for")
    parser.add_argument("--label", default="torch", help="copied to the output")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--foreach", action="store_true", help="AdamW over all weights at once")
    parser.add_argument("--fused", action="store_true", help="AdamW in one kernel (PyTorch 2)")
    parser.add_argument("--sdpa", action="store_true", help="scaled_dot_product_attention (PyTorch 2)")
    parser.add_argument("--static", action="store_true", help="decode with a cache that never changes its shape")
    parser.add_argument(
        "--compile", nargs="?", const="default", metavar="MODE", help="torch.compile of the model and what follows it"
    )
    parser.add_argument("--prepare", action="store_true", help="compile and stop: the next process finds it done")
    parser.add_argument("--features", action="store_true", help="print what there is of sdpa, compile, libblas, cuda")
    args = parser.parse_args()
    if args.length < 1 or args.length > CONTEXT or args.batch < 1 or args.threads < 1 or args.seconds <= 0:
        parser.error(f"--length is 1 to {CONTEXT}; --batch and --threads at least 1; --seconds above 0")
    if args.sdpa and not HAS_SDPA or args.compile and not HAS_COMPILE:
        parser.error(f"PyTorch {torch.__version__} has no such thing as --sdpa or --compile asks for")
    if args.compile and args.mode == "decode" and not args.static:
        parser.error("--compile: decoding is compiled with --static only")
    if args.device == "cuda" and not torch.cuda.is_available():
        parser.error(f"--device: PyTorch {torch.__version__} finds no GPU")
    # A device need not wait until the host has seen a step's loss.
    args.group = 8 if args.device == "cuda" and args.mode == "train" else 1
    return args


def main():
    args = arguments()
    if args.features:
        libblas = any("libblas.so" in path for path in linear_algebra())  # a library that LD_LIBRARY_PATH can replace
        cuda = torch.cuda.is_available()
        return print("sdpa" * HAS_SDPA, "compile" * HAS_COMPILE, "libblas" * libblas, "cuda" * cuda)
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    model = Model(args.style, args.model, args.sdpa).to(args.device)
    # Decoding on a GPU converts weights once, rather than for every token.
    converted = args.precision == "bf16" and args.device == "cuda" and args.mode == "decode"
    if converted:
        model.to(torch.bfloat16)

    def autocast():
        casts = args.precision == "bf16" and not converted
        return torch.autocast(args.device, dtype=torch.bfloat16) if casts else nullcontext()

    step, tokens = (training if args.mode == "train" else decoding)(model, args, autocast)
    if args.compile:
        for _ in range(3):  # compile; record, if a graph is to be replayed; replay
            step()
    if args.prepare:
        return None
    times = timed(step, args.seconds, args.device)
    typical = statistics.median(times)
    print(
        json.dumps(
            {
                "library": "torch",
                "label": args.label,
                "device": torch.cuda.get_device_name() if args.device == "cuda" else "cpu",
                "mode": args.mode,
                "style": args.style,
                "model": args.model,
                "length": args.length if args.mode == "train" else PROMPT + FRESH,
                "batch": args.batch,
                "threads": args.threads,
                "precision": args.precision,
                "tokens_per_second": tokens / typical,
                "ms": 1e3 * typical / args.group,
                "fastest_ms": 1e3 * min(times) / args.group,
                "steps": len(times) * args.group,
                "weights": sum(weight.numel() for weight in model.parameters()),
                "options": [name for name in ("foreach", "fused", "sdpa", "static") if getattr(args, name)],
                **(compilation(args.compile) if args.compile else {}),
                "versions": {"torch": torch.__version__, "python": platform.python_version()},
                "libraries": linear_algebra(),
            }
        ),
        flush=True,
    )
    return None


if __name__ == "__main__":
    main()
