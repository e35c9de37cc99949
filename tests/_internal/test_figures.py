import warnings

from matplotlib.figure import Figure

from skgraph._internal.figures import save_png


def test_names_in_any_script_make_no_noise(tmp_path):
    figure = Figure()
    figure.text(0.5, 0.5, "\x1b 走る")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_png(figure, tmp_path / "figure.png", dpi=50)
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
