import logging
import sys

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from skgraph import embed, pretrain
from skgraph._internal.command import command, quoted, words_as_list
from skgraph.errors import DataError

CONFIG = """
defaults:
  - _self_
  - override hydra/job_logging: disabled
  - override hydra/hydra_logging: disabled
count: ???
folder:
  name: ???
  copy: ${count}
unit: m
hydra: {run: {dir: .}, output_subdir: null, sweep: {dir: ., subdir: .}, job: {chdir: false}}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command on a command line; the task refuses odd counts, and breaks at 0 and 1000."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "try.yaml").write_text(CONFIG)
    monkeypatch.setattr("skgraph._internal.command.data_dir", lambda name: tmp_path / name)
    monkeypatch.chdir(tmp_path)

    @command("try")
    def main(cfg):
        if cfg.count % 2:
            raise DataError(f"count must be even, found {cfg.count}")
        if cfg.count == 1000:
            raise RuntimeError(
                "[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory\nmore lines"
            )
        print(f"half is {1 // cfg.count if cfg.count == 0 else cfg.count // 2}")
        return cfg.count

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["try", *arguments])
        return main()

    run.main = main
    return run


def test_good_input(run, capsys, tmp_path):
    run("count=4", "folder.name=x")
    assert tuple(capsys.readouterr()) == ("half is 2\n", "")
    assert [file.name for file in tmp_path.iterdir()] == ["configs"]


def test_bad_input_is_one_line(run, capsys):
    with pytest.raises(SystemExit) as stop:
        run("count=3", "folder.name=x")
    assert stop.value.code == 1
    assert tuple(capsys.readouterr()) == ("", "error: count must be even, found 3\n")


def test_missing_values_are_named(run, capsys):
    with pytest.raises(SystemExit):
        run()
    assert capsys.readouterr().err == "error: say count=... folder.name=... on the command line: no default fits\n"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("cuont=4", "Could not override 'cuont': did you mean count?"),
        ("x.y=4", "Could not override 'x.y': expected one of count, folder, unit"),
        ("folder.nome=4", "Could not override 'folder.nome': did you mean name?"),
        ("+count", "+count cannot be read (missing EQUAL at '<EOF>'): put its value in quotes"),
        ("count=a{", "count=a{ cannot be read (extraneous input '{' expecting <EOF>): put its value in quotes"),
    ],
)
def test_what_hydra_cannot_compose_is_one_line(run, capsys, argument, message):
    with pytest.raises(SystemExit) as stopped:
        run(argument)
    assert stopped.value.code == 1 and capsys.readouterr().err == f"error: {message}\n"


def test_a_number_where_a_file_is_named_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pretrain", "dataset=5"])
    with pytest.raises(SystemExit) as stopped:
        pretrain.main()
    expected = "error: an option that names a file must be a string or a list. Got int (dataset=5)\n"
    assert stopped.value.code == 1 and capsys.readouterr().err == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["objective=my_objective.Consistency"],
            "Could not find 'objective/my_objective.Consistency': a custom class is objective=custom "
            "objective._target_=my_objective.Consistency",
        ),
        (
            ["objective=custom", "objective._target_=my_objective.Consistency", "objective.hidden_dim=64"],
            "Could not override 'objective.hidden_dim': a new key of a custom component needs a plus, "
            "+objective.hidden_dim=...",
        ),
        (["objective.los=ce"], "Could not override 'objective.los': did you mean loss?"),
    ],
)
def test_a_custom_component_is_explained(capsys, monkeypatch, arguments, message):
    monkeypatch.setattr(sys, "argv", ["pretrain", *arguments])
    with pytest.raises(SystemExit) as stopped:
        pretrain.main()
    assert stopped.value.code == 1 and capsys.readouterr().err == f"error: {message}\n"


def test_an_option_of_a_file_format_needs_its_prefix(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["embed", "source=walk.json", "world=false"])
    with pytest.raises(SystemExit):
        embed.main()
    error = capsys.readouterr().err
    assert (
        error.endswith("precision; an option of a file format follows read., read.world=...\n")
        and error.count("\n") == 1
    )


def test_help_lists_the_keys_and_takes_overrides(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pretrain", "objective=gfp", "--help"])
    pretrain.main()
    text = capsys.readouterr().out
    assert text.startswith("python -m skgraph.pretrain [option=value ...]:") and "\nhydra:" not in text
    assert "_target_: skgraph.objectives.GFP" in text and "\nname: ${component:" in text


def test_a_unit_that_is_missing_is_named_with_its_choices(run, capsys):
    with pytest.raises(SystemExit):
        run("folder.name=x", "count=2", "unit=???")
    assert capsys.readouterr().err == "error: say unit=m|cm|mm|normalised on the command line: no default fits\n"


def test_a_bug_keeps_its_traceback(run, capsys):
    with pytest.raises(ZeroDivisionError):
        run("count=0", "folder.name=x")


def test_too_large_is_one_line(run, capsys):
    with pytest.raises(SystemExit):
        run("count=1000", "folder.name=x")
    assert capsys.readouterr().err == (
        "error: out of memory: process less at a time, such as a smaller batch, fewer frames or fewer files\n"
    )


def test_multirun_goes_on_after_bad_input(run, capsys):
    with pytest.raises(SystemExit) as stop:
        run("-m", "count=2,3,8", "folder.name=x")
    assert stop.value.code == 1
    assert tuple(capsys.readouterr()) == ("half is 1\nhalf is 4\n", "error: count must be even, found 3\n")


def test_libraries_log_their_warnings_alone(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    @command("embed")
    def main(cfg):
        logging.getLogger("matplotlib").info("generated new fontManager")
        logging.getLogger("matplotlib").warning("no such font")

    monkeypatch.setattr(sys, "argv", ["embed", "-m", "run=a,b", "source=s", "out=f.npz"])
    main()
    printed = capsys.readouterr().out
    assert printed.count("no such font") == 2 and "fontManager" not in printed


def test_with_a_config_it_is_the_plain_function(run):
    assert run.main(OmegaConf.create({"count": 6})) == 6
    with pytest.raises(DataError):
        run.main(OmegaConf.create({"count": 5}))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a", "b/c", "x=1"], ["runs=['a','b/c']", "x=1"]),
        (["x=1", "a", "-m"], ["runs=['a']", "x=1", "-m"]),
        (["--cfg", "job", "a"], ["runs=['a']", "--cfg", "job"]),
        (["--help"], ["--help"]),
        (["~hydra.help", "runs=[a]"], ["~hydra.help", "runs=[a]"]),
        ([], []),
    ],
)
def test_plain_words_are_a_list(arguments, expected):
    assert words_as_list(arguments, "runs") == expected


@pytest.mark.parametrize("word", ["it's", "a,b", "[x]", "a b", "back\\", "\\'", "a\\\\'b", "$x", "1", "null", "é"])
def test_plain_words_are_taken_as_they_stand(word):
    (override,) = words_as_list([word, "end"], "runs")
    assert OverridesParser.create().parse_override(override).value() == [word, "end"]


def test_an_interrupt_is_one_word(run, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("hydra.main", lambda **_: lambda job: interrupted)
    with pytest.raises(SystemExit) as stopped:
        run("count=2", "folder.name=a")
    assert stopped.value.code == 130 and capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(
    "argument, read",
    [
        ("source=Jürgen/😀.npz", "Jürgen/😀.npz"),
        ("source=a=b.npz", "a=b.npz"),
        ("source=new\nline", "new\nline"),
        ("source=plain name", "plain name"),
        ("source='é'", "é"),
        ("source=[a,b]", ["a", "b"]),
        ("fps=30", 30),
        ("source=my data/clips (1).npz", "my data/clips (1).npz"),
        ("source=(a)", "(a)"),
    ],
)
def test_paths_are_taken_as_they_stand(argument, read):
    assert OverridesParser.create().parse_override(quoted(argument)).value() == read


def test_options_of_hydra_stay():
    for argument in ("--help", "-cd=é", "--config-dir=a=b", "~é", "count=2", "seed=range(1,4)", "seed=choice(1,2)"):
        assert quoted(argument) == argument
