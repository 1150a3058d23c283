"""Loads what oracle_export wrote with Hugging Face's Transformers, unchanged, and compares:

    python transformers_check.py FOLDER

For every model: its class loads with no key missing, unexpected or of another shape; the tokenizer reads every prompt as
ours; logits agree to 1e-5 of the largest, for texts of 24 lengths; 1,000 greedy answers are the same; the reference
implementation of safetensors writes the same bytes. Then the same files with one mistake each, which must be noticed.
"""
import math
import json
import pathlib
import sys
import tempfile

import safetensors
import safetensors.torch
import tokenizers
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

LIMIT = 1e-5
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(("ok    " if good else "WRONG ") + name + (": " + detail if detail else ""), flush=True)


def gap(model, logits):
    """The largest difference from our logits, relative to the largest of ours."""
    worst = 0.0
    for i in range(len(logits) // 2):
        ours = logits[f"logits.{i}"]
        with torch.no_grad():
            theirs = model(logits[f"tokens.{i}"].long()[None]).logits[0]
        share = float((ours - theirs).abs().max() / ours.abs().max())
        worst = max(worst, share if math.isfinite(share) else math.inf)  # max() would not see what is no number
    return worst if logits else math.inf


def greedy(model, tokenizer, prompts):
    """Answers as text, and whether each ended by itself. Prompts of one length go together."""
    answers = [None] * len(prompts)
    lengths = {}
    for i, one in enumerate(prompts):
        lengths.setdefault(len(one["tokens"]), []).append(i)
    for group in lengths.values():
        ids = torch.tensor([prompts[i]["tokens"] for i in group])
        out = model.generate(ids, attention_mask=torch.ones_like(ids))[:, ids.shape[1]:]
        for i, row in zip(group, out.tolist()):
            ended = model.generation_config.eos_token_id in row
            answers[i] = (tokenizer.decode(row, skip_special_tokens=True), ended)
    return answers


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)


def check_model(folder):
    name = folder.name
    model, info = load(folder)
    model.eval()
    bad = {k: sorted(v) for k, v in info.items() if v}
    check(f"{name}: loads as {type(model).__name__}, no key missing or unexpected", not bad, str(bad) if bad else "")
    stated = sum(p.numel() for p in model.parameters())

    prompts = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    same = [tokenizer(one["prompt"])["input_ids"] == one["tokens"] for one in prompts]
    check(f"{name}: the tokenizer reads prompts as ours", all(same), f"{sum(same)} of {len(same)}")
    same = [tokenizer.decode(one["tokens"], skip_special_tokens=True) == one["prompt"] for one in prompts]
    check(f"{name}: and writes them back", all(same), f"{sum(same)} of {len(same)}")
    try:
        unknown = tokenizer("\u00e9")["input_ids"]
    except Exception as error:
        unknown = error
    check(f"{name}: a character of no alphabet is an error", isinstance(unknown, Exception), str(unknown))

    logits = safetensors.torch.load_file(folder / "logits.safetensors")
    worst = gap(model, logits)
    check(f"{name}: logits", worst < LIMIT, f"{worst:.1e} of the largest, {stated} weights")
    answers = greedy(model, tokenizer, prompts)
    same = [(one["answer"], one["ended"]) == answer for one, answer in zip(prompts, answers)]
    ended = sum(one["ended"] for one in prompts)
    check(f"{name}: greedy answers", all(same), f"{sum(same)} of {len(same)} the same, {ended} ended by themselves")

    again = folder / f"again_by_{transformers.__version__}"
    model.save_pretrained(again)
    tokenizer.save_pretrained(again)  # for oracle_import to read

    path = folder / "model.safetensors"
    again = safetensors.torch.save(safetensors.torch.load_file(path), {"format": "pt"})
    check(f"{name}: the reference implementation writes the same file", again == path.read_bytes())
    return worst, logits


def check_corpus(folder):
    """Our tests' verdicts on files that are right or wrong against the reference implementation's."""
    wrong = count = 0
    for line in (folder / "corpus.jsonl").read_text().splitlines():
        one = json.loads(line)
        count += 1
        try:
            safetensors.deserialize((folder / one["file"]).read_bytes())
            taken = True
        except Exception:
            taken = False
        if taken != one["taken"]:
            wrong += 1
            print(f"      {one['name']}: {'taken' if taken else 'refused'} by the reference implementation")
    check("corpus: judged as the tests say it is", wrong == 0 and count > 0, f"{count - wrong} of {count}")


def mistake(folder, logits, what, config=None, tensors=None):
    """How far logits go off where a config or the tensors are wrong."""
    with tempfile.TemporaryDirectory() as other:
        other = pathlib.Path(other)
        changed = json.loads((folder / "config.json").read_text())
        changed.update(config or {})
        (other / "config.json").write_text(json.dumps(changed))
        weights = safetensors.torch.load_file(folder / "model.safetensors")
        if tensors:
            tensors(weights)
        safetensors.torch.save_file({k: v.contiguous() for k, v in weights.items()}, other / "model.safetensors",
                                    {"format": "pt"})
        model, _ = load(other)
        worst = gap(model.eval(), logits)
    check(f"{folder.name}: {what} is noticed", worst > 3 * LIMIT, f"{worst:.1e}")


def swap(weights, a, b):
    weights[a], weights[b] = weights[b], weights[a]


def swap_qk(weights, name):
    q, k, v = weights[name].chunk(3, dim=-1)
    weights[name] = torch.cat([k, q, v], dim=-1)


def interleave(weights, name, heads):
    rows, columns = weights[name].shape
    weights[name] = weights[name].view(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns)


def check_mistakes(root, logits):
    gpt2, llama = "gpt2_learned", "llama_rope_grouped"
    first = "transformer.h.0."
    for what, config, tensors in [
        ("exact GELU", {"activation_function": "gelu"}, None),
        ("another epsilon", {"layer_norm_epsilon": 1e-6}, None),
        ("queries for keys", None, lambda w: swap_qk(w, first + "attn.c_attn.weight")),
        ("one norm for another", None, lambda w: swap(w, first + "ln_1.bias", first + "ln_2.bias")),
        ("positions off by one", None,
         lambda w: w.update({"transformer.wpe.weight": w["transformer.wpe.weight"].roll(1, 0)})),
        ("a matrix turned over", None,
         lambda w: w.update({first + "attn.c_proj.weight": w[first + "attn.c_proj.weight"].T})),
    ]:
        mistake(root / gpt2, logits[gpt2], what, config, tensors)
    first = "model.layers.0."
    for what, config, tensors in [
        ("another epsilon", {"rms_norm_eps": 1e-6}, None),
        ("another theta", {"rope_theta": 500.0, "rope_parameters": {"rope_type": "default", "rope_theta": 500.0}}, None),
        ("interleaved rotations", None,
         lambda w: (interleave(w, first + "self_attn.q_proj.weight", 8),
                    interleave(w, first + "self_attn.k_proj.weight", 2))),
        ("gate for up", None, lambda w: swap(w, first + "mlp.gate_proj.weight", first + "mlp.up_proj.weight")),
        ("keys for values", None,
         lambda w: swap(w, first + "self_attn.k_proj.weight", first + "self_attn.v_proj.weight")),
        ("another activation", {"hidden_act": "gelu_pytorch_tanh"}, None),
    ]:
        mistake(root / llama, logits[llama], what, config, tensors)
    plain = {"rope_scaling": None, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}
    mistake(root / "llama_nope_looped", logits["llama_nope_looped"], "rotation where there is none", plain)


def main():
    root = pathlib.Path(sys.argv[1])
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}, "
          f"safetensors {safetensors.__version__}")
    check_corpus(root / "corpus")
    logits = {}
    for folder in sorted(p for p in root.iterdir() if (p / "answers.jsonl").exists()):
        _, logits[folder.name] = check_model(folder)
    check_mistakes(root, logits)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)


main()
