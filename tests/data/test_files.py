"""The search for files, and downloads from a server on this machine."""

import errno
import functools
import hashlib
import io
import stat
import sys
import tarfile
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pooch
import pytest

from npdeconv.data import archive, cifar10, files, load_cifar10, load_mnist, load_rps
from npdeconv.data.archive import unpack
from npdeconv.data.files import Source, fetch, find
from tests.data.test_cifar10 import BATCHES, META, RECORDS, is_right


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Data folders that do not exist yet, and no network but this machine."""
    monkeypatch.setattr(files, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setenv("NPDECONV_DATA", str(tmp_path / "chosen"))
    monkeypatch.setenv("NO_PROXY", "*")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


@pytest.fixture
def server(tmp_path):
    """Serve the folder tmp_path/served; yields the folder and its address."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    served = tmp_path / "served"
    served.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=served)) as http:
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield served, f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def put(path, content=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_first_folder_wins(home, monkeypatch):
    assert find("set/x") is None
    cached = put(home / "cache/npdeconv/set/x")
    assert find("set/x") == cached
    local = put(home / "here/datasets/set/x")
    assert find("set/x") == local
    chosen = put(home / "chosen/set/x")
    assert find("set/x") == chosen
    monkeypatch.delenv("NPDECONV_DATA")
    assert find("set/x") == local
    put(home / "checkout/datasets/README.md")
    assert find("set/x") == cached  # a checkout has its own datasets/
    kept = put(home / "checkout/datasets/set/x")
    assert find("set/x") == kept


def test_an_existing_file_is_used_unchanged(home):
    chosen = put(home / "chosen/set/x", b"packed in another way")
    assert fetch(Source("set/x", ("http://127.0.0.1:1/x",), sha256(b"original"))) == chosen
    assert chosen.read_bytes() == b"packed in another way"


@pytest.mark.parametrize("checkout", [True, False])
def test_download(home, server, capsys, checkout):
    if checkout:
        put(home / "checkout/datasets/README.md")
    served, url = server
    put(served / "x", b"content")
    path = fetch(Source("set/x", (url + "x",), sha256(b"content")))
    folder = home / ("checkout/datasets" if checkout else "cache/npdeconv")
    assert path == folder / "set/x"
    assert path.read_bytes() == b"content"
    assert everything(folder / "set") == ["x"]
    assert not (home / "chosen").exists()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_download_shows_its_progress_in_a_terminal(home, server, capsys, monkeypatch, is_terminal):
    served, url = server
    put(served / "x", b"content")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    fetch(Source("set/x", (url + "x",), sha256(b"content")))
    assert ("100%" in capsys.readouterr().err) is is_terminal


def test_the_second_server_is_asked_if_the_first_does_not_answer(home, server):
    served, url = server
    put(served / "x", b"content")
    source = Source("set/x", ("http://127.0.0.1:1/x", url + "gone/x", url + "x"), sha256(b"content"))
    assert fetch(source).read_bytes() == b"content"


def test_a_wrong_checksum_leaves_nothing(home, server):
    served, url = server
    put(served / "x", b"something else")
    expected = sha256(b"content")
    with pytest.raises(ValueError, match=rf"^{url}x: expected a file of SHA-256 {expected}, got another$"):
        fetch(Source("set/x", (url + "x",), expected))
    assert everything(home / "cache") == []


def sentence(home, reason, what):
    folders = f"{home}/chosen, {home}/here/datasets, {home}/cache/npdeconv"
    return (
        rf"^set/x: expected it in one of {folders}, got none and could not download it \({reason}\); "
        rf"put {what} at {home}/cache/npdeconv/set/x$"
    )


def test_no_server_answers(home):
    url = "http://127.0.0.1:1/x"
    with pytest.raises(FileNotFoundError, match=sentence(home, "no connection", url)):
        fetch(Source("set/x", (url,), sha256(b"content")))
    assert everything(home / "cache") == []


def test_the_server_does_not_have_it(home, server):
    url = server[1] + "x"
    with pytest.raises(FileNotFoundError, match=sentence(home, "the server answered 404", url)):
        fetch(Source("set/x", (url,), sha256(b"content")))
    assert everything(home / "cache") == []


def test_a_target_that_can_not_be_written(home):
    put(home / "cache", b"a file where the folder should be")
    with pytest.raises(FileNotFoundError, match=r"could not download it \(Not a directory\); put http"):
        fetch(Source("set/x", ("http://127.0.0.1:1/x",), sha256(b"content")))


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (load_mnist, "put https://.*/train-images-idx3-ubyte.gz at .*/mnist/train-images-idx3-ubyte.gz$"),
        (
            load_cifar10,
            "put the folder cifar-10-batches-bin of https://.*/cifar-10-binary.tar.gz at .*/cifar10$",
        ),
        (load_rps, "put the folder rps of https://.*/rps.zip at .*/rps/train$"),
    ],
)
def test_loaders_say_what_to_put_where(home, monkeypatch, load, message):
    def unreachable(*args, **kwargs):
        raise OSError

    monkeypatch.setattr(pooch, "retrieve", unreachable)
    with pytest.raises(FileNotFoundError, match=message):
        load("train")


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    """Pack (name, content) pairs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members:
            file.writestr(name, content)
    return buffer.getvalue()


GOOD = [("rps/", b""), ("rps/rock/rock01-000.png", b"one"), ("rps/paper/paper01-000.png", b"two")]
OTHERS = [
    ("rps/.DS_Store", b"hidden"),
    ("rps/rock/Thumbs.db", b"of a system"),
    ("rps/.git/x.png", b"in a hidden folder"),
    ("__MACOSX/rps/._rock", b"hidden"),
    ("readme.txt", b"beside"),
]


def test_download_of_a_zip_file(home, server):
    served, url = server
    content = zipped(GOOD + OTHERS)
    put(served / "rps.zip", content)
    path = fetch(Source("rps/train", (url + "rps.zip",), sha256(content), members="rps"))
    assert path == home / "cache/npdeconv/rps/train"
    assert everything(home / "cache") == [
        "npdeconv/rps/train/paper/paper01-000.png",
        "npdeconv/rps/train/rock/rock01-000.png",
    ]
    assert (path / "rock/rock01-000.png").read_bytes() == b"one"


def link():
    member = zipfile.ZipInfo("rps/rock/link.png")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    "name",
    ["../outside", "rps/../../outside", "/outside", "rps/rock/..\\outside", "C:/outside", link()],
)
def test_members_must_stay_inside(home, server, name):
    served, url = server
    content = zipped([*GOOD, (name, b"escaped")])
    put(served / "rps.zip", content)
    with pytest.raises(ValueError, match=r"rps.zip: expected plain files inside the target, got '"):
        fetch(Source("rps/train", (url + "rps.zip",), sha256(content), members="rps"))
    assert everything(home) == ["served/rps.zip"]


# The damage of the second member is found only after the first has been unpacked.
@pytest.mark.parametrize(
    "damage", [lambda content: content[:-10], lambda content: content.replace(b"two", b"2wo")]
)
def test_a_damaged_zip_file_leaves_nothing(home, server, damage):
    served, url = server
    content = damage(zipped(GOOD, zipfile.ZIP_STORED))
    put(served / "rps.zip", content)
    with pytest.raises(ValueError, match=r"rps.zip: expected a complete zip file, got a damaged one \("):
        fetch(Source("rps/train", (url + "rps.zip",), sha256(content), members="rps"))
    assert everything(home) == ["served/rps.zip"]


def test_bad_archives(tmp_path, monkeypatch):
    path = put(tmp_path / "x.zip", zipped(OTHERS[1:]))
    with pytest.raises(ValueError, match=r"^.*x.zip: expected files in a folder rps, got none$"):
        unpack(path, "rps", tmp_path / "new")

    with pytest.warns(UserWarning, match="Duplicate name"):
        put(path, zipped(GOOD + GOOD))
    with pytest.raises(ValueError, match=r"^.*x.zip: expected each name once in the archive, got one twice$"):
        unpack(path, "rps", tmp_path / "new")

    put(path, zipped([*GOOD, ("rps/rock/rock01-000.png/inside", b"")]))
    with pytest.raises(ValueError, match=r"^.*x.zip: expected each name once in the archive, got one twice$"):
        unpack(path, "rps", tmp_path / "new")

    put(path, zipped(GOOD))
    monkeypatch.setattr(archive, "LARGEST", 5)
    with pytest.raises(ValueError, match=r"^.*x.zip: expected at most 5 bytes when unpacked, got 6$"):
        unpack(path, "rps", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def tar(members):
    """Pack (name, content) pairs; a content of None is a link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content or b"")
            member.mode = 0o600  # must not matter
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            file.addfile(member, io.BytesIO(content or b""))
    return buffer.getvalue()


BINARY = "cifar-10-batches-bin"
CIFAR10 = [(f"{BINARY}/{name}.bin", RECORDS) for name in BATCHES] + [
    (f"{BINARY}/batches.meta.txt", META.encode()),
    (f"{BINARY}/readme.html", b"beside"),
]


def serve(server, monkeypatch, content):
    served, url = server
    put(served / "cifar-10-binary.tar.gz", content)
    source = cifar10.SOURCE._replace(urls=(url + "cifar-10-binary.tar.gz",), sha256=sha256(content))
    monkeypatch.setattr(cifar10, "SOURCE", source)


def test_download_of_a_tar_file(home, server, monkeypatch):
    serve(server, monkeypatch, tar(CIFAR10))
    is_right(load_cifar10("train"), 5)
    mode = (home / "cache/npdeconv/cifar10/readme.html").stat().st_mode
    assert mode == put(home / "of the umask").stat().st_mode
    assert everything(home / "cache/npdeconv/cifar10") == sorted(
        name.partition("/")[2] for name, _ in CIFAR10
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            tar([*CIFAR10, ("../outside", b"escaped")]),
            "expected plain files inside the target, got '../outside'$",
        ),
        (
            tar([*CIFAR10, ("/outside", b"escaped")]),
            "expected plain files inside the target, got '/outside'$",
        ),
        (
            tar([*CIFAR10, (f"{BINARY}/link", None)]),
            f"expected plain files inside the target, got '{BINARY}/link'$",
        ),
        (tar(CIFAR10[:1] * 2), "expected each name once in the archive, got one twice$"),
        (tar([("elsewhere", b"")]), f"expected files in a folder {BINARY}, got none$"),
        (tar(CIFAR10)[:2000], r"expected a complete tar.gz file, got a damaged one \("),
        (b"no archive", r"expected a complete tar.gz file, got a damaged one \("),
    ],
)
def test_a_bad_tar_file_leaves_nothing(home, server, monkeypatch, content, message):
    serve(server, monkeypatch, content)
    with pytest.raises(ValueError, match=f"cifar-10-binary.tar.gz: {message}"):
        load_cifar10("train")
    assert everything(home) == ["served/cifar-10-binary.tar.gz"]


def test_a_tar_file_that_unpacks_to_too_much(home, server, monkeypatch):
    monkeypatch.setattr("npdeconv.data.archive.LARGEST", 20_000)
    serve(server, monkeypatch, tar(CIFAR10))
    with pytest.raises(ValueError, match=r"tar.gz: expected at most 20000 bytes when unpacked, got 24584$"):
        load_cifar10("train")


def test_tar_files_go_through_the_data_filter(tmp_path, monkeypatch):
    # The standard library's filter refuses a name even if it passes our own checks.
    monkeypatch.setattr(archive, "_check_members", lambda members, path: None)
    monkeypatch.setattr(archive, "_is_wanted", lambda member, members: True)
    path = put(tmp_path / "x.tar.gz", tar([("set/../../outside", b"escaped")]))
    with pytest.raises(
        ValueError, match=r"^.*x.tar.gz: expected a complete .* would be extracted to .* outside"
    ):
        unpack(path, "set", tmp_path / "new" / "here")
    assert not (tmp_path / "outside").exists()
    path = put(tmp_path / "y.tar.gz", tar([("set/link", None)]))
    with pytest.raises(
        ValueError, match=r"^.*y.tar.gz: expected a complete .* is a link to an absolute path"
    ):
        unpack(path, "set", tmp_path / "new" / "here")


def test_a_full_disk_is_no_damaged_archive(tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    for name, content, kind in (
        ("x.zip", zipped(GOOD[1:]), zipfile.ZipFile),
        ("x.tar.gz", tar(GOOD[1:]), tarfile.TarFile),
    ):
        monkeypatch.setattr(kind, "extract", full)
        with pytest.raises(OSError, match=r"No space left on device$"):
            unpack(put(tmp_path / name, content), "rps", tmp_path / "new")
    assert not (tmp_path / "new").exists()
