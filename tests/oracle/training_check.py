"""A twin in plain PyTorch trains as oracle_training did, from the same weights on the same batches, and compares:

    python training_check.py FOLDER

For every model: the gradient of every tensor of the first batch, in double precision and in single; the loss of 100
steps of AdamW with clipping, warm-up and decay, against the twin in double precision; the rates themselves. The limit is
1e-5 of the largest number throughout. Then the same run with one mistake each, which must be noticed.
"""
import json
import math
import pathlib
import sys

import safetensors.torch
import torch
import torch.nn.functional as F

LIMIT = 1e-5
torch.set_num_threads(1)
passed = failed = 0


def check(name, good, detail):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(("ok    " if good else "WRONG ") + name + ": " + detail, flush=True)


def attend(q, k, v):
    """Causal attention of (B, H, T, D)."""
    T = q.shape[2]
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    late = torch.ones(T, T, dtype=torch.bool).triu(1)
    return torch.softmax(scores.masked_fill(late, -torch.inf), -1) @ v


def heads(x, count):
    B, T, width = x.shape
    return x.view(B, T, count, width // count).transpose(1, 2)


def joined(x):
    B, H, T, D = x.shape
    return x.transpose(1, 2).reshape(B, T, H * D)


def gpt2(w, config, tokens):
    eps = config["layer_norm_epsilon"]

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], eps)

    x = w["transformer.wte.weight"][tokens] + w["transformer.wpe.weight"][: tokens.shape[1]]
    for i in range(config["n_layer"]):
        at = f"transformer.h.{i}."
        q, k, v = (norm(x, at + "ln_1") @ w[at + "attn.c_attn.weight"] + w[at + "attn.c_attn.bias"]).chunk(3, -1)
        a = joined(attend(*(heads(each, config["n_head"]) for each in (q, k, v))))
        x = x + a @ w[at + "attn.c_proj.weight"] + w[at + "attn.c_proj.bias"]
        h = norm(x, at + "ln_2") @ w[at + "mlp.c_fc.weight"] + w[at + "mlp.c_fc.bias"]
        g = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)))
        x = x + g @ w[at + "mlp.c_proj.weight"] + w[at + "mlp.c_proj.bias"]
    return norm(x, "transformer.ln_f") @ w.get("lm_head.weight", w["transformer.wte.weight"]).T


def llama(w, config, tokens):
    H, KV, D = (config[k] for k in ("num_attention_heads", "num_key_value_heads", "head_dim"))
    eps, T = config["rms_norm_eps"], tokens.shape[1]
    kind = w["model.norm.weight"].dtype
    turns = config["rope_theta"] ** (-torch.arange(0, D, 2, dtype=torch.float64) / D)
    angles = torch.arange(T, dtype=torch.float64)[:, None] * turns
    cos, sin = angles.cos().to(kind), angles.sin().to(kind)

    def norm(x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * w[name + ".weight"]

    def turn(x):
        a, b = x.chunk(2, -1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    x = w["model.embed_tokens.weight"][tokens]
    for i in range(config["num_hidden_layers"]):
        at = f"model.layers.{i}."
        n = norm(x, at + "input_layernorm")
        q = turn(heads(n @ w[at + "self_attn.q_proj.weight"].T, H))
        k = turn(heads(n @ w[at + "self_attn.k_proj.weight"].T, KV)).repeat_interleave(H // KV, 1)
        v = heads(n @ w[at + "self_attn.v_proj.weight"].T, KV).repeat_interleave(H // KV, 1)
        x = x + joined(attend(q, k, v)) @ w[at + "self_attn.o_proj.weight"].T
        n = norm(x, at + "post_attention_layernorm")
        gate = F.silu(n @ w[at + "mlp.gate_proj.weight"].T)
        x = x + gate * (n @ w[at + "mlp.up_proj.weight"].T) @ w[at + "mlp.down_proj.weight"].T
    return norm(x, "model.norm") @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T


def loss_of(w, config, tokens, targets):
    logits = (gpt2 if config["model_type"] == "gpt2" else llama)(w, config, tokens.long())
    return F.cross_entropy(logits.flatten(0, 1), targets.long().flatten(), ignore_index=-1)


def rate_of(step, o):
    """Linear warm-up, a constant stretch, half a cosine at the end."""
    warm = min(1.0, (step + 1) / o["warmup"])
    down = min(max((step + 1 - (o["steps"] - o["decay"])) / o["decay"], 0.0), 1.0)
    return o["peak"] * warm * (o["end"] + (1 - o["end"]) * 0.5 * (1 + math.cos(math.pi * down)))


class Twin:
    def __init__(self, folder, kind):
        self.config = json.loads((folder / "config.json").read_text())
        self.options = json.loads((folder / "options.json").read_text())
        self.run = safetensors.torch.load_file(folder / "run.safetensors")
        first = safetensors.torch.load_file(folder / "model.safetensors")
        self.weights = {name: w.to(kind).requires_grad_() for name, w in first.items()}

    def gradient(self):
        loss_of(self.weights, self.config, self.run["tokens.0"], self.run["targets.0"]).backward()
        return {name: w.grad for name, w in self.weights.items()}

    def train(self, optimizer=torch.optim.AdamW, **wrong):
        o = {**self.options, **wrong}
        matrices = [w for w in self.weights.values() if w.dim() > 1]
        vectors = [w for w in self.weights.values() if w.dim() < 2]
        adamw = optimizer([{"params": matrices, "weight_decay": o["weight_decay"]},
                           {"params": vectors, "weight_decay": 0.0}],
                          betas=(o["beta1"], o["beta2"]), eps=o["epsilon"])
        losses, norms = [], []
        for step in range(o["steps"]):
            adamw.zero_grad()
            loss = loss_of(self.weights, self.config, self.run[f"tokens.{step}"], self.run[f"targets.{step}"])
            loss.backward()
            norm = math.sqrt(sum(float(w.grad.double().pow(2).sum()) for w in self.weights.values()))
            if norm > o["clip"]:  # PyTorch's own function adds 1e-6 to the norm
                for w in self.weights.values():
                    w.grad.mul_(o["clip"] / norm)
            for group in adamw.param_groups:
                group["lr"] = rate_of(step, o)
            adamw.step()
            losses.append(float(loss.detach())), norms.append(norm)
        return torch.tensor(losses, dtype=torch.float64), torch.tensor(norms, dtype=torch.float64)


def seen(gap):
    """max() would not see what is no number."""
    return gap if math.isfinite(gap) else math.inf


def gap(ours, theirs):
    return seen(float((ours.double() - theirs.double()).abs().max() / theirs.double().abs().max()))


def relative(ours, theirs):
    return seen(float(((ours - theirs).abs() / theirs.abs()).max()))


def check_model(folder):
    for kind, bits in ((torch.float64, 64), (torch.float32, 32)):
        ours = safetensors.torch.load_file(folder / f"gradient{bits}.safetensors")
        theirs = Twin(folder, kind).gradient()
        check(f"{folder.name}: gradients have the twin's names", ours.keys() == theirs.keys(), f"{len(ours)} tensors")
        worst, name = max((gap(ours[name], theirs[name]), name) for name in theirs)
        limit = LIMIT if bits == 32 else 1e-10
        check(f"{folder.name}: gradients of {bits} bits", worst < limit, f"{worst:.1e} in {name}")
    twin = Twin(folder, torch.float64)
    losses, norms = twin.train()
    run = twin.run
    rates = torch.tensor([rate_of(step, twin.options) for step in range(twin.options["steps"])], dtype=torch.float64)
    check(f"{folder.name}: rates", relative(run["rates"], rates) < 1e-12, f"{relative(run['rates'], rates):.1e}")
    clipped = int((norms > twin.options["clip"]).sum())
    check(f"{folder.name}: losses of {len(losses)} steps", relative(run["losses"], losses) < LIMIT,
          f"{relative(run['losses'], losses):.1e}, from {losses[0]:.3f} to {losses[-1]:.3f}; {clipped} gradients clipped")
    check(f"{folder.name}: gradients' norms", relative(run["norms"], norms) < 10 * LIMIT,
          f"{relative(run['norms'], norms):.1e}")
    single, _ = Twin(folder, torch.float32).train()
    print(f"      the twin in single precision is {relative(single, losses):.1e} from itself in double, "
          f"its losses {relative(run['losses'], single):.1e} from ours")
    last = safetensors.torch.load_file(folder / "last.safetensors")
    worst = max(gap(last[name], w.detach()) for name, w in twin.weights.items())
    check(f"{folder.name}: last weights", worst < 1e-4, f"{worst:.1e}")
    o = twin.options
    for what, wrong in [("another epsilon", {"epsilon": 1e-8}), ("another beta2", {"beta2": 0.999}),
                        ("no weight decay", {"weight_decay": 0.0}), ("no clipping", {"clip": math.inf}),
                        ("warm-up from 0", {"warmup": o["warmup"] + 1}), ("decay of L2 form", {"optimizer": torch.optim.Adam})]:
        losses, _ = Twin(folder, torch.float64).train(**wrong)
        worst = relative(run["losses"], losses)
        check(f"{folder.name}: {what} is noticed", worst > 3 * LIMIT, f"{worst:.1e}")


def main():
    root = pathlib.Path(sys.argv[1])
    print(f"torch {torch.__version__}")
    for folder in sorted(p for p in root.iterdir() if (p / "run.safetensors").exists()):
        check_model(folder)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)


main()
