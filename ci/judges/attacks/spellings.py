"""Attacks on the form: JSON, base64 and parts that readers disagree on, and what is too large.

Each is (weakness that it is made for, name, changes of a good token).
"""


def json_texts(kind):
    for part in ("claims", "header"):
        def within(before, behind):
            return [[f"{part} within", before, behind]]

        for name, before, behind in (("a byte order mark", "\ufeff", ""), ("a comment before", "/*x*/", ""), ("a comment line before", "//x\n", "")):
            yield "JSON is read leniently", f"{part}: {name}", within(before, behind)
        for name, behind in (("another object", "{}"), ("a text", "x"), ("a comma", ","), ("a brace", "}"), ("a zero byte", "\u0000"),
                             ("a comment", "/*x*/"), ("a null", "null")):
            yield "what follows the JSON is overlooked", f"{part}: {name} behind", within("", behind)
        for name, text in (("a comma too many", ""), ("a comment", '"x":/*x*/1'), ("a raw line end", '"x":"\n"'), ("a raw tab", '"x":"\t"'),
                           ("single quotes", "'x':'y'"), ("a comment line", '"x":1//x\n')):
            yield "JSON is read leniently", f"{part} with {name}", [[f"{part} text", text]]
        for name, text in (("a stray byte", "\\xff"), ("overlong UTF-8", "\\xc0\\xaf"), ("a cut letter", "\\xc3"), ("UTF-16", "\\xff\\xfeA"),
                           ("a surrogate in UTF-8", "\\xed\\xa0\\x80"), ("beyond Unicode", "\\xf4\\x90\\x80\\x80")):
            yield "broken UTF-8 is replaced", f"{part} with {name}", [[f"{part} text", f'"x":"{text}"']]
            yield "broken UTF-8 is replaced", f"{part} with {name} as a name", [[f"{part} text", f'"{text}":1']]
        for text in ("\\ud800", "\\udfff", "\\udc00\\ud800", "a\\ud83dx"):
            yield "half a surrogate is a letter", f"{part} with {text}", [[f"{part} text", f'"x":"{text}"']]
        for text in ("NaN", "Infinity", "-Infinity", "1e400", "-1e999"):
            yield "numbers may be infinite", f"{part} with {text}", [[f"{part} text", f'"x":{text}']]
        for name, text in (("empty", " "), ("a list", "[]"), ("a text", '"x"'), ("null", "null"), ("a number", "1"), ("nothing in it", "{}"),
                           ("cut", '{"alg":"RS256","kid":"k1"'), ("deep lists", "[" * 5000), ("deep objects", '{"a":' * 3000),
                           ("a prototype", '{"__proto__":{"alg":"none"}}'), ("a hexadecimal escape", '{"a":"\\\\x41"}')):
            yield None, f"{part}: {name}", [[f"{part} are" if part == "claims" else f"{part} is", text]]
        yield None, f"{part} with deep lists", [[f"{part} text", '"x":' + "[" * 3000 + "]" * 3000]]


def base64_texts(kind):
    for part in ("header", "claims", "signature"):
        for how in ("padded", "standard", "with a blank", "with a tab", "with a tilde"):
            text = [] if part == "signature" else [[f"{part} text", '"x":"????????>>>>>>>>"']]
            yield "base64 is read leniently", f"{part} {how}", [*text, ["spelled", part, how]]
        yield "loose bits in base64 are overlooked", f"{part} with loose bits", [["spelled", part, "loose bits"]]
        yield None, f"{part} in hexadecimal", [["spelled", part, "in hexadecimal"]]
    for text in ("=", "==", "===", "+", "~", "%3D", "\u00e4", ",", ";"):
        yield None, f"behind it {text!r}", [["after signing", "append", text]]
    for text in ('"', "{", "x", "=", "\u00e4"):
        yield None, f"before it {text!r}", [["after signing", "prepend", text]]


def parts(kind):
    for text in (".", ".AAAA", ".AAAA.AAAA", ".e30", ".x.y.z", "." * 4000):
        yield "more than three parts are cut off", f"behind it {text[:8]!r}", [["after signing", "append", text]]
    yield None, "a dot before", [["after signing", "prepend", "."]]
    yield None, "two dots first", [["after signing", "replace", ".", ".."]]
    yield None, "a dot less", [["after signing", "replace", ".", ""]]
    yield None, "a line end within", [["after signing", "replace", ".", ".\n"]]


def sizes(kind):
    for name in ("claims", "header"):
        single = "claim" if name == "claims" else name
        for size in (9_300, 12_000, 20_000, 40_000):
            yield "a token may be of any length", f"{name} of {size}", [[single, "x", "a" * size]]
        yield "a token may be of any length", f"{name} with 3,000 members", [[single, "x", {f"a{n}": n for n in range(3000)}]]
    yield "a token may be of any length", "8,000 groups", [["claim", "x", ["a"] * 8000]]


FAMILIES = (json_texts, base64_texts, parts, sizes)
