"""Single photos, each of its own size."""

import numpy as np
import pytest

from npdeconv.data import Preprocessing, load_photos
from npdeconv.data.photos import fit_photos, list_photos
from tests.data.test_folder import RED, encoded, save


@pytest.fixture
def album(tmp_path):
    save(tmp_path / "album/dog.png", (0, 255, 0), size=(7, 5))
    save(tmp_path / "album/cat.PNG", RED, size=(4, 9))
    save(tmp_path / "album/gray.jpeg", 77, size=(3, 3), mode="L")
    (tmp_path / "album/photos.csv").write_text("beside the photos")
    (tmp_path / "album/.hidden.png").write_bytes(b"no image")
    save(tmp_path / "album/more/horse.png")
    return tmp_path / "album"


def test_a_folder(album):
    photos = load_photos(album)
    assert [photo.name for photo in photos] == ["cat", "dog", "gray"]
    assert [photo.image.shape for photo in photos] == [(9, 4, 3), (5, 7, 3), (3, 3, 3)]
    assert [photo.image[0, 0].tolist() for photo in photos] == [[255, 0, 0], [0, 255, 0], [77, 77, 77]]
    assert all(photo.image.dtype == np.uint8 for photo in photos)


def test_photos_of_one_size_without_the_large_ones_in_between(album):
    for preprocessing in Preprocessing((4, 3)), Preprocessing(2, shorter_side=3, channels="gray"):
        expected = preprocessing.fit([photo.image for photo in load_photos(album)])
        assert np.array_equal(fit_photos(list_photos(album), preprocessing), expected)


def test_one_file(album):
    ((name, image),) = load_photos(str(album / "dog.png"))
    assert name == "dog"
    assert image.shape == (5, 7, 3)


def test_a_relative_path_may_lie_in_the_data_folder(album, monkeypatch):
    monkeypatch.setenv("NPDECONV_DATA", str(album.parent))
    assert len(load_photos("album")) == 3
    assert len(load_photos("album/cat.PNG")) == 1


def test_missing_files_and_empty_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match=rf"^{tmp_path}/no: expected a photo or a folder of photos$"):
        load_photos(tmp_path / "no")
    with pytest.raises(
        ValueError, match=rf"^{tmp_path}: expected photos \(.png, .jpg, .jpeg\), got a folder"
    ):
        load_photos(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no image", encoded("PNG")[:50], encoded("GIF")])
def test_files_that_are_no_photos(album, content):
    path = album / "broken.png"
    path.write_bytes(content)
    for place in album, path:
        with pytest.raises(
            ValueError, match=rf"^{path}: expected a PNG or JPEG image, got one that cannot be"
        ):
            load_photos(place)


def test_real_photos(real_data):
    photos = {photo.name: photo.image for photo in load_photos("photos")}
    assert len(photos) == 14
    assert photos["cat_chelsea"].shape == (300, 451, 3)
    assert len(load_photos("cats/cats")) == 11
    cats = load_photos("cats/siamese")
    assert len(cats) == 22
    assert all(max(cat.image.shape) <= 320 and cat.image.std() > 10 for cat in cats)
