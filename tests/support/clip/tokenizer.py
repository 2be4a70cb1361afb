"""CLIP's byte-pair tokenizer, from the merges that open_clip ships (MIT), as far as CLIP uses them."""

import gzip
from pathlib import Path

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import TemplateProcessing

START, END = "<|startoftext|>", "<|endoftext|>"
_MERGES = Path(__file__).parent / "merges.txt.gz"
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def clip_tokenizer() -> Tokenizer:
    """With CLIP's 49,408 tokens."""
    lines = gzip.decompress(_MERGES.read_bytes()).decode().splitlines()
    merges = [(first, second) for first, second in map(str.split, lines)]
    letters = _letters()
    tokens = [
        *letters, *(letter + "</w>" for letter in letters), *("".join(pair) for pair in merges), START, END,
    ]  # fmt: skip
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(
        BPE(vocabulary, merges, end_of_word_suffix="</w>", continuing_subword_prefix="", unk_token=END)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.post_processor = TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(each, vocabulary[each]) for each in (START, END)]
    )
    return tokenizer


def _letters() -> list[str]:
    """One visible character for each byte, in CLIP's order: first those that are visible themselves."""
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return [chr(byte) for byte in visible] + [chr(256 + number) for number in range(len(hidden))]
