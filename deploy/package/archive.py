"""The zip: which files, by which names, and the same bytes from the same files."""

import hashlib
import zipfile
from pathlib import Path

from build import tracked

BINARY = "dist/btp-s3-catalog"
# what is taken as it stands in the repository
COMMITTED = ["manifest.yml", "xs-security.json", "LICENSE", "approuter", "deploy/cf"]
NOTES = Path(__file__).with_name("notes.md")


def contents(root, binary, page, texts):
    """Content by name."""
    files = {name: (root / name).read_bytes() for name in tracked(root, *COMMITTED)}
    files |= {f"approuter/page/{name}": content for name, content in page.items()}
    files["README.md"] = NOTES.read_bytes()
    files["THIRD-PARTY-LICENSES.txt"] = texts.encode()
    files[BINARY] = binary.read_bytes()
    return files


def write(path, folder, date, files):
    """Sorted, with one date, and modes that are not those of the machine."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", date.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, where modes come from
            mode = 0o755 if name == BINARY else 0o644
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, content)


def checksums(paths):
    """As `sha256sum -c` reads them."""
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(paths))
